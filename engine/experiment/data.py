"""The `Dataset` type, and what is refused as one.

The built-in ones are in `built_in_data.py`'s table; reading a user's file lives in `data_files.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.errors import DataError
from engine.shown_text import shown
from engine.types import FloatArray

MOST_NUMBERS = 100_000_000
"""That are read from a file."""

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
    `name` is made fit to be shown. `source` is the file the data came from, `targets` the column names asked for there,
    `header` what was said of its first line, and `notes` holds a sentence for each thing that had to be guessed.
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

    def __post_init__(self) -> None:
        _check_words(self)
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

    @cached_property
    def spans_unit(self) -> bool:
        """Whether each input has 0 for its least value and 1 for its greatest, or is 0 everywhere."""
        least, greatest = self.X.min(axis=0), self.X.max(axis=0)
        return bool(((least == 0) & ((greatest == 1) | (greatest == 0))).all())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        return _words(self) == _words(other) and np.array_equal(self.X, other.X) and np.array_equal(self.Y, other.Y)

    def __hash__(self) -> int:
        return hash((self.name, self.X.shape, self.Y.shape))


def _words(data: Dataset) -> tuple[object, ...]:
    return data.name, data.source, data.targets, data.header, data.classes, data.held_out


def _check_words(data: Dataset) -> None:
    if not isinstance(data.name, str):
        raise DataError(f"A data set's name cannot be {shown(repr(data.name))}; it is a text.")
    if data.source is not None and not isinstance(data.source, str):
        raise DataError(
            f"{shown(data.name)}: source cannot be {shown(repr(data.source))}; it is a file's path or None."
        )
    if not isinstance(data.targets, tuple) or not all(isinstance(target, str) for target in data.targets):
        raise DataError(
            f"{shown(data.name)}: targets cannot be {shown(repr(data.targets))}; it is texts, one for each column."
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
    # A copy of our own: nobody can change the data behind a running experiment.
    matrix: FloatArray = np.array(array, dtype=np.float64, order="C")
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise DataError(
            f"{what} holds {matrix[row, column]} in row {row + 1}, column {column + 1}; every value must be finite."
        )
    matrix.setflags(write=False)
    return matrix
