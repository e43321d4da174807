"""What fits on a screen of some size: which parts are shown, and in which of the style sheet's classes."""

from __future__ import annotations

from textual.widgets import Static

from tui_app.actions.base import ExplorerState
from tui_app.views import VIEWS
from tui_app.widgets.key_footer import KeyFooter
from tui_app.widgets.tab_strip import TabStrip

NARROW = 118
"""Below this many columns one part of the screen is shown at a time: two fit whole only from here on."""

SLIM = 74
"""Below this many columns the verdict's numbers need two lines."""

LOW = 22
"""Below this many lines there is room for one chart."""

LEAST = (60, 20)
"""Columns and lines that the explorer needs."""

WIDE = 160
"""From this many columns on the left half is wider."""

ROOMY = ("step", "impact", "code")
"""Tabs that take the verdict's lines too where one part is shown at a time."""


class Arrangement(ExplorerState):
    """Arranges the explorer; `app.tcss` says what each class looks like."""

    def arrange(self, width: int | None = None, height: int | None = None) -> None:
        """Put on screen what fits this width (the present one unless given) and the chosen view."""
        screen = self.screen_stack[0]
        width = width or self.size.width
        narrow = width < NARROW
        if not narrow and self._view == "differences":
            self._view = "curves"
        names = ("differences", *VIEWS) if narrow else tuple(VIEWS)
        screen.set_class(narrow, "-narrow")
        screen.set_class(width >= WIDE, "-wide")
        screen.set_class(width < SLIM, "-slim")
        height = height or self.size.height
        screen.set_class(height < LOW, "-low")
        screen.set_class(width < LEAST[0] or height < LEAST[1], "-tiny")
        screen.query_one("#too-small", Static).update(
            f"mlp-tui needs {LEAST[0]}x{LEAST[1]}; this terminal is {width}x{height}."
        )
        screen.set_class(self._tour is not None, "-touring")
        screen.set_class(self._view == "differences", "-differences")
        screen.set_class(self._view != "differences", "-views")
        screen.set_class(self._view in ROOMY, "-roomy")
        screen.query_one(TabStrip).show(names, self._view)
        screen.query_one(KeyFooter).fit(width, palette=not narrow)
        for name, view in VIEWS.items():
            screen.query_one(view).display = name == self._view
        self._views = names
