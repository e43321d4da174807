"""How curves are told apart: by colour where there is one, by a sign of their own where there is none and in ASCII.

Shared by the charts and their legends, on the screen and in print: a legend shows the very glyph of the curve.
"""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from textual.app import App


class Drawing(Enum):
    """What tells the curves of a chart apart."""

    COLORS = "colours"
    """Every curve is a line of braille dots."""

    MARKS = "marks"
    """No colours: one curve is a line of braille dots, the others are rows of signs."""

    ASCII = "ASCII"
    """Every curve is a row of signs, with or without a colour."""


HAND_MARK, PYTORCH_MARK = "*", "o"
PINNED_MARKS = ("x", "+", "#")
VALIDATION_MARKS = ("v", "u")
"""Of the rows held out: by hand, PyTorch."""
FAINT_MARK = "."
GAP_MARK = HAND_MARK
"""It shares its chart only with the gaps of other runs, which have their own."""

LAYER_MARKS = (HAND_MARK, PYTORCH_MARK, *PINNED_MARKS[:2])


def is_dotted(mark: str, drawing: Drawing) -> bool:
    """Whether a curve with this mark is a line of braille dots."""
    return drawing is Drawing.COLORS or (drawing is Drawing.MARKS and mark == HAND_MARK)


def legend_glyph(mark: str, drawing: Drawing) -> str:
    """Two cells that stand for a curve in a legend."""
    if drawing is Drawing.COLORS:
        return "━━"
    return "⠒⠒" if is_dotted(mark, drawing) else 2 * mark


def app_drawing(app: App[object]) -> Drawing:
    """What the explorer's terminal allows."""
    if getattr(app, "ascii", False):
        return Drawing.ASCII
    return Drawing.MARKS if app.no_color else Drawing.COLORS


def console_drawing(console: Console) -> Drawing:
    """What a console allows: a pipe and a file have no colours. An empty NO_COLOR counts too, as on the screen."""
    if not console.encoding.lower().startswith("utf"):
        return Drawing.ASCII
    colorless = console.color_system is None or console.no_color or "NO_COLOR" in os.environ
    return Drawing.MARKS if colorless else Drawing.COLORS
