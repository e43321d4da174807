"""The columns of a CSV file: whether its first line names them, and which are the targets.

How cells are read is `csv_files.py`'s.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.shown_text import shown
from engine.types import FloatArray

YEARS = (1000, 2999)
"""What may be a year."""


def numbers_as_header(cells: list[str], values: FloatArray, where: str) -> tuple[bool, str | None]:
    """Whether a first line of numbers, `values[0]`, names the columns, as years do: whole numbers, each another one,
    outside of what its column holds; and a sentence where that is a guess. A column of labels, NaN, has no say.
    """
    if not all(cell.isascii() and cell.isdecimal() for cell in cells) or len({*cells}) < len(cells):
        return False, None
    numbers = ~np.isnan(values).any(axis=0)
    if not _stands_apart(values[:, numbers]):
        return False, None
    if not _whole(values[1:, numbers]).any():
        return True, (
            f"{where} is read as a header: whole numbers, unlike every line below; --header no reads it as numbers."
        )
    first = values[0]
    if first.min() >= YEARS[0] and first.max() <= YEARS[1] and len({*np.diff(first)}) == 1:
        return False, (
            f"{where} is read as numbers, though it counts on as a header of years does; --header yes reads it as one."
        )
    return False, None


def _stands_apart(values: FloatArray) -> bool:
    """Whether each number of the first line lies outside of what its column holds below."""
    below = values[1:]
    return bool(below.size and ((values[0] < below.min(axis=0)) | (values[0] > below.max(axis=0))).all())


def _whole(rows: FloatArray) -> NDArray[np.bool_]:
    """Which rows hold whole numbers only."""
    whole: NDArray[np.bool_] = (rows == np.rint(rows)).all(axis=1)
    return whole


def target_columns(targets: tuple[str, ...], names: list[str], width: int, path: Path) -> list[int]:
    """The places of the columns that `targets` names, the last one's if it names none; raises `DataError`."""
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
        elif is_column(target, width):
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


def is_column(target: str, width: int) -> bool:
    """Whether it is a column's number."""
    return target.isdecimal() and len(target) < 10 and 1 <= int(target) <= width


def where_labels_may_be(targets: tuple[str, ...], names: list[str], first: list[str], path: Path) -> int | None:
    """The place of the one target column; none where there are several. Without a header a first line of numbers may
    yet prove to be one. Raises `DataError`.
    """
    if names or not targets:
        columns = target_columns(targets, names, len(first), path)
        return columns[0] if len(columns) == 1 else None
    if len(targets) > 1:
        return None
    if is_column(targets[0], len(first)):
        return int(targets[0]) - 1
    return first.index(targets[0]) if targets[0] in first else None
