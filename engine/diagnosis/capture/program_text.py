"""The text of a program as it will be run: a Python file in the encoding that it names, or a notebook's code."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from engine.diagnosis.capture.notebooks import read_notebook
from engine.errors import DataError
from engine.experiment.reading import opened
from engine.shown_text import shown

MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class ProgramText:
    """What is run."""

    source: str
    cells: tuple[tuple[int, int], ...] = ()
    """Of each line, the notebook's cell and the line there, from 1; none of a plain program."""
    note: str = ""
    """A sentence on what was left out."""


def is_notebook(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() == ".ipynb"


def read_program(path: Path) -> ProgramText:
    """Raises `InputError`."""
    if is_notebook(path):
        notebook = read_notebook(path)
        text = ProgramText(notebook.source, notebook.cells, notebook.note)
    else:
        with opened(path, MOST_BYTES) as file:
            text = ProgramText(re.sub(r"\r\n?", "\n", _decoded(path, file.read(MOST_BYTES + 1))))
    if "\0" in text.source:
        raise DataError(f"{shown(path)}: holds a zero byte, which no program does; name a Python program.")
    if any("\ud800" <= sign <= "\udfff" for sign in text.source):
        raise DataError(f"{shown(path)}: holds half a character, which no program does; save it as UTF-8.")
    return text


def _decoded(path: Path, content: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError:
        encoding = "utf-8"
        if re.search(rb"coding[:=]", content[:400]):
            raise DataError(f"{shown(path)}: names an encoding that Python does not know; save it as UTF-8.") from None
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        name = "UTF-8" if encoding.startswith("utf-8") else shown(encoding)
        raise DataError(f"{shown(path)}, line {line}: is not {name} text; save the file as UTF-8.") from None
    except (ValueError, LookupError):
        raise DataError(f"{shown(path)}: names an encoding that is none of text; save it as UTF-8.") from None
