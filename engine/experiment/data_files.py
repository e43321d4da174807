"""A user's own data by its name or path. The formats are `csv_files.py`'s and `npz_files.py`'s.

Every fault of a file becomes one `DataError` that names the file, the line and what would be right.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from engine.errors import DataError, InputError
from engine.experiment.built_in_data import BUILT_IN, built_in
from engine.experiment.csv_files import load_csv
from engine.experiment.data import Dataset
from engine.experiment.npz_files import load_npz
from engine.paths import typed_path
from engine.shown_text import shown

Stamp = tuple[int, int, int, int]
"""Of a file: its device, its number there, its bytes and the nanosecond of its last change."""


def load(
    name_or_path: str, targets: tuple[str, ...] = (), header: bool | None = None, classes: bool | None = None
) -> Dataset:
    """A built-in data set by its name, or a .csv or .npz file by its path.

    `targets` names a CSV's target columns (by header, or by number from 1); the last column is the default. `header`
    says whether a CSV's first line names its columns, `classes` whether a file's targets are classes: texts, whole
    numbers, or columns of a single 1 among zeros. None leaves it to the file's look, where numbers in a single column
    stay numbers. A file that has not changed since it was read last is not read again. Raises `DataError`.
    """
    option = "--targets" if targets else "--header"
    given = bool(targets) or header is not None
    if name_or_path in BUILT_IN:
        if given:
            raise DataError(f"'{name_or_path}' is built in with its own columns; {option} goes with a CSV file.")
        if classes is not None:
            word = "--classes" if classes else "--no-classes"
            raise DataError(f"'{name_or_path}' is built in with its own targets; {word} goes with a file of your own.")
        return built_in(name_or_path)
    suffix = Path(name_or_path).suffix.lower()
    if suffix not in (".csv", ".tsv", ".npz"):
        raise DataError(
            f"There is no data set '{shown(name_or_path)}'; built in are {', '.join(BUILT_IN)}, "
            "and a file must end in .csv, .tsv or .npz."
        )
    try:
        path = typed_path(name_or_path)
        if suffix == ".npz" and given:
            raise DataError(
                f"{shown(path)}: the arrays X and Y say what the targets are; {option} goes with a CSV file."
            )
        return _load_file(path, _stamp(path), targets, header, classes)
    except DataError:
        raise
    except InputError as error:
        raise DataError(str(error)) from None


def _stamp(path: Path) -> Stamp | None:
    try:
        status = os.stat(path)
    except OSError:
        return None  # reading it says why
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=1)
def _load_file(
    path: Path, stamp: Stamp | None, targets: tuple[str, ...], header: bool | None, classes: bool | None
) -> Dataset:
    """The file's data, as long as its stamp is the same."""
    if path.suffix.lower() == ".npz":
        return load_npz(path, classes)
    return load_csv(path, targets, header, classes)
