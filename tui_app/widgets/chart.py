"""One plotext chart as a widget. It draws only when its data, its size or the theme has changed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from engine.run.history import Curve
from tui_app.text.marks import HAND_MARK, app_drawing
from tui_app.text.plot import Picture, Series, picture
from tui_app.theme_colors import theme_rgb


@dataclass(frozen=True)
class ThemedCurve:
    """A curve in a colour of the theme; a faint one gives way to the others. `mark` and `name` are as in `Series`."""

    curve: Curve
    color: str
    faint: bool = False
    mark: str = HAND_MARK
    name: str = ""


class Chart(Widget):
    """Curves in a frame; a sentence where there is nothing to draw. A line may mark an epoch."""

    class Picked(Message):
        """An epoch was clicked or dragged to."""

        def __init__(self, epoch: int) -> None:
            super().__init__()
            self.epoch = epoch

    class Scrolled(Message):
        """The wheel was turned over an epoch; up is away from the person."""

        def __init__(self, epoch: int, up: bool) -> None:
            super().__init__()
            self.epoch, self.up = epoch, up

    class Panned(Message):
        """The wheel was turned sideways, or with shift held: −1 is toward earlier epochs."""

        def __init__(self, direction: int) -> None:
            super().__init__()
            self.direction = direction

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._curves: tuple[ThemedCurve, ...] = ()
        self._log = False
        self._zero = False
        self._empty = ""
        self._zoom: tuple[int, int] | None = None
        self._cursor: int | None = None
        self._axis: tuple[int, int] | None = None
        self._drawn_for: object = None
        self._picture: Picture | None = None
        self._lines: list[Strip] = []
        self._dragging = False

    def show(
        self,
        curves: tuple[ThemedCurve, ...],
        log: bool,
        empty: str,
        zoom: tuple[int, int] | None = None,
        cursor: int | None = None,
        zero: bool = False,
        axis: tuple[int, int] | None = None,
    ) -> None:
        """Draw these curves, of the epochs `zoom` if given; `empty` is said if none can be drawn.

        A linear axis shows where zero is if `zero` is wanted or a curve goes below it. The axis of epochs
        begins and ends as `axis` does, if it is given.
        """
        self._curves, self._log, self._empty, self._zoom, self._cursor = curves, log, empty, zoom, cursor
        self._zero, self._axis = zero, axis
        self._drawn_for = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the chart; the whole is drawn when something has changed."""
        key = (self.size, self.app.theme)
        if self._drawn_for != key:
            self._drawn_for, self._lines = key, self._draw()
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        return self._with_cursor(self._lines[y], y)

    def _with_cursor(self, line: Strip, y: int) -> Strip:
        column = None if self._picture is None or self._cursor is None else self._picture.column(self._cursor)
        if column is None or not 1 <= y < self.size.height - 2:
            return line
        under = line.text[column]
        style = self.rich_style + Style(bold=True)
        mark = Segment("│", style) if under == " " else Segment(under, style + Style(reverse=True))
        return Strip.join([line.crop(0, column), Strip([mark]), line.crop(column + 1)])

    def _draw(self) -> list[Strip]:
        width, height = self.size
        series = [
            Series(one.curve, theme_rgb(self.app, one.color), one.faint, one.mark, one.name) for one in self._curves
        ]
        text_color = theme_rgb(self.app, "$foreground 60%")
        drawing = app_drawing(self.app)
        self._picture = picture(
            series, width, height, self._log, text_color, self._zoom, drawing, self._zero, self._axis
        )
        style = self.rich_style
        if self._picture is None:
            message = Strip([Segment(self._empty.center(width), style)])
            return [Strip.blank(width, style)] * (height // 2) + [message]
        styles: dict[str, Style] = {"": style}
        return [
            Strip(_segments(line, style, styles)).adjust_cell_length(width, style)
            for line in self._picture.text.split("\n")[:height]
        ]

    def _epoch_under(self, event: events.MouseEvent) -> int | None:
        return None if self._picture is None else self._picture.epoch(event.x)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Pick the epoch under the pointer, and follow it while the button is held."""
        epoch = self._epoch_under(event)
        if epoch is not None:
            self._dragging = True
            self.capture_mouse()
            self.post_message(self.Picked(epoch))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the pointer."""
        epoch = self._epoch_under(event) if self._dragging else None
        if epoch is not None:
            self.post_message(self.Picked(epoch))

    def on_mouse_up(self) -> None:
        """Let go."""
        self._dragging = False
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Away: zoom in."""
        self._scroll(event, True)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Toward: zoom out."""
        self._scroll(event, False)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Sideways: pan."""
        event.stop()
        self.post_message(self.Panned(-1))

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Sideways: pan."""
        event.stop()
        self.post_message(self.Panned(1))

    def _scroll(self, event: events.MouseEvent, up: bool) -> None:
        if event.shift:
            event.stop()
            self.post_message(self.Panned(-1 if up else 1))
            return
        epoch = self._epoch_under(event)
        if epoch is not None:
            event.stop()
            self.post_message(self.Scrolled(epoch, up))


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
