"""Lines of text in pieces, styled in the theme's colours."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from tui_app.text.lines import ADDS, CODE, DIFFERENT, DIM, FIRST, HIDES, ROUNDED, SAME, STRONG, Line

THEME_STYLES = {
    "": "",
    DIM: "$text-muted",
    STRONG: "bold",
    ADDS: "$text-primary",
    HIDES: "$text-warning",
    CODE: "",
    SAME: "$text-success",
    ROUNDED: "$text-warning",
    DIFFERENT: "$text-error",
    FIRST: "bold $text-warning",
}
"""On the screen, in the theme's colours."""


def lines_content(lines: Iterable[Line]) -> Content:
    """Several lines for the screen."""
    contents = [Content.assemble(*((text, THEME_STYLES[role]) for text, role in line)) for line in lines]
    return Content("\n").join(contents)
