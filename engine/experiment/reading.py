"""Reading files that a person names: regular ones alone, and none that is too large, so that nothing hangs or grows.

What a file's content means is said elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine.errors import InputError
from engine.shown_text import shown

MOST_BYTES = 4_000_000_000
"""Of a file on disk."""

PIECE = 1_000_000
"""Bytes asked for at once: Python makes room for all that is asked for, however short the file is."""


@contextmanager
def opened(path: Path, most_bytes: int = MOST_BYTES) -> Iterator[BinaryIO]:
    """The regular file, open for reading; raises `InputError`, also for what goes wrong while it is read."""
    try:
        _check(path, os.stat(path), most_bytes)
        # A pipe that has taken the file's place meanwhile must not keep anyone waiting.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            _check(path, os.fstat(file.fileno()), most_bytes)
            yield file
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{shown(path)}: there is no such file.") from None
    except OSError as error:
        raise InputError(f"{shown(path)}: cannot be read: {error.strerror or error}.") from None


def sha256_of(file: BinaryIO) -> str:
    """The SHA-256 of the whole file, in hexadecimal digits."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _check(path: Path, status: os.stat_result, most_bytes: int) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{shown(path)}: cannot be read: it is a folder; name a file.")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{shown(path)}: cannot be read: it is a pipe or a device; name a regular file.")
    if status.st_size > most_bytes:
        raise InputError(f"{shown(path)}: has {status.st_size:,} bytes; at most {most_bytes:,} are read.")


def read_text(path: Path, most_bytes: int = MOST_BYTES) -> str:
    """The whole file as UTF-8 text, a byte order mark left out; raises `InputError`."""
    with opened(path, most_bytes) as file:
        content = b"".join(_pieces(file, most_bytes + 1))
    if len(content) > most_bytes:
        raise InputError(f"{shown(path)}: has grown over {most_bytes:,} bytes; at most so many are read.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{shown(path)}, line {line}: is not UTF-8 text; save the file as UTF-8.") from None


def _pieces(file: BinaryIO, left: int) -> Iterator[bytes]:
    while left and (piece := file.read(min(left, PIECE))):
        yield piece
        left -= len(piece)
