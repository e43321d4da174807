"""One picture for all that a key sets off, when it is done: a dialog that opens or a tab that changes would otherwise
be drawn four or five times on the way. What the key changes is laid out as ever; only the drawing waits.
"""

from __future__ import annotations

import time
from typing import Any

from textual.app import App
from textual.events import Idle
from textual.screen import Screen

LONGEST_SECONDS = 0.1
"""While keys arrive faster than they can be dealt with, a picture comes this often all the same."""


class OnePicture(App[None]):
    """An app whose pictures can be held back for a while. Its screens are `HeldBack` ones."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._held_since: float | None = None

    @property
    def picture_held(self) -> bool:
        """Whether nothing is drawn at present."""
        return self._held_since is not None

    @property
    def held_too_long(self) -> bool:
        """Whether it is time for a picture, whatever is still to be done."""
        return self._held_since is not None and time.monotonic() - self._held_since > LONGEST_SECONDS

    def hold_picture(self) -> None:
        """Draw nothing from now on."""
        if self._held_since is None:
            self._held_since = time.monotonic()

    def draw_held(self) -> None:
        """Draw what has changed since."""
        self._held_since = None
        if self.screen_stack and isinstance(self.screen, HeldBack):
            self.screen.draw_held()


class HeldBack(Screen[Any]):
    """A screen that is drawn when its app says so; what has changed until then adds up."""

    _held = False

    @property
    def _is_held(self) -> bool:
        app = self.app
        return isinstance(app, OnePicture) and app.picture_held

    async def _on_idle(self, event: Idle) -> None:
        # Textual would wait for the next of sixty pictures a second; there is none to wait for.
        if self._is_held and self.is_current and (self._layout_required or self._callbacks):
            event.prevent_default()
            self._on_timer_update()

    def _compositor_refresh(self) -> None:
        self._held = self._is_held
        if not self._held:
            super()._compositor_refresh()

    def draw_held(self) -> None:
        """Draw what has been held back, if anything."""
        if self._held:
            self._compositor_refresh()
