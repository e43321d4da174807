"""CSV files, with or without a header: read line by line, and every cell a finite number or one sentence of why not.

How numbers may be written lives in `number_text.py`.
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
from numpy.typing import NDArray

from engine.errors import DataError
from engine.experiment.data import MOST_NUMBERS, Dataset
from engine.experiment.reading import opened
from engine.number_text import read_number
from engine.shown_text import shown
from engine.types import FloatArray

DELIMITERS = ",;\t|"
LONGEST_LINE = 100_000_000
"""Bytes."""

COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)
"""A number with a decimal comma."""

PLAIN_OR_COMMA = re.compile(r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?", re.ASCII)

Row = tuple[int, list[str]]
"""The number of a line and its cells."""

YEARS = (1000, 2999)
"""What may be a year."""


def load_csv(path: Path, targets: tuple[str, ...] = (), header: bool | None = None) -> Dataset:
    """The rows of a CSV file; columns named in `targets` are Y, the others X.

    `header` says whether the first line names the columns; none leaves it to the file's look. Raises `InputError`.
    """
    with opened(path) as file:
        delimiter, rows = _rows(path, file)
        table = _Table(path, delimiter, header)
        for row in rows:
            table.add(*row)
    values = table.values()
    chosen = _target_columns(targets, table.names, table.width, path)
    inputs = [column for column in range(table.width) if column not in chosen]
    return Dataset(
        path.stem,
        values[:, inputs],
        values[:, chosen],
        source=str(path),
        targets=targets,
        header=header,
        notes=tuple(table.notes),
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
    """The numbers read so far, and what is known of how they are written."""

    def __init__(self, path: Path, delimiter: str, header: bool | None) -> None:
        self.names: list[str] = []
        self.width = 0
        self.notes: list[str] = []
        self._path = path
        self._may_have_commas = delimiter != ","
        self._header = header
        self._first: Row = (0, [])
        self._numbers = array("d")
        self._comma = self._point = 0
        """The first line with a decimal comma or point where either may be; 0 before there is one."""

    def add(self, line: int, cells: list[str]) -> None:
        """One line; raises `DataError`."""
        if not self.width:
            self.width, self._first = len(cells), (line, cells)
            if self._header or (self._header is None and not any(map(self._looks_like_number, cells))):
                self.names = cells
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
        together = "".join(cells)
        if "_" not in together and not (self._may_have_commas and ("," in together or "." in together)):
            try:
                row = list(map(float, cells))
            except ValueError:
                row = [math.nan]
            if all(map(math.isfinite, row)):
                return row
        return [self._number(cell, line, column) for column, cell in enumerate(cells, start=1)]

    def _number(self, cell: str, line: int, column: int) -> float:
        where = f"{shown(self._path)}, line {line}, column {column}"
        if not cell:
            raise DataError(f"{where}: is empty; every cell must hold a number.")
        plain = self._with_point(cell, line, where) if self._may_have_commas else cell
        try:
            value = read_number(plain)
        except ValueError as error:
            raise DataError(f"{where}: '{shown(cell, 40)}' {error}.") from None
        if not math.isfinite(value):
            raise DataError(f"{where}: '{shown(cell, 40)}' is not finite; every cell must hold a finite number.")
        return value

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
        if self._header is None and not self.names and _stands_apart(cells, values):
            if not _whole(values[1:]).any():
                self.names, values = cells, values[1:]
                self.notes.append(
                    f"{shown(self._path)}: line {number} is read as a header: whole numbers, unlike every line below; "
                    "--header no reads it as numbers."
                )
            elif values[0].min() >= YEARS[0] and values[0].max() <= YEARS[1] and len({*np.diff(values[0])}) == 1:
                self.notes.append(
                    f"{shown(self._path)}: line {number} is read as numbers, though it counts on as a header of years "
                    "does; --header yes reads it as one."
                )
        return values


def _stands_apart(cells: list[str], values: FloatArray) -> bool:
    """Whether a first line of numbers may name the columns, as years do: whole numbers, each another one, outside of
    what its column holds.
    """
    below = values[1:]
    if not len(below) or not all(cell.isascii() and cell.isdecimal() for cell in cells) or len({*cells}) < len(cells):
        return False
    return bool(((values[0] < below.min(axis=0)) | (values[0] > below.max(axis=0))).all())


def _whole(rows: FloatArray) -> NDArray[np.bool_]:
    """Which rows hold whole numbers only."""
    whole: NDArray[np.bool_] = (rows == np.rint(rows)).all(axis=1)
    return whole


def _target_columns(targets: tuple[str, ...], names: list[str], width: int, path: Path) -> list[int]:
    if not targets:
        return [width - 1]
    columns = []
    for target in targets:
        if target in names:
            if names.count(target) > 1:
                raise DataError(
                    f"{shown(path)}: has {names.count(target)} columns named '{shown(target)}'; name it by its number."
                )
            columns.append(names.index(target))
        elif target.isdecimal() and len(target) < 10 and 1 <= int(target) <= width:
            columns.append(int(target) - 1)
        else:
            known = (
                f"{shown(', '.join(names))}, or 1 to {width}" if names else f"1 to {width}, as the file has no header"
            )
            raise DataError(f"{shown(path)}: there is no column '{shown(target)}'; its columns are {known}.")
    if len(set(columns)) < len(columns):
        raise DataError(f"{shown(path)}: --targets names a column twice; each target column is named once.")
    if len(columns) == width:
        raise DataError(f"{shown(path)}: --targets names every column; at least one must be left as an input.")
    return columns
