"""Scrolling at once: over a slow link, and over a million lines, an animation is only a delay."""

from __future__ import annotations

from textual.scroll_view import ScrollView


class StillScrollView(ScrollView):
    """A `ScrollView` whose keys do not animate: a page key after End would else crawl line by line for hours."""

    def action_scroll_home(self) -> None:
        """To the first line."""
        self.scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        """To the last line."""
        self.scroll_end(animate=False)

    def action_page_up(self) -> None:
        """A page up."""
        self.scroll_page_up(animate=False)

    def action_page_down(self) -> None:
        """A page down."""
        self.scroll_page_down(animate=False)

    def action_scroll_up(self) -> None:
        """A line up."""
        self.scroll_up(animate=False)

    def action_scroll_down(self) -> None:
        """A line down."""
        self.scroll_down(animate=False)
