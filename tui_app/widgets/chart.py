"""One plotext chart as a widget. It draws only when its data, its size or the theme has changed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.strip import Strip
from textual.widget import Widget

from engine.history import Curve
from tui_app.plot import Series, draw


@dataclass(frozen=True)
class ThemedCurve:
    """A curve in a colour of the theme; a faint one gives way to the others."""

    curve: Curve
    color: str
    faint: bool = False


class Chart(Widget):
    """Curves in a frame; a sentence where there is nothing to draw."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._curves: tuple[ThemedCurve, ...] = ()
        self._log = False
        self._empty = ""
        self._drawn_for: object = None
        self._lines: list[Strip] = []

    def show(self, curves: tuple[ThemedCurve, ...], log: bool, empty: str) -> None:
        """Draw these curves; `empty` is said if none can be drawn."""
        self._curves, self._log, self._empty = curves, log, empty
        self._drawn_for = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the chart; the whole is drawn when something has changed."""
        key = (self.size, self.app.theme)
        if self._drawn_for != key:
            self._drawn_for, self._lines = key, self._draw()
        if y < len(self._lines):
            return self._lines[y]
        return Strip.blank(self.size.width, self.rich_style)

    def _draw(self) -> list[Strip]:
        width, height = self.size
        series = [Series(one.curve, self._rgb(one.color), one.faint) for one in self._curves]
        text = draw(series, width, height, self._log, self._rgb("foreground 60%"))
        style = self.rich_style
        if not text:
            said = Strip([Segment(self._empty.center(width), style)])
            return [Strip.blank(width, style)] * (height // 2) + [said]
        styles: dict[str, Style] = {"": style}
        return [
            Strip(_segments(line, style, styles)).adjust_cell_length(width, style) for line in text.split("\n")[:height]
        ]

    def _rgb(self, color: str) -> tuple[int, int, int]:
        """The theme's colour of that name as plotext wants it, 'NAME' or 'NAME PERCENT%' over the background."""
        name, _, percent = color.partition(" ")
        variables = self.app.theme_variables
        background = Color.parse(variables["background"])
        try:
            parsed = Color.parse(variables[name])
        except ColorParseError:
            parsed = background.inverse
        opacity = float(percent.rstrip("%")) / 100 if percent else parsed.a
        return background.blend(parsed, opacity, 1.0).rgb


ANSI_RUN = re.compile(r"(?:\x1b\[([\d;]*)m)?([^\x1b]*)")
"""A colour, if one is set, and the text in it: all that plotext writes."""


def _segments(line: str, plain: Style, styles: dict[str, Style]) -> list[Segment]:
    segments = []
    for code, text in ANSI_RUN.findall(line):
        if not text:
            continue
        if code not in styles:
            numbers = code.split(";")
            styles[code] = plain + Style(color=f"rgb({','.join(numbers[2:5])})") if len(numbers) >= 5 else plain
        segments.append(Segment(text, styles[code]))
    return segments
