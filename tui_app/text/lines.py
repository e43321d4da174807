"""Lines of text in pieces, each with a role: what the screen and the printed reports make of the same rows."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

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

PRINT_STYLES = {
    "": "",
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
    """Several lines on standard output."""
    for line in lines:
        console.print(Text.assemble(*((text, PRINT_STYLES[role]) for text, role in line)))
