"""The arrays X and Y of an .npz archive: their directory and headers are looked at before anything is unpacked."""

from __future__ import annotations

import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import DataError, InputError
from engine.experiment.data import MOST_NUMBERS, NUMBER_KINDS, Dataset
from engine.experiment.reading import opened
from engine.shown_text import shown

ADVICE = "write it with numpy.savez(path, X=X, Y=Y) from plain arrays."
UNPACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)

DAMAGES = (
    ValueError,
    TypeError,
    EOFError,
    KeyError,
    IndexError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    MemoryError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""What Python and NumPy raise for archives and headers that are not as they were written."""


@dataclass(frozen=True)
class _Array:
    """One array as its header describes it, not yet read."""

    name: str
    member: zipfile.ZipInfo
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    header_bytes: int

    @property
    def count(self) -> int:
        return math.prod(self.shape)


def load_npz(path: Path) -> Dataset:
    """The arrays `X` (N, D) and `Y` (N, C); pickled objects are never loaded. Raises `InputError`."""
    with opened(path) as file:
        if not zipfile.is_zipfile(file):
            raise DataError(f"{shown(path)}: is not an .npz archive; {ADVICE}")
        try:
            with zipfile.ZipFile(file) as archive:
                described = [_described(path, archive, name) for name in ("X", "Y")]
                _check_sizes(path, described)
                X, Y = (_read(archive, one) for one in described)
        except InputError:
            raise
        except DAMAGES:
            raise DataError(f"{shown(path)}: is damaged; {ADVICE}") from None
    try:
        return Dataset(path.stem, X, Y, source=str(path))
    except DataError as error:
        raise DataError(f"{shown(path)}: {error}") from None


def _described(path: Path, archive: zipfile.ZipFile, name: str) -> _Array:
    if f"{name}.npy" not in archive.namelist():
        held = shown(", ".join(one.removesuffix(".npy") for one in archive.namelist())) or "nothing"
        raise DataError(f"{shown(path)}: holds {held}; it must hold the arrays X (N, D) and Y (N, C).")
    member = archive.getinfo(f"{name}.npy")
    if member.flag_bits & 1:
        raise DataError(f"{shown(path)}: {name} is encrypted; {ADVICE}")
    if member.compress_type not in UNPACKED:
        raise DataError(f"{shown(path)}: {name} is compressed in a way that is not known here; {ADVICE}")
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise DataError(f"{shown(path)}: {name} is an array with named fields; {ADVICE}")
        first = version == (1, 0)
        read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
        return _Array(name, member, shape, dtype, stream.tell())


def _check_sizes(path: Path, arrays: list[_Array]) -> None:
    for one in arrays:
        if one.dtype.hasobject:
            raise DataError(f"{shown(path)}: {one.name} holds pickled objects; {ADVICE}")
        if one.dtype.kind not in NUMBER_KINDS:
            raise DataError(f"{shown(path)}: {one.name} holds {shown(one.dtype)} values; it must hold real numbers.")
        if min(one.shape, default=0) < 0 or one.member.file_size - one.header_bytes < one.count * one.dtype.itemsize:
            raise DataError(f"{shown(path)}: {one.name} has fewer numbers than its header claims; {ADVICE}")
    numbers = sum(one.count for one in arrays)
    if numbers > MOST_NUMBERS:
        raise DataError(f"{shown(path)}: holds {numbers:,} numbers; at most {MOST_NUMBERS:,} are read.")


def _read(archive: zipfile.ZipFile, described: _Array) -> Any:
    with archive.open(described.member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)
