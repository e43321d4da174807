"""What fits on a screen of some size: which parts are shown, and in which of the style sheet's classes."""

from __future__ import annotations

from textual.geometry import Size

from tui_app.actions.base import ExplorerState
from tui_app.least import too_small, too_small_text
from tui_app.widgets.key_footer import KeyFooter
from tui_app.widgets.plain_text import PlainText
from tui_app.widgets.tab_strip import TabStrip

NARROW = 118
"""Below this many columns one part of the screen is shown at a time: two fit whole only from here on."""

SLIM = 74
"""Below this many columns the verdict's numbers need two lines."""

LOW = 22
"""Below this many lines there is room for one chart."""

WIDE = 160
"""From this many columns on the left half is wider."""

ROOMY = ("step", "impact", "code", "diagnosis")
"""Tabs that take the verdict's lines too where one part is shown at a time."""


class Arrangement(ExplorerState):
    """Arranges the explorer; `app.tcss` says what each class looks like."""

    def arrange(self, width: int | None = None, height: int | None = None) -> None:
        """Put on screen what fits this width (the present one unless given) and the chosen view."""
        screen = self.screen_stack[0]
        width = width or self.size.width
        narrow = width < NARROW
        if not narrow and self._view == "differences":
            self._view = next(iter(self.views))
        names = ("differences", *self.views) if narrow else tuple(self.views)
        size = Size(width, height or self.size.height)
        self._set_classes(self.classes_for(size))
        screen.query_one("#too-small", PlainText).update(too_small_text(size))
        screen.query_one(TabStrip).show(names, self._view)
        screen.query_one(KeyFooter).fit(palette=not narrow)
        for name, view in self.views.items():
            screen.query_one(view).display = name == self._view
        self._views = names

    def classes_for(self, size: Size) -> dict[str, bool]:
        """Of the screen at this size, and whether it has them."""
        narrow = size.width < NARROW
        return {
            "-narrow": narrow,
            "-wide": size.width >= WIDE,
            "-slim": size.width < SLIM,
            "-low": size.height < LOW,
            "-tiny": too_small(size),
            "-touring": self._tour is not None,
            "-differences": narrow and self._view == "differences",
            "-views": narrow and self._view != "differences",
            "-roomy": narrow and self._view in ROOMY,
        }

    def _set_classes(self, wanted: dict[str, bool]) -> None:
        """All at once: every change of a class looks at the style of everything on the screen again."""
        screen = self.screen_stack[0]
        if any(screen.has_class(name) != on for name, on in wanted.items()):
            for name, on in wanted.items():
                screen.set_class(on, name, update=False)
            screen.update_node_styles()
