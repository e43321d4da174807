"""The line of keys at the foot of the screen: as many as fit whole; help and quit are always among them."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

ALWAYS = ("help", "quit")
"""Actions that give way to no other."""


class KeyFooter(Footer):
    """Textual's, without keys that would be cut."""

    _fitted_to = 0

    def compose(self) -> ComposeResult:
        """The keys that fit."""
        self._fitted_to = self._fitted_to or self.app.size.width
        yield from _fitting([key for key in super().compose() if isinstance(key, FooterKey)], self._fitted_to)

    def fit(self, width: int, palette: bool) -> None:
        """Show what fits this width, the palette's key among it or not."""
        if (width, palette) != (self._fitted_to, self.show_command_palette):
            self._fitted_to, self.show_command_palette = width, palette
            self.refresh(recompose=True)


def _fitting(keys: list[FooterKey], width: int) -> list[FooterKey]:
    """Without the last of those that may go, until the rest is not wider than the screen."""
    kept = list(keys)
    # The last one's space after it may be cut.
    while sum(map(_width, kept)) - 1 > width:
        may_go = [key for key in kept if key.action not in ALWAYS]
        if not may_go:
            break
        kept.remove(may_go[-1])
    return kept


def _width(key: FooterKey) -> int:
    """' r rerun ': a space on either side of the key and one after its description; the palette's has a line before."""
    return cell_len(key.key_display) + cell_len(key.description) + 3 + key.has_class("-command-palette")
