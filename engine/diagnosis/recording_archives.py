"""The arrays of an .npz archive that somebody else wrote, by their names: what is no plain array of numbers is refused.

What the arrays are of a network is `recording_files.py`'s.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.recording import LEAST_STEPS
from engine.errors import DataError, InputError
from engine.experiment.npz_files import DAMAGES, UNPACKED
from engine.experiment.reading import opened
from engine.shown_text import shown

MOST_BYTES = 300_000_000
"""Of all arrays together, unpacked."""

MOST_ARRAYS = 20_000

MOST_CALLS = 10_000

KINDS = "fiub"
"""NumPy's letters for real numbers."""

ADVICE = "write it with the recorder."

Entries = tuple[NDArray[Any], ...]
"""What a name stands for: one array for each call of the recorder."""


def read_entries(path: Path) -> dict[str, Entries]:
    """For each name its T arrays, in the archive's order; raises `InputError`."""
    with opened(path) as file:
        if not zipfile.is_zipfile(file):
            raise DataError(f"{shown(path)}: is not an .npz archive; {ADVICE}")
        try:
            with zipfile.ZipFile(file) as archive:
                arrays = _arrays(path, archive)
        except InputError:
            raise
        except DAMAGES:
            raise DataError(f"{shown(path)}: is damaged; {ADVICE}") from None
    return _checked(path, _grouped(path, arrays))


def _arrays(path: Path, archive: zipfile.ZipFile) -> dict[str, NDArray[Any]]:
    members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
    if not members:
        raise DataError(f"{shown(path)}: holds no arrays; {ADVICE}")
    if len(members) > MOST_ARRAYS or sum(member.file_size for member in members) > MOST_BYTES:
        raise DataError(f"{shown(path)}: is over {MOST_BYTES // 10**6} MB of arrays; record fewer steps.")
    return {member.filename.removesuffix(".npy"): _array(path, archive, member) for member in members}


def _array(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    name = shown(member.filename.removesuffix(".npy"))
    if member.flag_bits & 1 or member.compress_type not in UNPACKED:
        raise DataError(f"{shown(path)}: {name} is packed in a way that is not known here; {ADVICE}")
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise DataError(f"{shown(path)}: {name} is an array with named fields; {ADVICE}")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
        header_bytes = stream.tell()
    if dtype.hasobject or dtype.kind not in KINDS:
        held = "Python objects" if dtype.hasobject else f"{dtype} values"
        raise DataError(f"{shown(path)}: {name} holds {shown(held)}; it must hold real numbers.")
    if min(shape, default=0) < 0 or member.file_size - header_bytes != math.prod(shape) * dtype.itemsize:
        raise DataError(f"{shown(path)}: {name} has not as many numbers as its header claims; {ADVICE}")
    with archive.open(member) as stream:
        found: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return _in_floats(found)


def _in_floats(array: NDArray[Any]) -> NDArray[Any]:
    """float32 stays; other floats become float64; whole numbers stay what they are."""
    native = np.float32 if array.dtype.kind == "f" and array.dtype.itemsize == 4 else np.float64
    return array.astype(native) if array.dtype.kind == "f" else array


def _grouped(path: Path, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Entries]:
    """`x@0`, `x@1`, … are one name's."""
    numbered: dict[str, dict[int, NDArray[Any]]] = {}
    entries: dict[str, Entries] = {}
    for name, array in arrays.items():
        match = re.fullmatch(r"(.+)@(\d{1,9})", name)
        if match is None:
            if array.ndim == 0:
                raise DataError(f"{shown(path)}: {shown(name)} is a single number; it needs one entry for each step.")
            if len(array) > MOST_CALLS:
                raise DataError(
                    f"{shown(path)}: {shown(name)} has {len(array):,} entries; at most {MOST_CALLS:,} are read."
                )
            entries[name] = tuple(np.asarray(one) for one in array)
        else:
            numbered.setdefault(match[1], {})[int(match[2])] = array
            entries.setdefault(match[1], ())
    for name, parts in numbered.items():
        if sorted(parts) != list(range(len(parts))):
            missing = next(index for index in range(len(parts) + 1) if index not in parts)
            raise DataError(f"{shown(path)}: {shown(name)}@{missing} is missing; {ADVICE}")
        entries[name] = tuple(parts[index] for index in range(len(parts)))
    return entries


def _checked(path: Path, entries: dict[str, Entries]) -> dict[str, Entries]:
    """All names have as many entries, and enough."""
    calls = max(len(one) for one in entries.values())
    for name, one in entries.items():
        if len(one) != calls:
            raise DataError(
                f"{shown(path)}: {shown(name)} has {len(one)} entries where others have {calls}; "
                "each name needs one for every step."
            )
    if calls <= LEAST_STEPS:
        raise DataError(
            f"{shown(path)}: holds {calls} {'entry' if calls == 1 else 'entries'} of each name; a diagnosis needs "
            f"{LEAST_STEPS} steps, which are {LEAST_STEPS + 1} calls of the recorder."
        )
    return entries
