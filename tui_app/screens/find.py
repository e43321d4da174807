"""Finding a difference, or one of its values, by a few letters."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from engine.experiment.settings import Settings
from tui_app.screens.dialog import Dialog
from tui_app.text.ascii import spell_out
from tui_app.text.catalogue_search import Entry, find_entries
from tui_app.text.columns import shortened
from tui_app.text.difference_rows import TITLE
from tui_app.text.lines import DIM, STRONG, Line
from tui_app.widgets.line_list import LineList
from tui_app.widgets.plain_text import PlainText
from tui_app.widgets.text_field import TextField

LINES = 12
"""At most so many are shown at once."""


class FindScreen(Dialog[Entry]):
    """Gives the chosen setting or value, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("pageup", f"move({1 - LINES})", "page up", show=False),
        Binding("pagedown", f"move({LINES - 1})", "page down", show=False),
    ]

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._found = find_entries("")

    def compose(self) -> ComposeResult:
        """An input, a line that says where nothing matches, and what does."""
        found = LineList(id="found")
        found.can_focus = False
        frame = Vertical(TextField(""), PlainText(id="problem"), found, classes="dialog", id="find")
        frame.border_title = "Find a difference or one of its values"
        frame.border_subtitle = "↑↓ select · enter its values · esc close"
        yield frame

    def on_mount(self) -> None:
        """All settings."""
        self._show()
        self.query_one(TextField).focus()

    def _show(self) -> None:
        found = self.query_one("#found", LineList)
        found.styles.height = LINES
        found.show(len(self._found), lambda width: [("".ljust(width), DIM)], self._row)
        found.selected = 0
        found.scroll_to(y=0, animate=False)

    def _row(self, index: int, width: int, selected: bool) -> Line:
        entry = self._found[index]
        text = spell_out(entry.text) if getattr(self.app, "ascii", False) else entry.text
        unused = "" if entry.discrepancy.in_effect(self._settings) else " (no effect here)"
        start = f"{'▸' if selected else ' '} {entry.title:{TITLE}} "
        room = max(2, width - len(start) - len(unused))
        shown = shortened(text, room)
        return [(start, STRONG if entry.choice is None else ""), (shown, ""), (unused.ljust(width), DIM)]

    def on_input_changed(self, event: Input.Changed) -> None:
        """What matches now."""
        event.stop()
        self._found = find_entries(event.value)
        self.say("" if self._found else "Nothing is called so; a setting's or a value's name, or its first letters.")
        self._show()

    def action_move(self, by: int) -> None:
        """Another one."""
        self.query_one("#found", LineList).action_move(by)

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        """It was clicked."""
        event.stop()
        self.dismiss(self._found[event.index])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The selected one, if there is one."""
        event.stop()
        if self._found:
            self.dismiss(self._found[self.query_one("#found", LineList).selected])
        else:
            self.app.bell()
