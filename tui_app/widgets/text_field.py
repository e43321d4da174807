"""One line to type in. Control characters that are typed, pasted or completed are shown, and do nothing."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual.strip import Strip
from textual.suggester import Suggester
from textual.widgets import Input

STAND_IN = "\N{REPLACEMENT CHARACTER}"
"""Stands for one character that cannot be shown."""


def visible(text: str) -> str:
    """The text with a stand-in for each control character and invisible sign, so that places in it stay the same."""
    return text if text.isprintable() else "".join(one if one.isprintable() else STAND_IN for one in text)


class TextField(Input):
    """Begins with `value` at no cost: nothing is checked or completed before a key is pressed."""

    def __init__(self, value: str, suggester: Suggester | None = None, **options: Any) -> None:
        super().__init__(validate_on=(), **options)
        with self.prevent(Input.Changed):
            self.value = value
        self.suggester = suggester
        # A blinking cursor would keep a slow link busy.
        self.cursor_blink = False

    @property
    def _value(self) -> Text:
        return Text(visible(self.value), no_wrap=True, overflow="ignore", end="")

    def render_line(self, y: int) -> Strip:
        """As Textual's, with nothing in a completion that acts on the terminal."""
        strip = super().render_line(y)
        if strip.text.isprintable():
            return strip
        return Strip([Segment(visible(text), style) for text, style, _ in strip]).crop(0, strip.cell_length)

    def _position_to_cell(self, position: int) -> int:
        return cell_len(visible(self.value[:position]))
