"""One plotext chart as a widget. It draws only when its data, its size or the theme has changed."""

from __future__ import annotations

from rich.text import Text
from textual.color import Color
from textual.widget import Widget

from engine.history import Curve
from tui_app.plot import PlotStyle, Series, draw


class Chart(Widget):
    """Curves in a frame; a sentence where there is nothing to draw."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._curves: tuple[tuple[Curve, str], ...] = ()
        self._log = False
        self._empty = ""
        self._drawn: tuple[object, Text] | None = None

    def show(self, curves: tuple[tuple[Curve, str], ...], log: bool, empty: str) -> None:
        """Draw these (curve, theme colour) pairs, the last on top; `empty` is said if none can be drawn."""
        self._curves, self._log, self._empty = curves, log, empty
        self._drawn = None
        self.refresh()

    def render(self) -> Text:
        """The chart as text, kept until something changes."""
        key = (self.size, self.app.theme)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, self._draw())
        return self._drawn[1]

    def _draw(self) -> Text:
        series = [Series(curve, self._rgb(color)) for curve, color in self._curves]
        style = PlotStyle(text=self._rgb("foreground-muted"))
        text = draw(series, self.size.width, self.size.height, self._log, style)
        if not text:
            return Text("\n" * (self.size.height // 2) + self._empty, justify="center", style="dim")
        return Text.from_ansi(text, no_wrap=True, end="")

    def _rgb(self, name: str) -> tuple[int, int, int]:
        variables = self.app.theme_variables
        background = Color.parse(variables["background"])
        color = Color.parse(variables.get(name, variables["foreground"]))
        return background.blend(color, color.a, 1.0).rgb
