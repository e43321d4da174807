"""Class labels in a person's file: when targets are taken as classes, and the columns of 0 and 1 that they become.

How a file is read is `csv_files.py`'s and `npz_files.py`'s.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.experiment.data import MOST_NUMBERS, Dataset, is_one_hot
from engine.number_text import read_number
from engine.shown_text import LONGEST, shown
from engine.types import FloatArray

MOST_CLASSES = 1_000
"""That a single column may hold."""

NAMES_FROM = 20
"""More rows than so many, each with a text of its own, hold names and no classes."""

NAMED_IN_A_NOTE = 5

LARGEST_WHOLE = 2**53
"""Up to which every whole number is a float64 of its own."""

SUSPECTED = (3, 20)
"""So many different whole numbers in a row may be numbers of classes."""

ROWS_OF_A_CLASS = 5
"""On average, at the least, where numbers may be numbers of classes."""


@dataclass(frozen=True)
class Targets:
    """Y (N, C) as a network learns it, the names of its classes, and a sentence for each thing that was guessed."""

    Y: FloatArray
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A target column as a sentence names it: its file, its name there, and what to do where it is no good."""

    file: str
    name: str
    instead: str

    def refused(self, why: str) -> DataError:
        """What is wrong with it."""
        return DataError(f"{self.file}: {self.name} {why}")


class Labels:
    """The cells of a target column as they are written, kept as long as they may be classes."""

    def __init__(self) -> None:
        self.first_text: tuple[int, str] | None = None
        """The line and the text of the first cell that is no number."""
        self._codes: dict[str, int] = {}
        self._rows = array("i")

    def add(self, cell: str) -> None:
        """The cell of the next row."""
        if len(self._codes) <= MOST_CLASSES:
            self._rows.append(self._codes.setdefault(cell[: LONGEST + 1], len(self._codes)))

    def add_text(self, cell: str, line: int) -> None:
        """The cell of the next row, which is no number."""
        self.first_text = self.first_text or (line, cell)
        self.add(cell)

    def targets(self, column: Column, numbers: FloatArray, wanted: bool | None) -> Targets | None:
        """The classes of a column with texts, `numbers` being its values and NaN where a text is; none if it rather
        holds numbers, and the texts are slips.

        Labels they are where most cells are texts and no number is a fraction, or where classes are `wanted`.
        """
        values = numbers[~np.isnan(numbers)]
        if not wanted and (2 * len(values) >= len(numbers) or (values != np.rint(values)).any()):
            return None
        check_count(column, len(self._codes))
        # A first line that proved to be a header has been kept as a row.
        codes = np.frombuffer(self._rows, np.intc)[-len(numbers) :]
        return from_texts(column, list(self._codes), codes, wanted)


def check_count(column: Column, count: int) -> None:
    """Refuse more different texts than can be classes; raises `DataError`."""
    if count > MOST_CLASSES:
        raise column.refused(f"holds more than {MOST_CLASSES:,} different texts: names, no classes; {column.instead}")


def from_texts(column: Column, texts: list[str], codes: NDArray[np.integer[Any]], wanted: bool | None) -> Targets:
    """The classes of a column that has `texts[codes[row]]` in each row; raises `DataError`."""
    used, places = np.unique(codes, return_inverse=True)
    texts = [texts[code] for code in used]
    check_count(column, len(texts))
    if len(texts) == len(codes) > NAMES_FROM:
        raise column.refused(f"holds another text in each of {len(codes):,} rows: names, no classes; {column.instead}")
    if any(len(text) > LONGEST for text in texts):
        longest = max(texts, key=len)
        raise column.refused(f"holds the label '{shown(longest, 40)}'; a label has at most {LONGEST} characters.")
    order = _sorted(texts)
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order))
    return _targets(column, [texts[place] for place in order], rank[places], wanted)


def from_numbers(column: Column, names: Sequence[str], Y: FloatArray, wanted: bool | None) -> Targets:
    """Targets that are numbers, Y (N, C) in columns called `names`; classes where they are one-hot, or where a single
    column holds whole numbers and classes are `wanted`. Raises `DataError`.
    """
    if wanted is False:
        return Targets(Y)
    if Y.shape[1] == 1:
        return _numbered(column, Y) if wanted else Targets(Y, notes=_suspicion(column, Y[:, 0]))
    if is_one_hot(Y):
        classes = _names_of_columns(names, Y.shape[1])
        note = (
            f"{_listed(classes)} are taken as {len(classes):,} classes, as every row is a single 1 among zeros; "
            "--no-classes reads numbers."
        )
        return Targets(Y, classes, () if wanted else (note,))
    if wanted:
        raise DataError(
            f"{column.file}: {Y.shape[1]:,} target columns are classes only where every row is a single 1 among zeros; "
            "leave --classes out, or give one column."
        )
    return Targets(Y)


def is_first_alone(Y: FloatArray) -> bool:
    """Whether the first row's class is no other row's, while every other class has two rows or more."""
    rows = Y.sum(axis=0)
    first = int(Y[0].argmax())
    return bool(rows[first] == 1 and (np.delete(rows, first) > 1).all())


def classes_to_say(data: Dataset) -> bool | None:
    """What must be said of classes for the data's file to be read as these data again; none if nothing need be."""
    if data.source is None:
        return None
    if not data.classes:
        return False if is_one_hot(data.Y) else None
    # Numbers are classes only where that is said; more than one target column was one-hot.
    return True if len(data.targets) < 2 and any(_value(name) is not None for name in data.classes) else None


def _numbered(column: Column, Y: FloatArray) -> Targets:
    values = Y[:, 0]
    unfit = values[(values != np.rint(values)) | (np.abs(values) > LARGEST_WHOLE)]
    if len(unfit):
        raise column.refused(f"holds {unfit[0]:g}; classes are texts or whole numbers, so leave --classes out.")
    numbers, codes = np.unique(values, return_inverse=True)
    if len(numbers) > MOST_CLASSES:
        raise column.refused(
            f"holds {len(numbers):,} different numbers, and at most {MOST_CLASSES:,} are taken as classes; "
            "leave --classes out."
        )
    return _targets(column, [str(int(number)) for number in numbers], codes, wanted=True)


def _suspicion(column: Column, values: FloatArray) -> tuple[str, ...]:
    """A note where a column of numbers looks like numbers of classes."""
    low, high = values.min(), values.max()
    if low not in (0, 1) or not SUSPECTED[0] <= high - low + 1 <= SUSPECTED[1] or (values != np.rint(values)).any():
        return ()
    counts = np.bincount(values.astype(np.intp))[int(low) :]
    if not counts.all() or len(values) < ROWS_OF_A_CLASS * len(counts):
        return ()
    return (
        f"{column.name} holds the whole numbers {low:g} to {high:g}: numbers, unless --classes makes each a class.",
    )


def _targets(column: Column, names: list[str], codes: NDArray[np.intp], wanted: bool | None) -> Targets:
    classes = tuple(map(shown, names))
    if len(classes) < 2:
        raise column.refused(f"holds one class alone, '{shown(classes[0], 40)}'; it takes two to tell them apart.")
    if len(set(classes)) < len(classes):
        twice = next(name for name in classes if classes.count(name) > 1)
        raise column.refused(f"holds two labels that are both shown as '{shown(twice, 40)}'; write them otherwise.")
    if len(classes) * len(codes) > MOST_NUMBERS:
        raise column.refused(
            f"holds {len(classes):,} classes in {len(codes):,} rows, over {MOST_NUMBERS:,} numbers of 0 and 1, the "
            "most that are made."
        )
    Y = np.zeros((len(codes), len(classes)))
    Y[np.arange(len(codes)), codes] = 1
    note = f"{column.name} holds {len(classes):,} classes: {_listed(classes)}; each is a column of 0 and 1."
    note += "".join(
        f" '{shown(name, 20)}' is one of them: where it stands for no label, take these rows out."
        for name in classes
        if name.lower() in STAND_FOR_NOTHING
    )
    return Targets(Y, classes, () if wanted else (note,))


def _sorted(texts: list[str]) -> list[int]:
    """The places of the texts in order: by value where all are numbers, else letter by letter."""
    values = [_value(text) for text in texts]
    keys = [
        (0.0 if None in values or value is None else value, text) for value, text in zip(values, texts, strict=True)
    ]
    return sorted(range(len(texts)), key=keys.__getitem__)


def _value(text: str) -> float | None:
    """Of a number with a decimal point or comma."""
    try:
        return read_number(text.replace(",", "."))
    except ValueError:
        return None


def _names_of_columns(names: Sequence[str], count: int) -> tuple[str, ...]:
    """The header's, where each column has one of its own there."""
    own = tuple(map(shown, names))
    usable = all(own) and len(set(own)) == count
    return own if usable else tuple(f"y{place}" for place in range(1, count + 1))


STAND_FOR_NOTHING = ("?", "-", "na", "n/a", "nan", "null", "none", "missing")
"""Texts that people write where a label is missing."""


def _listed(classes: Sequence[str]) -> str:
    """The first few by name, in quotes where a comma is in one."""
    quote = "'" if any("," in name for name in classes) else ""
    named = ", ".join(f"{quote}{shown(name, 20)}{quote}" for name in classes[:NAMED_IN_A_NOTE])
    more = len(classes) - NAMED_IN_A_NOTE
    return f"{named} and {more:,} more" if more > 0 else named
