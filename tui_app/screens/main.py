"""The screen under all others."""

from __future__ import annotations

from textual.screen import Screen


class MainScreen(Screen[None]):
    """Nothing is focused until a tab with a list of its own is chosen: the arrow keys select differences."""

    AUTO_FOCUS = ""
