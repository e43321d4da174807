"""A list of lines, one of them selected, under a heading that stays; only the visible lines are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from tui_app.text.lines import DIM, Line
from tui_app.widgets.line_content import THEME_STYLES
from tui_app.widgets.still_scroll import StillScrollView

Rows = Callable[[int, int, bool], Line]
"""Makes the row of an index for a width; the last says whether it is selected."""


class LineList(StillScrollView, can_focus=True):
    """Rows and a heading. Posts `Highlighted`, `Chosen` and `Paged`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "go(0)", show=False),
        Binding("end", "go(-1)", show=False),
        Binding("enter", "choose", show=False),
    ]
    COMPONENT_CLASSES = {f"role--{role}" for role in THEME_STYLES if role not in ("", DIM)} | {"line--selected"}

    class Highlighted(Message):
        """A row was selected."""

        def __init__(self, list: LineList, index: int) -> None:
            super().__init__()
            self.list, self.index = list, index

        @property
        def control(self) -> LineList:
            """The list it happened in."""
            return self.list

    class Chosen(Highlighted):
        """Enter was pressed on a row, or the selected one was clicked."""

    class Paged(Message):
        """A page key was pressed though all rows are in view; −1 is up."""

        def __init__(self, list: LineList, direction: int) -> None:
            super().__init__()
            self.list, self.direction = list, direction

        @property
        def control(self) -> LineList:
            """The list it happened in."""
            return self.list

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.selected = 0
        self._count = 0
        self._heading: Callable[[int], Line] = lambda width: []
        self._rows: Rows = lambda index, width, selected: []

    def show(self, count: int, heading: Callable[[int], Line], rows: Rows) -> None:
        """Show so many rows; the selected one stays, if there is one so far down."""
        self._count, self._heading, self._rows = count, heading, rows
        self.selected = max(0, min(self.selected, count - 1))
        self.virtual_size = Size(self.size.width, count + 1)
        self.refresh()

    def select(self, index: int) -> None:
        """Select a row and bring it into view."""
        index = max(0, min(index, self._count - 1))
        if index != self.selected:
            self.selected = index
            self.post_message(self.Highlighted(self, index))
        room = max(1, self.size.height - 1)
        top = min(max(self.scroll_offset.y, index - room + 1), index)
        self.scroll_to(y=top, animate=False)
        self.refresh()

    def action_move(self, by: int) -> None:
        """The row above or below."""
        self.select(self.selected + by)

    def action_page(self, direction: int) -> None:
        """A screenful up or down, if there is more than a screenful."""
        if self._count < self.size.height:
            self.post_message(self.Paged(self, direction))
            return
        self.select(self.selected + direction * max(1, self.size.height - 2))

    def action_go(self, index: int) -> None:
        """The first row, or the last for −1."""
        self.select(index if index >= 0 else self._count - 1)

    def action_choose(self) -> None:
        """Choose the selected row."""
        if self._count:
            self.post_message(self.Chosen(self, self.selected))

    def on_click(self, event: events.Click) -> None:
        """Select the row under the pointer; choose it if it is selected already."""
        index = event.y - 1 + self.scroll_offset.y
        if event.y == 0 or not 0 <= index < self._count:
            return
        if index == self.selected:
            self.action_choose()
        else:
            self.select(index)

    def render_line(self, y: int) -> Strip:
        """The heading, or a visible row."""
        width = self.scrollable_content_region.width
        index = y - 1 + self.scroll_offset.y
        if y == 0:
            return self._strip(self._heading(width) if self._count else [], width)
        if index >= self._count:
            return Strip.blank(width, self.rich_style)
        selected = index == self.selected
        return self._strip(self._rows(index, width, selected), width, selected)

    def _strip(self, line: Line, width: int, selected: bool = False) -> Strip:
        base = self.rich_style
        if selected:
            base += self.get_component_rich_style("line--selected", partial=True)
        segments = [Segment(text, base + self._role_style(role)) for text, role in line]
        return Strip(segments).adjust_cell_length(width, base)

    def _role_style(self, role: str) -> Style:
        if role == DIM:
            return Style(dim=True)
        return self.get_component_rich_style(f"role--{role}", partial=True) if role else Style.null()
