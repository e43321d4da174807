"""The screen under all others."""

from __future__ import annotations

from tui_app.one_picture import HeldBack


class MainScreen(HeldBack):
    """Nothing is focused until a tab with a list of its own is chosen: the arrow keys select differences."""

    AUTO_FOCUS = ""
