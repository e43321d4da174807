"""CSV files, with or without a header: read line by line, and every cell a finite number or one sentence of why not; a
target column may hold labels instead.

How numbers may be written lives in `number_text.py`, what the columns are in `csv_columns.py`, and when a target column
is taken as classes in `class_labels.py`.
"""

from __future__ import annotations

import csv
import math
import re
from array import array
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engine.errors import DataError
from engine.experiment.class_labels import Column, Labels, Targets, from_numbers, is_first_alone
from engine.experiment.csv_columns import numbers_as_header, target_columns, where_labels_may_be
from engine.experiment.data import MOST_NUMBERS, Dataset
from engine.experiment.reading import opened
from engine.number_text import read_number
from engine.shown_text import LONGEST, shown
from engine.types import FloatArray

DELIMITERS = ",;\t|"
LONGEST_LINE = 100_000_000
"""Bytes."""

COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)
"""A number with a decimal comma."""

PLAIN_OR_COMMA = re.compile(r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?", re.ASCII)

Row = tuple[int, list[str]]
"""The number of a line and its cells."""


def load_csv(
    path: Path, targets: tuple[str, ...] = (), header: bool | None = None, classes: bool | None = None
) -> Dataset:
    """The rows of a CSV file; columns named in `targets` are Y, the others X.

    `header` says whether the first line names the columns, and `classes` whether targets are classes; none leaves it to
    the file's look. Raises `InputError`.
    """
    with opened(path) as file:
        delimiter, rows = _rows(path, file)
        table = _Table(path, delimiter, targets, header, classes)
        for row in rows:
            table.add(*row)
    values = table.values()
    chosen = target_columns(targets, table.names, table.width, path)
    inputs = [column for column in range(table.width) if column not in chosen]
    found = table.targets(values, chosen)
    return Dataset(
        path.stem,
        values[:, inputs],
        found.Y,
        source=str(path),
        targets=targets,
        header=header,
        notes=(*table.notes, *found.notes),
        classes=found.classes,
    )


def _rows(path: Path, file: BinaryIO) -> tuple[str, Iterator[Row]]:
    """The delimiter, and the lines that are not blank with their cells stripped."""
    lines = _lines(path, file)
    passed: list[str] = []
    first = ""
    for first in lines:
        passed.append(first)
        if first.strip():
            break
    delimiter = _delimiter(first)
    return delimiter, _cells(path, chain(passed, lines), delimiter)


def _lines(path: Path, file: BinaryIO) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), start=1):
        if len(line) > LONGEST_LINE:
            raise DataError(f"{shown(path)}, line {number}: has more than {LONGEST_LINE:,} bytes; is it a CSV file?")
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{shown(path)}, line {number}: is not UTF-8 text; save the file as UTF-8.") from None
        yield from text.splitlines()


def _delimiter(line: str) -> str:
    """What stands most often in the line; a comma within every number is a decimal comma and does not count."""
    for delimiter in DELIMITERS.replace(",", ""):
        cells = line.split(delimiter)
        if len(cells) > 1 and all(PLAIN_OR_COMMA.fullmatch(cell.strip()) for cell in cells):
            return delimiter
    return max(DELIMITERS, key=line.count)


def _cells(path: Path, lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"{shown(path)}, line {reader.line_num}: is not CSV: {error}.") from None


class _Table:
    """The numbers read so far, the labels if there are any, and what is known of how they are written."""

    def __init__(
        self, path: Path, delimiter: str, targets: tuple[str, ...], header: bool | None, classes: bool | None
    ) -> None:
        self.names: list[str] = []
        self.width = 0
        self.notes: list[str] = []
        self._path = path
        self._may_have_commas = delimiter != ","
        self._targets, self._header, self._classes = targets, header, classes
        self._first: Row = (0, [])
        self._numbers = array("d")
        self._labels = Labels()
        self._label_column: int | None = None
        """Where texts may stand."""
        self._comma = self._point = 0
        """The first line with a decimal comma or point where either may be; 0 before there is one."""

    def add(self, line: int, cells: list[str]) -> None:
        """One line; raises `DataError`."""
        if not self.width:
            self.width, self._first = len(cells), (line, cells)
            named = self._header or (self._header is None and not any(map(self._looks_like_number, cells)))
            self.names = cells if named else []
            if self._classes is not False:
                self._label_column = where_labels_may_be(self._targets, self.names, cells, self._path)
            if named:
                return
        if len(cells) != self.width:
            raise DataError(
                f"{shown(self._path)}, line {line}: has {len(cells)} cells where line {self._first[0]} has "
                f"{self.width}; every line needs the same number."
            )
        if len(self._numbers) + self.width > MOST_NUMBERS:
            raise DataError(
                f"{shown(self._path)}, line {line}: is over {MOST_NUMBERS:,} numbers, the most that are read."
            )
        self._numbers.extend(self._row(line, cells))

    def _looks_like_number(self, cell: str) -> bool:
        if self._may_have_commas and COMMA_NUMBER.fullmatch(cell):
            return True
        try:
            float(cell)
        except ValueError:
            return False
        return True

    def _row(self, line: int, cells: list[str]) -> list[float]:
        """The numbers of a line, NaN where a label is."""
        place = self._label_column
        row = self._plain(cells)
        if place is None:
            return row or self._each(line, cells)
        cell = cells[place]
        if row is None and cell and ("_" in cell or not self._looks_like_number(cell)):
            if len(cell) > LONGEST:
                raise DataError(
                    f"{shown(self._path)}, line {line}, column {place + 1}: '{shown(cell, 40)}' is no number, and a "
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
        return [self._number(cell, line, column) for column, cell in enumerate(cells, start=1)]

    def _number(self, cell: str, line: int, column: int) -> float:
        where = f"{shown(self._path)}, line {line}, column {column}"
        if not cell:
            wanted = "number" if self._label_column != column - 1 else "number or a label"
            raise DataError(f"{where}: is empty; every cell must hold a {wanted}.")
        plain = self._with_point(cell, line, where) if self._may_have_commas else cell
        try:
            value = read_number(plain)
        except ValueError as error:
            raise DataError(f"{where}: '{shown(cell, 40)}' {error}{self._hint(column)}.") from None
        if not math.isfinite(value):
            raise DataError(f"{where}: '{shown(cell, 40)}' is not finite; every cell must hold a finite number.")
        return value

    def _hint(self, column: int) -> str:
        """What a text in the first row, where a slip is unlikely, may have been meant as."""
        if self._numbers or self._classes is False or self._label_column == column - 1:
            return ""
        return f"; if its column holds labels, --targets {column} takes it as classes"

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
        if not self._numbers:
            raise DataError(
                f"{shown(self._path)}: has a header and nothing below it; it needs a line of numbers for each sample."
            )
        if self.width < 2:
            raise DataError(
                f"{shown(self._path)}, line {number}: has one column; it needs at least one input and one target."
            )
        values: FloatArray = np.frombuffer(self._numbers).reshape(-1, self.width)
        if self._header is None and not self.names:
            is_header, note = numbers_as_header(cells, values, f"{shown(self._path)}: line {number}")
            if is_header:
                self.names, values = cells, values[1:]
            self.notes += [note] if note else []
        return values

    def targets(self, values: FloatArray, chosen: list[int]) -> Targets:
        """The columns `chosen` of the values as a network learns them; raises `DataError`."""
        names = [self.names[place] for place in chosen] if self.names else []
        column = Column(
            shown(self._path),
            shown(names[0], 40) if names and names[0] else f"column {chosen[0] + 1}",
            "--targets chooses another column.",
        )
        if not self._labels.first_text:
            return from_numbers(column, names, values[:, chosen], self._classes)
        place = chosen[0] if self._label_column is None else self._label_column
        found = self._labels.targets(column, values[:, place], self._classes) if [place] == chosen else None
        if found is None:
            line, text = self._labels.first_text
            hint = "; other cells of its column are, and --classes takes all of them as labels"
            raise DataError(
                f"{shown(self._path)}, line {line}, column {place + 1}: '{shown(text, 40)}' {_why_no_number(text)}"
                f"{hint if [place] == chosen else ''}."
            )
        if self._header is None and not self.names and is_first_alone(found.Y):
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
