"""The first line of the screen: what is trained, how far it is, how fast it goes. Nothing in it is ever cut."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from engine.experiment.settings import Settings
from engine.worker.snapshot import Snapshot
from tui_app.text.status_text import descriptions, essential, fitted, progress


class StatusLine(Widget):
    """Title and settings on the left, progress on the right."""

    def __init__(self) -> None:
        super().__init__()
        self._left: list[str] = [""]
        self._right: list[str] = [""]
        self._first = 1

    def show(self, settings: Settings, snapshot: Snapshot) -> None:
        """Redraw if something changed."""
        shown = (descriptions(settings), progress(snapshot), essential(snapshot))
        if shown != (self._left, self._right, self._first):
            self._left, self._right, self._first = shown
            self.refresh()

    def render(self) -> Content:
        """One line."""
        title = " mlp-tui  " if self.size.width >= 100 else " "
        left, right = fitted(self._left, self._right, self._first, self.size.width - len(title) - 1)
        room = self.size.width - len(title) - cell_len(left) - cell_len(right) - 1
        return Content.assemble((title, "bold"), left, " " * max(0, room), right)
