"""The cells of a CSV file, line by line: every one a finite number or one sentence of why not; a target column may hold
labels instead, and a row that lacks a value may be left out.

How numbers may be written lives in `number_text.py`; which columns are read in `csv_columns.py`.
"""

from __future__ import annotations

import math
import re
from array import array
from itertools import compress
from operator import not_
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.experiment.asked import Asked, Missing
from engine.experiment.class_labels import Column, Labels, Targets, from_numbers, is_first_alone
from engine.experiment.csv_columns import columns_to_read, numbers_as_header, where_labels_may_be
from engine.experiment.data import MOST_NUMBERS
from engine.number_text import read_number
from engine.shown_text import LONGEST, shown
from engine.types import FloatArray

COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)
"""A number with a decimal comma."""

NO_VALUE = frozenset({"", "?", "NA", "N/A", "#N/A", "n/a", "NaN", "nan", "null", "NULL", "None"})
"""What stands where a value is missing, once that may be."""

DROP_HINT = "--missing drop leaves such rows out"

Row = tuple[int, list[str]]
"""The number of a line and its cells."""


class Table:
    """The numbers read so far, the labels if there are any, and what is known of how they are written."""

    def __init__(self, path: Path, delimiter: str, asked: Asked) -> None:
        self.names: list[str] = []
        self.width = 0
        self.read: list[int] = []
        """The places of the columns that are read."""
        self.notes: list[str] = []
        self._path = path
        self._may_have_commas = delimiter != ","
        self._asked = asked
        self._first: Row = (0, [])
        self._rows = 0
        self._left_out = array("q")
        """Of the rows, by their number from 0."""
        self._first_left_out = 0
        """The line."""
        self._numbers = array("d")
        self._labels = Labels()
        self._label_column: int | None = None
        """Where texts may stand."""
        self._comma = self._point = 0
        """The first line with a decimal comma or point where either may be; 0 before there is one."""

    def add(self, line: int, cells: list[str]) -> None:
        """One line; raises `DataError`."""
        if not self.width and self._begin(line, cells):
            return
        if len(cells) != self.width:
            raise DataError(
                f"{shown(self._path)}, line {line}: has {len(cells)} cells where line {self._first[0]} has "
                f"{self.width}; every line needs the same number."
            )
        if len(self._numbers) + len(self.read) > MOST_NUMBERS:
            raise DataError(
                f"{shown(self._path)}, line {line}: is over {MOST_NUMBERS:,} numbers, the most that are read."
            )
        row = cells if len(self.read) == self.width else [cells[place] for place in self.read]
        if self._asked.missing is Missing.DROP and not NO_VALUE.isdisjoint(row):
            self._left_out.append(self._rows)
            self._first_left_out = self._first_left_out or line
        else:
            self._numbers.extend(self._row(line, row))
        self._rows += 1

    def _begin(self, line: int, cells: list[str]) -> bool:
        """Take the first line, and say whether it is a header; raises `DataError`."""
        self.width, self._first = len(cells), (line, cells)
        header, targets = self._asked.header, self._asked.targets
        named = header or (header is None and self._looks_like_header(cells))
        self.names = cells if named else []
        self.read = columns_to_read(self._asked, self.names, cells, self._path, named or header is False)
        if self._asked.classes is not False:
            self._label_column = where_labels_may_be(targets, self.names, cells, self._path)
        return named

    def _looks_like_header(self, cells: list[str]) -> bool:
        """Whether the first line has no number in it, or a word that is asked for as a column's name."""
        words = {*self._asked.targets, *self._asked.inputs}
        is_number = [*map(self._looks_like_number, cells)]
        return not any(is_number) or any(cell in words for cell in compress(cells, map(not_, is_number)))

    def _looks_like_number(self, cell: str) -> bool:
        if self._may_have_commas and COMMA_NUMBER.fullmatch(cell):
            return True
        try:
            float(cell)
        except ValueError:
            return False
        return True

    def _row(self, line: int, cells: list[str]) -> list[float]:
        """The numbers of a line, of whose cells these are read; NaN where a label is."""
        row = self._plain(cells)
        if self._label_column is None:
            return row or self._each(line, cells)
        place = self.read.index(self._label_column)
        cell = cells[place]
        if row is None and cell and ("_" in cell or not self._looks_like_number(cell)):
            if len(cell) > LONGEST:
                raise DataError(
                    f"{self._where(line, self._label_column)}: '{shown(cell, 40)}' is no number, and a "
                    f"label has at most {LONGEST} characters."
                )
            self._labels.add_text(cell, line)
            others = [*cells[:place], "0", *cells[place + 1 :]]
            row = self._plain(others) or self._each(line, others)
            row[place] = math.nan
            return row
        self._labels.add(cell)
        return row or self._each(line, cells)

    def _plain(self, cells: list[str]) -> list[float] | None:
        """The numbers of a line that has nothing to be looked at closely; none otherwise."""
        together = "".join(cells)
        if "_" in together or (self._may_have_commas and ("," in together or "." in together)):
            return None
        try:
            row = list(map(float, cells))
        except ValueError:
            return None
        return row if all(map(math.isfinite, row)) else None

    def _each(self, line: int, cells: list[str]) -> list[float]:
        return [self._number(cell, line, column) for cell, column in zip(cells, self.read, strict=True)]

    def _where(self, line: int, column: int) -> str:
        return f"{shown(self._path)}, line {line}, column {column + 1}"

    def _number(self, cell: str, line: int, column: int) -> float:
        where = self._where(line, column)
        if not cell:
            wanted = "number" if self._label_column != column else "number or a label"
            raise DataError(f"{where}: is empty; every cell must hold a {wanted}, and {DROP_HINT}.")
        plain = self._with_point(cell, line, where) if self._may_have_commas else cell
        try:
            value = read_number(plain)
        except ValueError as error:
            raise DataError(f"{where}: '{shown(cell, 40)}' {error}{self._hint(cell, column)}.") from None
        if not math.isfinite(value):
            hint = f", and {DROP_HINT}" if cell in NO_VALUE else ""
            raise DataError(f"{where}: '{shown(cell, 40)}' is not finite; every cell must hold a finite number{hint}.")
        return value

    def _hint(self, cell: str, column: int) -> str:
        """What a text may have been meant as: no value or, in the first row, where a slip is unlikely, a label."""
        if cell in NO_VALUE:
            return f"; {DROP_HINT}"
        if self._numbers or self._asked.classes is False or self._label_column == column:
            return ""
        return f"; if its column holds labels, --targets {column + 1} takes it as classes; --inputs leaves it out"

    def _with_point(self, cell: str, line: int, where: str) -> str:
        """The cell with a point for its decimal comma; a file that has both is refused."""
        if COMMA_NUMBER.fullmatch(cell):
            if not self._comma:
                point = cell.replace(",", ".")
                self.notes.append(
                    f"{shown(self._path)}: is read with decimal commas, as in line {line}: '{shown(cell, 40)}' is "
                    f"{shown(point, 40)}."
                )
            self._comma = self._comma or line
            cell = cell.replace(",", ".")
        elif "." in cell and "," not in cell:
            self._point = self._point or line
        if self._comma and self._point:
            raise DataError(
                f"{where}: has a decimal {'comma' if self._point < self._comma else 'point'} where line "
                f"{min(self._comma, self._point)} has a {'point' if self._point < self._comma else 'comma'}; "
                "write all numbers alike."
            )
        return cell

    def values(self) -> FloatArray:
        """The numbers (N, columns) below the header, once all lines are in; raises `DataError`."""
        number, cells = self._first
        if not cells:
            raise DataError(f"{shown(self._path)}: is empty; it needs a line of numbers for each sample.")
        if self._left_out and not self._numbers:
            raise DataError(
                f"{shown(self._path)}: not one of {self._rows:,} rows has every value, so --missing drop leaves none; "
                f"--inputs takes fewer columns."
            )
        if not self._numbers:
            raise DataError(
                f"{shown(self._path)}: has a header and nothing below it; it needs a line of numbers for each sample."
            )
        if self.width < 2:
            raise DataError(
                f"{shown(self._path)}, line {number}: has one column; it needs at least one input and one target."
            )
        values: FloatArray = np.frombuffer(self._numbers).reshape(-1, len(self.read))
        if self._asked.header is None and not self.names and not self._lacks_its_first:
            read = [cells[place] for place in self.read]
            is_header, note = numbers_as_header(read, values, f"{shown(self._path)}: line {number}")
            if is_header:
                self.names, values = cells, values[1:]
                self._rows -= 1
            self.notes += [note] if note else []
        if self._left_out:
            self.notes.append(self._left_out_note())
        return values

    @property
    def rows(self) -> NDArray[np.intp]:
        """The number of each row of the values among those of the file, from 0."""
        return np.delete(np.arange(self._rows), self._left_out)

    @property
    def _lacks_its_first(self) -> bool:
        """Whether the first row is left out."""
        return self._left_out[:1] == array("q", [0])

    def _left_out_note(self) -> str:
        lack = "1 lacks a value and is" if len(self._left_out) == 1 else f"{len(self._left_out):,} lack a value and are"
        which = "in" if len(self._left_out) == 1 else "the first in"
        return f"{shown(self._path)}: of {self._rows:,} rows {lack} left out, {which} line {self._first_left_out}."

    def places(self, columns: list[int]) -> list[int]:
        """Of these columns of the file among the values'."""
        return [self.read.index(column) for column in columns]

    def targets(self, values: FloatArray, chosen: list[int]) -> Targets:
        """The columns `chosen` of the values as a network learns them; raises `DataError`."""
        names = [self.names[place] for place in chosen] if self.names else []
        column = Column(
            shown(self._path),
            shown(names[0], 40) if names and names[0] else f"column {chosen[0] + 1}",
            "--targets chooses another column.",
        )
        if not self._labels.first_text:
            return from_numbers(column, names, values[:, self.places(chosen)], self._asked.classes)
        place = chosen[0] if self._label_column is None else self._label_column
        cells = values[:, self.read.index(place)]
        found = self._labels.targets(column, cells, self._asked.classes) if [place] == chosen else None
        if found is None:
            line, text = self._labels.first_text
            hint = "; other cells of its column are, and --classes takes all of them as labels"
            raise DataError(
                f"{self._where(line, place)}: '{shown(text, 40)}' {_why_no_number(text)}"
                f"{hint if [place] == chosen else ''}."
            )
        is_guessed = self._asked.header is None and not self.names and not self._lacks_its_first
        if is_guessed and is_first_alone(found.Y):
            self.notes.append(
                f"{shown(self._path)}: line {self._first[0]} is read as a sample, though its "
                f"'{shown(self._first[1][place], 40)}' stands nowhere else; --header yes reads it as a header."
            )
        return found


def _why_no_number(text: str) -> str:
    try:
        read_number(text)
    except ValueError as error:
        return str(error)
    return "is not a number"
