"""The line of keys at the foot of the screen: as many as fit whole; help and quit are always among them.

One widget that draws one line: a widget for each key would have to be styled and laid out with every dialog.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.widget import Widget

from tui_app.keys import KEYS

ALWAYS = ("?", "q")
"""Keys that give way to no other."""


@dataclass(frozen=True)
class FooterKey:
    """One key of the footer: as a person reads it, what it does, and as Textual names it."""

    shown: str
    title: str
    key: str

    @property
    def width(self) -> int:
        """Columns of ' r rerun '."""
        return cell_len(self.shown) + cell_len(self.title) + 3

    @property
    def content(self) -> Content:
        """Key and title."""
        return Content.assemble((f" {self.shown} ", "bold $footer-key-foreground"), f"{self.title} ")


FOOTER_KEYS = tuple(FooterKey(key.shown.split()[0], key.title, key.keys.split(",")[0]) for key in KEYS if key.footer)
PALETTE = FooterKey("^p", "palette", "ctrl+p")


class KeyFooter(Widget):
    """The keys; a click presses one."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._palette = False

    def fit(self, palette: bool) -> None:
        """Show the palette's key, at the right, or not."""
        if palette != self._palette:
            self._palette = palette
            self.refresh()

    def placed(self) -> list[tuple[int, FooterKey]]:
        """The keys that are shown, each with the column at which it begins."""
        width = self.size.width
        room = width - (PALETTE.width + 1 if self._palette else 0)
        placed, start = [], 0
        for key in fitting(FOOTER_KEYS, room):
            placed.append((start, key))
            start += key.width
        return [*placed, (width - PALETTE.width, PALETTE)] if self._palette else placed

    def render(self) -> Content:
        """One line."""
        line = Content("")
        for start, key in self.placed():
            gap = start - line.cell_length
            rule = Content.styled("▏", "$foreground 20%") if gap else Content("")
            line = Content("").join([line, Content(" " * (gap - 1)), rule, key.content])
        return line

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press the key under the pointer."""
        for start, key in self.placed():
            if start <= event.x < start + key.width:
                self.app.simulate_key(key.key)


def fitting(keys: tuple[FooterKey, ...], width: int) -> list[FooterKey]:
    """Without the last of those that may go, until the rest is not wider than so many columns."""
    kept = list(keys)
    # The last one's space after it may be cut.
    while sum(key.width for key in kept) - 1 > width:
        may_go = [key for key in kept if key.shown not in ALWAYS]
        if not may_go:
            break
        kept.remove(may_go[-1])
    return kept
