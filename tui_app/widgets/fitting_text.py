"""A line that says as much as its width allows."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from tui_app.widgets.plain_text import PlainText


class FittingText(PlainText):
    """What is written for so many cells, also after another width."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id, classes="legend")
        self._write: Callable[[int], Content] = lambda width: Content()
        self._written: Content | None = None

    def show(self, write: Callable[[int], Content]) -> None:
        """Say from now on what this gives for the width."""
        self._write = write
        written = write(self.size.width)
        if written != self._written:
            self._written = written
            self.update(written, layout=False)

    def on_resize(self) -> None:
        """Another width."""
        self.show(self._write)
