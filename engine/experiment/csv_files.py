"""CSV files, with or without a header: their lines, what stands between the cells, and the data set that they make.

What a cell may hold lives in `csv_table.py`, what the columns are in `csv_columns.py`, and when a target column is
taken as classes in `class_labels.py`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engine.errors import DataError
from engine.experiment.asked import Asked
from engine.experiment.csv_columns import (
    ALL,
    column_name,
    file_columns,
    index_start,
    input_columns,
    may_name_rows,
    target_columns,
)
from engine.experiment.csv_table import Row, Table
from engine.experiment.data import Dataset, given_away
from engine.experiment.reading import opened, sha256_of
from engine.shown_text import shown
from engine.types import FloatArray

DELIMITERS = ",;\t|"
LONGEST_LINE = 100_000_000
"""Bytes."""

MOST_OFFERED = 4
"""Columns that a sentence names."""

PLAIN_OR_COMMA = re.compile(r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?", re.ASCII)


def load_csv(path: Path, asked: Asked) -> Dataset:
    """The rows of a CSV file; columns asked for as targets are Y, those asked for as inputs X, or all others but one
    that only counts the rows. Raises `InputError`.
    """
    with opened(path) as file:
        delimiter, rows = _rows(path, file)
        table = Table(path, delimiter, asked)
        for row in rows:
            table.add(*row)
        found = _dataset(path, asked, table)
        return replace(found, sha256=sha256_of(file)) if found.is_large else found


def _dataset(path: Path, asked: Asked, table: Table) -> Dataset:
    values = table.values()
    targets = target_columns(asked.targets, table.names, table.width, path)
    inputs = input_columns(asked.inputs, targets, table.names, table.width, path)
    found = table.targets(values, targets)
    # A single input is never left out.
    if not asked.inputs and inputs[0] == 0 and len(inputs) > 1:
        inputs = inputs[_counting_columns(path, table, values, inputs) :]
    return Dataset(
        path.stem,
        given_away(np.take(values, table.places(inputs), axis=1)),
        found.Y,
        source=str(path),
        targets=asked.targets,
        header=asked.header,
        notes=(*table.notes, *found.notes),
        classes=found.classes,
        input_columns=asked.inputs,
        missing=asked.missing,
        columns=file_columns(table.names, table.width, inputs, targets),
    )


def _counting_columns(path: Path, table: Table, values: FloatArray, inputs: list[int]) -> int:
    """How many columns only count the rows, the first or none; a sentence says what was found, or only supposed."""
    name = table.names[0] if table.names else None
    called = f"column 1, {column_name(table.names, 0)}," if name else "column 1"
    start = index_start(values[:, 0], table.rows, name)
    if start is not None:
        table.notes.append(
            f"{shown(path)}: {called} counts the rows from {start} and is left out; --inputs {ALL} keeps it."
        )
        return 1
    if may_name_rows(values[:, 0], name):
        others = ",".join(file_columns(table.names, table.width, inputs[1:], []).inputs[:MOST_OFFERED])
        more = "" if len(inputs) <= MOST_OFFERED + 1 else " and so on"
        table.notes.append(
            f"{shown(path)}: {called} holds another whole number in each row, and is taken as an input; "
            f"--inputs {others}{more} leaves it out."
        )
    return 0


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
