"""A user's own data by its name or path. The formats are `csv_files.py`'s and `npz_files.py`'s.

Every fault of a file becomes one `DataError` that names the file, the line and what would be right.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from engine.errors import DataError, InputError, SettingsError
from engine.experiment.asked import Asked, Missing
from engine.experiment.built_in_data import BUILT_IN, built_in
from engine.experiment.choices import parse_choice
from engine.experiment.csv_files import load_csv
from engine.experiment.data import Dataset
from engine.experiment.npz_files import load_npz
from engine.paths import typed_path
from engine.shown_text import shown

SUFFIXES = (".csv", ".tsv", ".npz")
"""Of the files that are read, in small letters."""

Stamp = tuple[int, int, int, int]
"""Of a file: its device, its number there, its bytes and the nanosecond of its last change."""


def load(
    name_or_path: str,
    targets: tuple[str, ...] = (),
    header: bool | None = None,
    classes: bool | None = None,
    inputs: tuple[str, ...] = (),
    missing: Missing | str = Missing.REFUSE,
) -> Dataset:
    """A built-in data set by its name, or a .csv or .npz file by its path.

    `targets` names a CSV's target columns (by header, or by number from 1); the last column is the default. `inputs`
    names its input columns; the default is all others but a first one that only counts the rows, and `("all",)` all
    others. `header` says whether a CSV's first line names its columns, `classes` whether a file's targets are classes:
    texts, whole numbers, or columns of a single 1 among zeros. None leaves it to the file's look, where numbers in a
    single column stay numbers. `missing` says what becomes of a CSV's rows that lack a value. A file that has not
    changed since it was read last is not read again. Raises `DataError`.
    """
    try:
        asked = Asked(targets, inputs, header, classes, parse_choice(Missing, missing, "missing"))
    except SettingsError as error:
        raise DataError(str(error)) from None
    if name_or_path in BUILT_IN:
        if asked.option:
            raise DataError(f"'{name_or_path}' is built in with its own columns; {asked.option} goes with a CSV file.")
        if classes is not None:
            word = "--classes" if classes else "--no-classes"
            raise DataError(f"'{name_or_path}' is built in with its own targets; {word} goes with a file of your own.")
        return built_in(name_or_path)
    if Path(name_or_path).suffix.lower() not in SUFFIXES:
        raise DataError(
            f"There is no data set '{shown(name_or_path)}'; built in are {', '.join(BUILT_IN)}, "
            "and a file must end in .csv, .tsv or .npz."
        )
    try:
        return load_file(typed_path(name_or_path), asked)
    except DataError:
        raise
    except InputError as error:
        raise DataError(str(error)) from None


def load_file(path: Path, asked: Asked) -> Dataset:
    """The file's data; raises `InputError`."""
    if path.suffix.lower() == ".npz" and asked.option:
        raise DataError(
            f"{shown(path)}: its arrays X and Y are the inputs and the targets; {asked.option} goes with a CSV file."
        )
    return _load_file(path, _stamp(path), asked)


def _stamp(path: Path) -> Stamp | None:
    try:
        status = os.stat(path)
    except OSError:
        return None  # reading it says why
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=1)
def _load_file(path: Path, stamp: Stamp | None, asked: Asked) -> Dataset:
    """The file's data, as long as its stamp is the same."""
    found = load_npz(path, asked.classes) if path.suffix.lower() == ".npz" else load_csv(path, asked)
    if found.sha256 is not None and _stamp(path) != stamp:
        raise DataError(f"{shown(path)}: has changed while it was read; try again once it is written.")
    return found
