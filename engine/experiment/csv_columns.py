"""The columns of a CSV file: whether its first line names them, which are the targets and which the inputs, and which
are left out: those that were not asked for, and one that only counts the rows.

How cells are read is `csv_table.py`'s.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.experiment.asked import Asked, FileColumns
from engine.shown_text import shown
from engine.types import FloatArray

YEARS = (1000, 2999)
"""What may be a year."""

ALL = "all"
"""Every column that is no target, unless a column is called so."""

INDEX_NAMES = frozenset({"", "id", "index", "idx", "unnamed: 0", "row", "no", "nr"})
"""What a column that only counts the rows is called, in small letters."""

FEWEST_COUNTED = 2
"""Rows of which a named column may be the count."""

FEWEST_COUNTED_UNNAMED = 3
"""As much without a header: a few inputs typed by hand may count as well."""

LONGEST_WORD = 30
"""Characters of a column's name that is offered to be typed."""


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
    columns = _places("--targets", "target", targets, names, width, path)
    if len(columns) == width:
        raise DataError(f"{shown(path)}: --targets names every column; at least one must be left as an input.")
    return columns


def input_columns(inputs: tuple[str, ...], targets: list[int], names: list[str], width: int, path: Path) -> list[int]:
    """The places of the columns that `inputs` names, or of all that are no targets; raises `DataError`."""
    if takes_all(inputs, names):
        return [place for place in range(width) if place not in targets]
    columns = _places("--inputs", "input", inputs, names, width, path)
    if both := [place for place in columns if place in targets]:
        raise DataError(
            f"{shown(path)}: --inputs names {column_name(names, both[0])}, which is the target; leave it out, or name "
            "another target with --targets."
        )
    return columns


def takes_all(inputs: tuple[str, ...], names: list[str]) -> bool:
    """Whether no input column is chosen, or all are."""
    return not inputs or (inputs == (ALL,) and ALL not in names)


def _places(option: str, kind: str, words: tuple[str, ...], names: list[str], width: int, path: Path) -> list[int]:
    """Of the columns that an option's words name; raises `DataError`."""
    columns = []
    for word in words:
        if word in names:
            if names.count(word) > 1:
                raise DataError(
                    f"{shown(path)}: has {names.count(word)} columns named '{shown(word)}'; name it by its number."
                )
            columns.append(names.index(word))
        elif is_column(word, width):
            columns.append(int(word) - 1)
        else:
            known = (
                f"{shown(', '.join(names))}, or 1 to {width}" if names else f"1 to {width}, as the file has no header"
            )
            raise DataError(f"{shown(path)}: there is no column '{shown(word)}'; its columns are {known}.")
    if len(set(columns)) < len(columns):
        raise DataError(f"{shown(path)}: {option} names a column twice; each {kind} column is named once.")
    return columns


def is_column(word: str, width: int) -> bool:
    """Whether it is a column's number."""
    return word.isdecimal() and len(word) < 10 and 1 <= int(word) <= width


def column_name(names: list[str], place: int) -> str:
    """As a sentence has it: its name in the header, or its number."""
    return f"'{shown(names[place], 40)}'" if names and names[place] else f"column {place + 1}"


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


def columns_to_read(asked: Asked, names: list[str], first: list[str], path: Path, is_decided: bool) -> list[int]:
    """The places of the columns that are inputs or targets, from left to right: what else a line holds is not looked
    at. Until it `is_decided` whether the first line is a header, a word is taken in both ways. Raises `DataError`.
    """
    width = len(first)
    if takes_all(asked.inputs, names if is_decided else first):
        return list(range(width))
    if is_decided:
        targets = target_columns(asked.targets, names, width, path)
        return sorted({*targets, *input_columns(asked.inputs, targets, names, width, path)})
    words = {*asked.inputs, *asked.targets}
    places = {place for place, cell in enumerate(first) if cell in words}
    places |= {int(word) - 1 for word in words if is_column(word, width)}
    places |= set() if asked.targets else {width - 1}
    return sorted(places) or list(range(width))


def index_start(column: FloatArray, rows: NDArray[np.intp], name: str | None) -> int | None:
    """What a file's first column counts its rows from, where it does nothing else; none where it may be an input.

    It counts if it holds whole numbers, one more in each row; `rows` are the rows' numbers in the file, some of which
    may be left out. Its `name`, that of the header, must be empty or one of `INDEX_NAMES`: an input such as a time
    may count as well. Where there is no header (None) counting from 0 or 1 is enough, of three rows or more.
    """
    if name is not None and name.strip().lower() not in INDEX_NAMES:
        return None
    if len(column) < (FEWEST_COUNTED_UNNAMED if name is None else FEWEST_COUNTED):
        return None
    start = float(column[0] - rows[0])
    counts = start.is_integer() and bool((column - rows == start).all())
    return int(start) if counts and (name is not None or start in (0, 1)) else None


def may_name_rows(column: FloatArray, name: str | None) -> bool:
    """Whether a first column that does not count is called as one that does, and holds another whole number in each
    row: numbers of customers, say.
    """
    called = name is not None and name.strip().lower() in INDEX_NAMES - {""}
    whole = bool((column == np.rint(column)).all())
    return called and whole and len(np.unique(column)) == len(column) >= FEWEST_COUNTED


def file_columns(names: list[str], width: int, inputs: list[int], targets: list[int]) -> FileColumns:
    """The columns as they may be typed."""
    counts = Counter(names)

    def word(place: int) -> str:
        name = names[place] if names else ""
        fits = 0 < len(name) <= LONGEST_WORD and name.isprintable() and "," not in name and counts[name] == 1
        return name if fits else str(place + 1)

    return FileColumns(tuple(map(word, range(width))), tuple(map(word, inputs)), tuple(map(word, targets)))
