"""Lines of text in pieces, each with a role: what the screen and the printed reports make of the same rows."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text
from textual.content import Content

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

THEME_STYLES = {
    "": "",
    DIM: "$text-muted",
    STRONG: "bold",
    ADDS: "$text-primary",
    HIDES: "$text-warning",
    SAME: "$text-success",
    ROUNDED: "$text-warning",
    DIFFERENT: "$text-error",
    FIRST: "bold $text-warning",
}
"""On the screen, in the theme's colours."""

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


def lines_content(lines: Iterable[Line]) -> Content:
    """Several lines for the screen."""
    contents = [Content.assemble(*((text, THEME_STYLES[role]) for text, role in line)) for line in lines]
    return Content("\n").join(contents)


def print_lines(lines: Iterable[Line], console: Console) -> None:
    """Several lines on standard output."""
    for line in lines:
        console.print(Text.assemble(*((text, PRINT_STYLES[role]) for text, role in line)))
