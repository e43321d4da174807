"""ASCII on the screen: every line that Textual draws, turned into ASCII of the same width."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui_app.text.ascii import to_ascii


class AsciiFilter(LineFilter):
    """Every line that Textual draws."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments in ASCII."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]
