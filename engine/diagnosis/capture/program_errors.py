"""What a program's own error comes to: a sentence that names its line, never one of this tool's lines."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence

from engine.diagnosis.written_lines import written_lines

LONGEST = 200
"""Characters of what the error says."""


def said_of(
    raised: BaseException, file: str, is_own: Callable[[str], bool], cells: Sequence[tuple[int, int]] = ()
) -> str:
    """'ValueError: no data in line 5'; `file` is the program's main one, `is_own` tells all that are its own."""
    text = _text(raised)
    return f"{type(raised).__name__}{': ' if text else ''}{text}{_where(raised, file, is_own, cells)}"


STATUS = "status "
"""How it begins what is said of a program that has left with another status than 0."""


def left_with(left: SystemExit) -> str:
    """What is said of it; nothing where all was well."""
    if left.code is None or left.code == 0:
        return ""
    return f"{STATUS}{left.code}" if isinstance(left.code, int) else f"SystemExit: {_text(left)}"


def sentence(text: str) -> str:
    """With an end."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _text(raised: BaseException) -> str:
    try:
        return " ".join(str(raised).split())[:LONGEST]
    except BaseException:  # the program's own text of its own error
        return "an error that cannot be written"


def _where(raised: BaseException, file: str, is_own: Callable[[str], bool], cells: Sequence[tuple[int, int]]) -> str:
    """The innermost line of the program itself."""
    lines = [
        (os.path.abspath(frame.f_code.co_filename), line)
        for frame, line in traceback.walk_tb(raised.__traceback__)
        if is_own(frame.f_code.co_filename)
    ]
    if not lines or not isinstance(lines[-1][1], int):
        return ""
    name, line = lines[-1]
    if name == file:
        return f" in {written_lines([line], cells)}"
    return f" in {os.path.basename(name)}, line {line}"


def no_python(raised: SyntaxError, cells: Sequence[tuple[int, int]]) -> str:
    """A sentence on text that cannot be run at all."""
    where = written_lines([raised.lineno or 1], cells)
    said = " ".join(str(raised.msg).split())[:LONGEST]
    return f"{where[:1].upper()}{where[1:]} is not Python: {sentence(said)}"
