"""Writing files: whole or not at all, never over an existing one unasked, every failure one sentence."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from engine.errors import InputError


def check_writable(path: Path, replace_existing: bool) -> None:
    """Refuse a target that could not be written later; raises `InputError`."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file.")
    if path.is_file() and not replace_existing:
        raise InputError(f"{path} exists already; name another place, or say --force to replace it.")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}.")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: the folder {path.parent} cannot be written to.")


def write_whole(path: Path, content: str | bytes, replace_existing: bool) -> None:
    """Write beside the target, then rename, so that a full disk leaves no half file; raises `InputError`."""
    check_writable(path, replace_existing)
    _write_all({path: content})


def check_folder(folder: Path, names: Iterable[str], replace_existing: bool) -> None:
    """Refuse a folder that these files could not be written into later; raises `InputError`."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; name a folder.")
    if not folder.exists():
        check_writable(folder, replace_existing)
        return
    for name in names:
        check_writable(folder / name, replace_existing)


def write_folder(folder: Path, files: dict[str, str | bytes], replace_existing: bool) -> None:
    """Write files into a folder, made if its parent exists; raises `InputError`, and then none is new there."""
    check_folder(folder, files, replace_existing)
    made = not folder.exists()
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error.strerror or error}.") from None
    try:
        _write_all({folder / name: content for name, content in files.items()})
    except InputError:
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _write_all(files: dict[Path, str | bytes]) -> None:
    written: dict[Path, Path] = {}
    new = [path for path in files if not path.exists()]
    try:
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            if path.exists() and not path.is_file():
                # A pipe or /dev/null has no content to protect and cannot be renamed over.
                path.write_bytes(data)
                continue
            beside = path.with_name(f".{path.name}.{os.getpid()}.part")
            written[beside] = path
            beside.write_bytes(data)
        for beside, path in written.items():
            os.replace(beside, path)
    except OSError as error:
        for made in new:
            made.unlink(missing_ok=True)
        raise InputError(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        for beside in written:
            beside.unlink(missing_ok=True)
