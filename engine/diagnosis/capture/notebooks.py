"""Jupyter notebooks as programs: their code cells one after the other, without the lines that are IPython's.

A cell has the number that Jupyter gives it when all are run: empty ones have none.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import DataError
from engine.experiment.discrepancies.base import listed
from engine.experiment.reading import read_text
from engine.shown_text import shown

MOST_BYTES = 30_000_000
"""Of a notebook, its pictures included."""

MOST_NAMED = 4
"""Of the lines that were left out."""

TIMED = ("%time ", "%prun ")
"""Before a statement that is to be run."""

RUN = ("%%time", "%%prun", "%%capture")
"""Above a cell that is Python."""

HELP = re.compile(r"\?{1,2}[\w.%*]+$|[\w.%*\[\]'\"]+\?{1,2}$")

ASSIGNED = re.compile(r"[\w., \t*]+=\s*[%!]\s*[\w.$~/]")

TOKENS = re.compile(r"\\.|\"\"\"|'''|\"|'|#|[()\[\]{}]", re.DOTALL)


@dataclass(frozen=True)
class Left:
    """A line that was left out."""

    cell: int
    line: int
    text: str


@dataclass(frozen=True)
class Notebook:
    """The code of a notebook."""

    source: str
    cells: tuple[tuple[int, int], ...]
    """Of each line of it, the cell and the line there, from 1."""
    left: tuple[Left, ...]

    @property
    def note(self) -> str:
        """A sentence on what was left out; empty if nothing was."""
        if not self.left:
            return ""
        named = [f"cell {one.cell}, line {one.line} ({shown(one.text, 40)})" for one in self.left[:MOST_NAMED]]
        if len(self.left) > MOST_NAMED:
            named.append(f"{len(self.left) - MOST_NAMED} more")
        count = "1 line of IPython was" if len(self.left) == 1 else f"{len(self.left)} lines of IPython were"
        return f"{count} left out: {listed(named)}."


def read_notebook(path: Path) -> Notebook:
    """Raises `InputError`, which says what a notebook would be."""
    source: list[str] = []
    places: list[tuple[int, int]] = []
    left: list[Left] = []
    for number, text in enumerate(_code_cells(path, _document(path)), start=1):
        lines, without = python_lines(text.split("\n"))
        source += lines
        places += [(number, line) for line in range(1, len(lines) + 1)]
        left += [Left(number, line, one) for line, one in without]
    return Notebook("\n".join(source), tuple(places), tuple(left))


def _document(path: Path) -> Mapping[str, Any]:
    text = read_text(path, MOST_BYTES)
    try:
        document = json.loads(text)
    except RecursionError:
        raise DataError(f"{shown(path)}: is nested too deeply to be a notebook.") from None
    except ValueError:
        raise DataError(f"{shown(path)}: is not JSON, as a notebook is; save it anew from Jupyter.") from None
    advice = "convert it with 'jupyter nbconvert --to notebook --nbformat 4'."
    if isinstance(document, dict) and "worksheets" in document:
        raise DataError(f"{shown(path)}: is of nbformat 3, whose cells lie in worksheets; {advice}")
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise DataError(f"{shown(path)}: is no notebook: it has no list of cells; save it anew from Jupyter.")
    language = _language(document)
    if language.lower() not in ("python", "ipython", "python3"):
        raise DataError(f"{shown(path)}: is written in {shown(language)}; what is diagnosed is Python.")
    version = document.get("nbformat")
    if type(version) is not int or version < 4:
        raise DataError(f"{shown(path)}: is no notebook of nbformat 4: its nbformat is missing or older; {advice}")
    return document


def _language(document: Mapping[str, Any]) -> str:
    """That its metadata name; Python if they name none."""
    metadata = document.get("metadata")
    for name, key in (("language_info", "name"), ("kernelspec", "language")):
        entry = metadata.get(name) if isinstance(metadata, dict) else None
        language = entry.get(key) if isinstance(entry, dict) else None
        if isinstance(language, str) and language:
            return language
    return "python"


def _code_cells(path: Path, document: Mapping[str, Any]) -> list[str]:
    """The texts of those that are not empty."""
    found = []
    for place, cell in enumerate(document["cells"], start=1):
        kind = cell.get("cell_type") if isinstance(cell, dict) else None
        source = cell.get("source") if isinstance(cell, dict) else None
        parts: list[Any] = source if isinstance(source, list) else [source]
        if kind is None or not all(isinstance(one, str) for one in parts):
            raise DataError(f"{shown(path)}: cell {place} of all is no cell with a text; save it anew from Jupyter.")
        text = re.sub(r"\r\n?", "\n", "".join(parts))
        if kind == "code" and text.strip():
            found.append(text.removesuffix("\n"))
    if not found:
        raise DataError(f"{shown(path)}: has no code in it; name a notebook that trains a network.")
    return found


def python_lines(lines: Sequence[str]) -> tuple[list[str], list[tuple[int, str]]]:
    """The lines of a cell as Python, as many as they were, and those that were left out, with their numbers from 1."""
    if _is_python("\n".join(lines)):
        return list(lines), []
    first = next(place for place, line in enumerate(lines) if line.strip())
    found, left = list(lines), []
    state = _State()
    head = lines[first].strip()
    if head.startswith("%%"):
        if head.split()[0] not in RUN:
            return ["pass"] * len(lines), [(first + 1, head)]
        found[first] = "pass"
    goes_on = False
    for place, line in enumerate(lines):
        if place == first and head.startswith("%%"):
            continue
        text = line.strip()
        if goes_on or (state.is_free and _is_magic(text)):
            indent = line[: len(line) - len(line.lstrip())]
            timed = next((one for one in TIMED if text.startswith(one)), None)
            if goes_on:
                found[place] = ""
            elif timed:
                found[place] = indent + text.removeprefix(timed).strip()
            else:
                found[place] = f"{indent}pass"
                left.append((place + 1, text))
            goes_on = text.endswith("\\")
        else:
            state.go_over(line)
    return found, left


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_magic(text: str) -> bool:
    return text[:1] in ("%", "!") or bool(HELP.match(text) or ASSIGNED.match(text))


@dataclass
class _State:
    """Where a line ends: within a string, within brackets, or before a line that goes on."""

    quote: str = ""
    brackets: int = 0
    goes_on: bool = False
    closing: str = field(default=")]}", init=False)

    @property
    def is_free(self) -> bool:
        """Whether the next line begins a statement."""
        return not (self.quote or self.brackets > 0 or self.goes_on)

    def go_over(self, line: str) -> None:
        """Of Python."""
        for token in TOKENS.findall(line):
            if self.quote:
                self.quote = "" if token == self.quote else self.quote
            elif token == "#":
                break
            elif token[0] in "\"'":
                self.quote = token
            elif token in self.closing:
                self.brackets -= 1
            elif token in "([{":
                self.brackets += 1
        self.goes_on = line.endswith("\\")
        if len(self.quote) == 1 and not self.goes_on:
            self.quote = ""
