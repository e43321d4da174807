"""Writing files: whole or not at all, never over an existing one unasked, every failure one sentence."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from engine.errors import InputError
from engine.paths import Place, place_of
from engine.shown_text import shown

BESIDE = ".mlp-tui-"
"""How the name of a file begins that is written beside its target: short, so that it fits where the target's does."""


_under_way: set[Path] = set()
"""Files written beside their targets, and folders made for them, at this moment."""

_beginning = threading.Lock()
"""Held while a file or folder is begun, so that none is begun once they are discarded."""

_ending = threading.Event()


def discard_unfinished() -> None:
    """The process ends: leave nothing of what is half written, by whichever thread, and let nothing more be begun."""
    _ending.set()
    # A disk that does not answer may hold it; the end does not wait for that.
    begun = _beginning.acquire(timeout=0.1)
    for path in sorted(_under_way, reverse=True):
        with contextlib.suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
    if begun:
        _beginning.release()


@contextlib.contextmanager
def _begun(path: Path) -> Iterator[None]:
    """While the file or folder is made."""
    with _beginning:
        if _ending.is_set():
            raise OSError("the program ends")
        _under_way.add(path)
        yield


def _fill(file: BinaryIO, data: bytes) -> None:
    file.write(data)


def check_writable(path: Path, replace_existing: bool) -> None:
    """Refuse a target that could not be written later; raises `InputError`."""
    place = place_of(path)
    if place is Place.FOLDER:
        raise InputError(f"{shown(path)} is a folder; name a file.")
    if place is Place.FILE and not replace_existing:
        raise InputError(f"{shown(path)} exists already; name another place, or say --force to replace it.")
    if place is Place.NOTHING and any(unicodedata.category(character) == "Cc" for character in path.name):
        raise InputError(f"'{shown(path.name)}' has control characters in it; write a name without them.")
    if place is Place.OTHER:
        # A pipe or /dev/null has no content to protect and is written to as it stands.
        if not os.access(path, os.W_OK):
            raise InputError(f"{shown(path)} cannot be written to; name another place.")
        return
    if place_of(path.parent) is not Place.FOLDER:
        raise InputError(f"{shown(path)}: there is no folder {shown(path.parent)}.")
    try:
        tempfile.TemporaryFile(prefix=BESIDE, dir=path.parent).close()
    except OSError as error:
        raise InputError(
            f"{shown(path)}: the folder {shown(path.parent)} cannot be written to: {error.strerror or error}."
        ) from None


def check_spared(source: str | None, targets: Iterable[Path]) -> None:
    """Refuse to write over the file that the data come from, even if asked to replace files; raises `InputError`."""
    for target in targets:
        if source is not None and same_file(source, target):
            raise InputError(f"{shown(target)} is the file that the data come from; name another place.")


def same_file(one: str | Path, other: str | Path) -> bool:
    """Whether both are there and are one file."""
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False  # one of them is not there


def write_whole(path: Path, content: str | bytes, replace_existing: bool) -> None:
    """Write beside the target, then rename, so that a full disk leaves no half file; raises `InputError`."""
    check_writable(path, replace_existing)
    _write_all({path: _encoded(path, content)})


def check_folder(folder: Path, names: Iterable[str], replace_existing: bool) -> None:
    """Refuse a folder that these files could not be written into later; raises `InputError`."""
    place = place_of(folder)
    if place not in (Place.FOLDER, Place.NOTHING):
        raise InputError(f"{shown(folder)} is {place.value}; name a folder.")
    if place is Place.NOTHING:
        check_writable(folder, replace_existing)
    for name in names:
        if place is Place.FOLDER:
            check_writable(folder / name, replace_existing)
        else:
            place_of(folder / name)  # the whole path may be too long


def write_folder(folder: Path, files: dict[str, str | bytes], replace_existing: bool) -> None:
    """Write files into a folder, made if its parent exists; raises `InputError`, and then none is new there."""
    check_folder(folder, files, replace_existing)
    contents = {folder / name: _encoded(folder / name, content) for name, content in files.items()}
    made = place_of(folder) is Place.NOTHING
    try:
        if made:
            with _begun(folder):
                folder.mkdir()
    except OSError as error:
        raise InputError(f"{shown(folder)} cannot be made: {error.strerror or error}.") from None
    try:
        _write_all(contents)
    except BaseException:
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    finally:
        _under_way.discard(folder)


def _encoded(path: Path, content: str | bytes) -> bytes:
    try:
        return content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        left = shown(str(error.object)[error.start : error.end])
        raise InputError(f"{shown(path)} cannot be written: '{left}' is in no UTF-8 text.") from None


def _write_all(files: dict[Path, bytes]) -> None:
    written: dict[Path, Path] = {}
    new = [path for path in files if not path.exists()]
    try:
        for path, data in files.items():
            if path.exists() and not path.is_file():
                path.write_bytes(data)
                continue
            beside = path.with_name(f"{BESIDE}{os.getpid()}-{len(written)}.part")
            written[beside] = path
            with _begun(beside):
                file = beside.open("wb")
            with file:
                _fill(file, data)
        for beside, path in written.items():
            os.replace(beside, path)
    except BaseException as error:
        for made in new:
            made.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"{shown(path)} cannot be written: {error.strerror or error}.") from None
        raise
    finally:
        for beside in written:
            beside.unlink(missing_ok=True)
            _under_way.discard(beside)
