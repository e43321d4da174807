"""Paths that a person typed: what they name and what stands there. Reading is `reading.py`'s, writing `files.py`'s."""

from __future__ import annotations

import os
import stat
from enum import Enum
from pathlib import Path

from engine.errors import InputError
from engine.shown_text import shown


class Place(Enum):
    """What stands at a path, links followed."""

    NOTHING = "nothing"
    FILE = "a file"
    FOLDER = "a folder"
    OTHER = "a pipe or a device"


def typed_path(text: str) -> Path:
    """The path that a person typed, `~` and `~name` replaced by the home folder; raises `InputError`.

    Every path from a command line, a dialog or a file goes through here.
    """
    if not text.strip():
        raise InputError(f"'{shown(text)}' names no file and no folder; write its name.")
    if "\0" in text:
        raise InputError(f"'{shown(text)}' holds a zero byte, which no path can; write the path without it.")
    # Of the text and not of a `Path`, which takes the './' away that keeps a '~' as it is.
    expanded = os.path.expanduser(text)
    if text.startswith("~") and expanded == text:
        user = shown(text.partition("/")[0])
        raise InputError(
            f"'{shown(text)}': no home folder of '{user}' is known here; write the path out, or ./{user} for a name "
            "that begins so."
        )
    return Path(expanded)


def place_of(path: Path) -> Place:
    """What stands there; raises `InputError` where that cannot be found out."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return Place.NOTHING
    except OSError as error:
        raise InputError(f"{shown(path)} cannot be looked at: {error.strerror or error}.") from None
    except ValueError as error:
        raise InputError(f"{shown(path)} is no path: {error}.") from None
    if stat.S_ISDIR(mode):
        return Place.FOLDER
    return Place.FILE if stat.S_ISREG(mode) else Place.OTHER
