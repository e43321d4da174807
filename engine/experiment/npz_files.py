"""The arrays X and Y of an .npz archive: their directory and headers are looked at before anything is unpacked.

When Y is taken as classes is `class_labels.py`'s.
"""

from __future__ import annotations

import lzma
import math
import struct
import sys
import tokenize
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError, InputError
from engine.experiment.class_labels import Column, Targets, check_count, from_numbers, from_texts
from engine.experiment.data import MOST_NUMBERS, NUMBER_KINDS, Dataset, given_away
from engine.experiment.reading import opened, sha256_of
from engine.shown_text import shown

ADVICE = "write it with numpy.savez(path, X=X, Y=Y) from plain arrays."
UNPACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)

TEXT_KINDS = "US"
"""NumPy's letters for texts and for bytes."""

MOST_TEXT_BYTES = 8 * MOST_NUMBERS

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


def load_npz(path: Path, classes: bool | None = None) -> Dataset:
    """The arrays `X` (N, D) and `Y` (N, C), or `y` (N,); pickled objects are never loaded.

    `classes` says whether targets are classes; none leaves it to their look. Raises `InputError`.
    """
    with opened(path) as file:
        found = _loaded(path, file, classes)
        return replace(found, sha256=sha256_of(file)) if found.is_large else found


def _loaded(path: Path, file: BinaryIO, classes: bool | None) -> Dataset:
    if not zipfile.is_zipfile(file):
        raise DataError(f"{shown(path)}: is not an .npz archive; {ADVICE}")
    try:
        with zipfile.ZipFile(file) as archive:
            targets = "y" if {"Y.npy", "y.npy"} & set(archive.namelist()) == {"y.npy"} else "Y"
            described = [_described(path, archive, name) for name in ("X", targets)]
            _check_sizes(path, described, classes)
            X, Y = (_read(archive, one) for one in described)
    except InputError:
        raise
    except DAMAGES:
        raise DataError(f"{shown(path)}: is damaged; {ADVICE}") from None
    column = Column(shown(path), targets, f"give {targets} as numbers, or with fewer classes.")
    found = _labelled(column, Y, classes) if Y.dtype.kind in TEXT_KINDS else None
    try:
        data = Dataset(path.stem, X, Y if found is None else found.Y, source=str(path))
    except DataError as error:
        raise DataError(f"{shown(path)}: {error}") from None
    found = found or from_numbers(column, (), data.Y, classes)
    return replace(data, notes=found.notes, classes=found.classes, Y=found.Y) if found.notes or found.classes else data


def _labelled(column: Column, Y: NDArray[Any], classes: bool | None) -> Targets:
    """An array of texts as classes; raises `DataError`."""
    if not Y.size or Y.shape not in ((Y.size,), (Y.size, 1)):
        raise column.refused(f"holds texts in the shape {Y.shape}; labels are one text for each sample, (N,).")
    texts = np.ascontiguousarray(Y.ravel())
    _check_characters(column, texts)
    distinct, codes = np.unique(texts, return_inverse=True)
    check_count(column, len(distinct))
    places: dict[str, int] = {}
    merged = np.empty(len(distinct), np.intc)
    for code, written in enumerate(distinct.tolist()):
        try:
            text = (written.decode() if isinstance(written, bytes) else written).strip()
        except UnicodeDecodeError:
            raise _no_text(column, int(np.argmax(codes == code))) from None
        if not text or text.lower() == "nan":
            raise column.refused(f"has no label in row {np.argmax(codes == code) + 1}; every sample needs one.")
        merged[code] = places.setdefault(text, len(places))
    return from_texts(column, list(places), merged[codes], classes)


def _check_characters(column: Column, texts: NDArray[Any]) -> None:
    """Refuse what no character is: NumPy would raise a `SystemError` wherever it looks at it."""
    if texts.dtype.kind == "U" and texts.dtype.itemsize:
        written = texts.view(np.dtype(np.uint32).newbyteorder(texts.dtype.byteorder)).reshape(len(texts), -1)
        if written.max() > sys.maxunicode:
            raise _no_text(column, int((written > sys.maxunicode).any(axis=1).argmax()))


def _no_text(column: Column, row: int) -> DataError:
    return column.refused(f"holds what is no text in row {row + 1}; {ADVICE}")


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


def _check_sizes(path: Path, arrays: list[_Array], classes: bool | None) -> None:
    for one in arrays:
        is_text = one.dtype.kind in TEXT_KINDS and one.name != "X" and classes is not False
        if one.dtype.hasobject:
            raise DataError(f"{shown(path)}: {one.name} holds pickled objects; {ADVICE}")
        if one.dtype.kind not in NUMBER_KINDS and not is_text:
            raise DataError(f"{shown(path)}: {one.name} holds {shown(one.dtype)} values; it must hold real numbers.")
        if min(one.shape, default=0) < 0 or one.member.file_size - one.header_bytes < one.count * one.dtype.itemsize:
            raise DataError(f"{shown(path)}: {one.name} has fewer numbers than its header claims; {ADVICE}")
        if is_text and one.count * one.dtype.itemsize > MOST_TEXT_BYTES:
            raise DataError(
                f"{shown(path)}: {one.name} is over {MOST_TEXT_BYTES:,} bytes of text; write shorter labels."
            )
    numbers = sum(one.count for one in arrays)
    if numbers > MOST_NUMBERS:
        raise DataError(f"{shown(path)}: holds {numbers:,} numbers; at most {MOST_NUMBERS:,} are read.")


def _read(archive: zipfile.ZipFile, described: _Array) -> Any:
    with archive.open(described.member) as stream:
        return given_away(np.lib.format.read_array(stream, allow_pickle=False))
