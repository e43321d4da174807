"""Lines of text in pieces, each with a role: what the screen and the printed reports make of the same rows."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from tui_app.text.ascii import spell_out

Piece = tuple[str, str]
"""A text and its role."""

Line = list[Piece]

DIM = "dim"
STRONG = "strong"
ADDS = "adds"
"""A share of the gap."""
HIDES = "hides"
"""A share that hides some of the gap."""
SAME = "same"
"""Equal in every bit."""
ROUNDED = "rounded"
"""Apart by rounding."""
DIFFERENT = "different"
FIRST = "first"
"""The first that differs."""
CODE = "code"
"""A line of a program: it is never broken."""

PRINT_STYLES = {
    "": "",
    CODE: "",
    DIM: "dim",
    STRONG: "bold",
    ADDS: "#57a5e2",
    HIDES: "#ffa62b",
    SAME: "green",
    ROUNDED: "yellow",
    DIFFERENT: "red",
    FIRST: "bold yellow",
}
"""On standard output."""


def print_lines(lines: Iterable[Line], console: Console) -> None:
    """Several lines on standard output; what has to go on in the next one keeps its indent, but for a program's."""
    for line in lines:
        text = Text.assemble(*((text, PRINT_STYLES[role]) for text, role in line))
        if any(role == CODE for _, role in line):
            console.print(text, soft_wrap=True)
            continue
        indent = len(text.plain) - len(text.plain.lstrip(" "))
        for one in text[indent:].wrap(console, max(1, console.width - indent)):
            one.rstrip()
            console.print(Text(" " * indent) + one)


def spelled(line: Line) -> Line:
    """In ASCII, its signs in words."""
    return [(spell_out(text), role) for text, role in line]
