"""The tabs in one line: a name each, the present one marked; a click chooses."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

SHORT = ({"predictions": "Predict"}, {"predictions": "Predict", "differences": "Diffs"})
"""Names to take where the room is short, one more at a time: words that are still recognised, never cut."""

SHORTEST = {
    "differences": "Diff",
    "curves": "Curv",
    "weights": "Wts",
    "predictions": "Pred",
    "step": "Step",
    "impact": "Imp",
    "code": "Code",
    "diagnosis": "Mine",
}
"""Where there is no room for words."""


class TabStrip(Widget):
    """Names of the views. Posts `Chosen`."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._names: tuple[str, ...] = ()
        self._current = ""

    def show(self, names: tuple[str, ...], current: str) -> None:
        """Offer these tabs, `current` marked."""
        if (names, current) != (self._names, self._current):
            self._names, self._current = names, current
            self.refresh()

    def render(self) -> Content:
        """One line; the present tab in brackets, so that colour is not the only sign."""
        parts = [
            Content.styled(f"[{title}]", "bold $text-primary")
            if name == self._current
            else Content.styled(f" {title} ", "$text-muted")
            for name, title in zip(self._names, self._titles(), strict=True)
        ]
        return Content(" ").join(parts)

    def _titles(self) -> list[str]:
        return titles(self._names, self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Choose the tab under the pointer."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        start = 0
        for name, title in zip(self._names, self._titles(), strict=True):
            width = len(title) + 3
            if start <= offset.x < start + width:
                self.post_message(self.Chosen(name))
                return
            start += width


def titles(names: tuple[str, ...], width: int) -> list[str]:
    """The tabs' names, the longest that fit beside each other."""
    forms = [[short.get(name, name.title()) for name in names] for short in ({}, *SHORT, SHORTEST)]
    return next((form for form in forms if sum(len(title) + 3 for title in form) - 1 <= width), forms[-1])
