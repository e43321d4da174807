"""A user's own data: CSV files (with or without a header) and .npz archives.

Every fault of a file becomes one `DataError` that names the file, the line and what would be right.
"""

from __future__ import annotations

import csv
import math
import zipfile
import zlib
from pathlib import Path

import numpy as np

from engine.data import BUILT_IN, Dataset, built_in
from engine.errors import DataError, InputError
from engine.paths import typed_path
from engine.reading import opened, read_text
from engine.shown_text import shown

DELIMITERS = ",;\t|"


def load(name_or_path: str, targets: tuple[str, ...] = ()) -> Dataset:
    """A built-in data set by its name, or a .csv or .npz file by its path.

    `targets` names a CSV's target columns (by header, or by number from 1); the last column is the default.
    Raises `DataError`.
    """
    if name_or_path in BUILT_IN:
        if targets:
            raise DataError(f"'{name_or_path}' is built in and its targets are fixed; --targets goes with a CSV file.")
        return built_in(name_or_path)
    suffix = Path(name_or_path).suffix.lower()
    if suffix not in (".csv", ".tsv", ".npz"):
        raise DataError(
            f"There is no data set '{shown(name_or_path)}'; built in are {', '.join(BUILT_IN)}, "
            "and a file must end in .csv, .tsv or .npz."
        )
    try:
        path = typed_path(name_or_path)
        if suffix == ".npz":
            if targets:
                raise DataError(
                    f"{shown(path)}: the arrays X and Y say what the targets are; --targets goes with a CSV file."
                )
            return load_npz(path)
        return load_csv(path, targets)
    except DataError:
        raise
    except InputError as error:
        raise DataError(str(error)) from None


def load_npz(path: Path) -> Dataset:
    """The arrays `X` (N, D) and `Y` (N, C) of an .npz archive; pickled objects are never loaded."""
    advice = "write it with numpy.savez(path, X=X, Y=Y) from plain arrays."
    with opened(path) as file:
        if not zipfile.is_zipfile(file):
            raise DataError(f"{shown(path)}: is not an .npz archive; {advice}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [key for key in ("X", "Y") if key not in archive.files]
            if missing:
                held = ", ".join(archive.files) or "nothing"
                raise DataError(f"{shown(path)}: holds {held}; it must hold the arrays X (N, D) and Y (N, C).")
            X, Y = archive["X"], archive["Y"]
    except DataError:
        raise
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = "holds pickled objects" if "pickle" in str(error) else "is damaged"
        raise DataError(f"{shown(path)}: {reason}; {advice}") from None
    try:
        return Dataset(path.stem, X, Y, source=str(path))
    except DataError as error:
        raise DataError(f"{shown(path)}: {error}") from None


def load_csv(path: Path, targets: tuple[str, ...] = ()) -> Dataset:
    """The rows of a CSV file; columns named in `targets` are Y, the others X."""
    lines = _csv_lines(path)
    if not lines:
        raise DataError(f"{shown(path)}: is empty; it needs a line of numbers for each sample.")
    first_number, first_row = lines[0]
    header = None if any(_is_number(cell) for cell in first_row) else first_row
    rows = lines[1:] if header else lines
    if not rows:
        raise DataError(
            f"{shown(path)}: has a header and nothing below it; it needs a line of numbers for each sample."
        )
    width = len(first_row)
    if width < 2:
        raise DataError(
            f"{shown(path)}, line {first_number}: has one column; it needs at least one input and one target."
        )
    values = np.empty((len(rows), width))
    for index, (number, row) in enumerate(rows):
        if len(row) != width:
            raise DataError(
                f"{shown(path)}, line {number}: has {len(row)} cells where line {first_number} has {width}; "
                "every line needs the same number."
            )
        values[index] = [_number(cell, path, number, column) for column, cell in enumerate(row, start=1)]
    chosen = _target_columns(targets, header, width, path)
    inputs = [column for column in range(width) if column not in chosen]
    return Dataset(path.stem, values[:, inputs], values[:, chosen], source=str(path), targets=targets)


def _csv_lines(path: Path) -> list[tuple[int, list[str]]]:
    """The non-blank lines as (line number, stripped cells)."""
    lines = read_text(path).splitlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    found = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                found.append((reader.line_num, cells))
    except csv.Error as error:
        raise DataError(f"{shown(path)}, line {reader.line_num}: is not CSV: {error}.") from None
    return found


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(cell: str, path: Path, line: int, column: int) -> float:
    where = f"{shown(path)}, line {line}, column {column}"
    if not cell:
        raise DataError(f"{where}: is empty; every cell must hold a number.")
    if not _is_number(cell):
        raise DataError(f"{where}: '{cell[:40]}' is not a number.")
    value = float(cell)
    if not math.isfinite(value):
        raise DataError(f"{where}: '{cell[:40]}' is not finite; every cell must hold a finite number.")
    return value


def _target_columns(targets: tuple[str, ...], header: list[str] | None, width: int, path: Path) -> list[int]:
    if not targets:
        return [width - 1]
    names = header or []
    columns = []
    for target in targets:
        if target in names:
            if names.count(target) > 1:
                raise DataError(
                    f"{shown(path)}: has {names.count(target)} columns named '{target}'; name it by its number."
                )
            columns.append(names.index(target))
        elif target.isdecimal() and 1 <= int(target) <= width:
            columns.append(int(target) - 1)
        else:
            known = f"{', '.join(names)}, or 1 to {width}" if names else f"1 to {width}, as the file has no header"
            raise DataError(f"{shown(path)}: there is no column '{target}'; its columns are {known}.")
    if len(set(columns)) < len(columns):
        raise DataError(f"{shown(path)}: --targets names a column twice; each target column is named once.")
    if len(columns) == width:
        raise DataError(f"{shown(path)}: --targets names every column; at least one must be left as an input.")
    return columns
