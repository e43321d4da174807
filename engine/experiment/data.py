"""The `Dataset` type, and what is refused as one.

The built-in ones are in `built_in_data.py`'s table; reading a user's file lives in `data_files.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.experiment.asked import FileColumns, Missing
from engine.experiment.choices import parse_choice
from engine.shown_text import shown
from engine.types import FloatArray

MOST_NUMBERS = 100_000_000
"""That are read from a file."""

LARGE_NUMBERS = 1_000_000
"""More, of X and Y together, stay in a file of their own."""

NUMBER_KINDS = "biuf"
"""NumPy's letters for types that hold real numbers."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Rows that are not trained on: a `share` of all, inputs X (N, D) and targets Y (N, C), checked with the rest."""

    share: float
    X: FloatArray
    Y: FloatArray

    @property
    def samples(self) -> int:
        """N, the number of rows."""
        return len(self.X)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HeldOut):
            return NotImplemented
        return self.share == other.share and np.array_equal(self.X, other.X) and np.array_equal(self.Y, other.Y)

    def __hash__(self) -> int:
        return hash((self.share, self.X.shape))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and targets of one problem.

    `X` is (N, D) and `Y` is (N, C), both float64, finite and read-only; one-dimensional arrays become a single column.
    `name` is made fit to be shown. `source` is the file the data came from; `targets` and `input_columns` are the names
    asked for there, `header` what was said of its first line and `missing` of rows that lack a value; `columns` are the
    file's own, and `notes` holds a sentence for each thing that had to be guessed. Of data too large to be written into
    a document, `sha256` is that of the file's bytes.
    `classes` names the classes where each sample belongs to one: Y then has a column of 0 and 1 for each (one-hot).
    `held_out` are rows that X and Y do not have, for `held_out.py`.

    Raises `DataError` when something is of another type or the arrays do not fit together.
    """

    name: str
    X: FloatArray
    Y: FloatArray
    source: str | None = None
    targets: tuple[str, ...] = ()
    header: bool | None = None
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    held_out: HeldOut | None = None
    input_columns: tuple[str, ...] = ()
    missing: Missing = Missing.REFUSE
    columns: FileColumns | None = None
    sha256: str | None = None

    def __post_init__(self) -> None:
        _check_words(self)
        object.__setattr__(self, "missing", parse_choice(Missing, self.missing, "missing"))
        object.__setattr__(self, "name", shown(self.name))
        for label in ("X", "Y"):
            object.__setattr__(self, label, _checked_matrix(getattr(self, label), f"{label} of {self.name}"))
        if len(self.X) != len(self.Y):
            raise DataError(
                f"{self.name}: X has {len(self.X)} rows and Y has {len(self.Y)}; every sample needs its row in both."
            )
        _check_classes(self)
        _check_held_out(self)

    @property
    def samples(self) -> int:
        """N, the number of rows."""
        return int(self.X.shape[0])

    @property
    def inputs(self) -> int:
        """D, the number of input columns."""
        return int(self.X.shape[1])

    @property
    def outputs(self) -> int:
        """C, the number of target columns."""
        return int(self.Y.shape[1])

    @property
    def is_large(self) -> bool:
        """Whether its numbers are too many to stand in a document or in a text beside a program."""
        held_out = 0 if self.held_out is None else self.held_out.X.size + self.held_out.Y.size
        return self.X.size + self.Y.size + held_out > LARGE_NUMBERS

    @cached_property
    def spans_unit(self) -> bool:
        """Whether each input has 0 for its least value and 1 for its greatest, or is 0 everywhere."""
        least, greatest = self.X.min(axis=0), self.X.max(axis=0)
        return bool(((least == 0) & ((greatest == 1) | (greatest == 0))).all())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        if self is other:
            return True
        return _words(self) == _words(other) and np.array_equal(self.X, other.X) and np.array_equal(self.Y, other.Y)

    def __hash__(self) -> int:
        return hash((self.name, self.X.shape, self.Y.shape))


def _words(data: Dataset) -> tuple[object, ...]:
    asked = data.targets, data.input_columns, data.header, data.missing
    return data.name, data.source, asked, data.classes, data.held_out


def _check_words(data: Dataset) -> None:
    if not isinstance(data.name, str):
        raise DataError(f"A data set's name cannot be {shown(repr(data.name))}; it is a text.")
    if data.source is not None and not isinstance(data.source, str):
        raise DataError(
            f"{shown(data.name)}: source cannot be {shown(repr(data.source))}; it is a file's path or None."
        )
    for field in ("targets", "input_columns"):
        names = getattr(data, field)
        if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
            raise DataError(
                f"{shown(data.name)}: {field} cannot be {shown(repr(names))}; it is texts, one for each column."
            )
    if data.header is not None and not isinstance(data.header, bool):
        raise DataError(f"{shown(data.name)}: header cannot be {shown(repr(data.header))}; it is True, False or None.")


def _check_classes(data: Dataset) -> None:
    """As many names as columns, at least two, none twice; each row one 1 among zeros."""
    if not isinstance(data.classes, tuple) or not all(isinstance(name, str) for name in data.classes):
        raise DataError(f"{data.name}: classes cannot be {shown(repr(data.classes))}; it is texts, one for each class.")
    if not data.classes:
        return
    object.__setattr__(data, "classes", tuple(shown(name) for name in data.classes))
    if len(data.classes) != data.outputs or data.outputs < 2 or len(set(data.classes)) < data.outputs:
        raise DataError(
            f"{data.name}: {len(data.classes)} names of classes for {data.outputs} target columns; "
            "each column, of two or more, needs a name of its own."
        )
    if not is_one_hot(data.Y):
        raise DataError(f"{data.name}: a row of Y must be a single 1 among zeros where classes have names.")


def _check_held_out(data: Dataset) -> None:
    """As the rows that are trained on."""
    if data.held_out is None:
        return
    held = data.held_out
    kept = Dataset(f"{data.name}, held out", held.X, held.Y, classes=data.classes)
    if (kept.inputs, kept.outputs) != (data.inputs, data.outputs):
        raise DataError(
            f"{data.name}: the rows held out have {kept.inputs} inputs and {kept.outputs} targets; "
            f"those trained on have {data.inputs} and {data.outputs}."
        )
    object.__setattr__(data, "held_out", HeldOut(held.share, kept.X, kept.Y))


def is_one_hot(Y: FloatArray) -> bool:
    """Whether each row of Y (N, C) is a single 1 among zeros, C being two or more."""
    return Y.shape[1] > 1 and bool(((Y == 0) | (Y == 1)).all() and (Y.sum(axis=1) == 1).all())


def _checked_matrix(values: object, what: str) -> FloatArray:
    array = np.asarray(values)
    if array.dtype.kind not in NUMBER_KINDS:
        raise DataError(f"{what} holds {shown(array.dtype)} values; it must hold real numbers.")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise DataError(f"{what} has {array.ndim} dimensions; it must have two: a row for each sample.")
    if array.size == 0:
        raise DataError(f"{what} is empty; it needs at least one row and one column.")
    # A copy of our own, unless nobody holds one to write to: nobody can change the data behind a running experiment.
    matrix: FloatArray = array if _is_kept(array) else np.array(array, dtype=np.float64, order="C")
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise DataError(
            f"{what} holds {matrix[row, column]} in row {row + 1}, column {column + 1}; every value must be finite."
        )
    matrix.setflags(write=False)
    return matrix


def given_away(array: NDArray[Any]) -> NDArray[Any]:
    """The array, read-only with all that it is a view of: a `Dataset` takes it without a copy."""
    for one in _with_bases(array):
        one.setflags(write=False)
    return array


def _is_kept(array: NDArray[Any]) -> bool:
    """Whether it is as a `Dataset` holds it, and nothing is left to write to it by."""
    if array.dtype != np.float64 or not array.dtype.isnative or not array.flags.c_contiguous:
        return False
    *_, last = bases = list(_with_bases(array))
    return last.base is None and not any(one.flags.writeable for one in bases)


def _with_bases(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The array and all that it is a view of."""
    base: Any = array
    while isinstance(base, np.ndarray):
        yield base
        base = base.base
