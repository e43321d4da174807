"""Nothing that Textual draws reaches the terminal as a control character, whatever a widget was given to show."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
"""They take no cell, so that leaving them out moves nothing."""


class HarmlessFilter(LineFilter):
    """Every line that Textual draws."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments without control characters."""
        if all(text.isprintable() for text, _, _ in segments):
            return segments
        return [Segment(CONTROLS.sub("", text), style, control) for text, style, control in segments]
