"""Looking: axes, cursor, zoom, units; nothing here changes the experiment."""

from __future__ import annotations

from dataclasses import replace

from engine.commands import Scrub
from tui_app.actions.base import ExplorerState
from tui_app.look import Look
from tui_app.widgets.chart import Chart

CURSOR_SHARE = 50
"""Key presses that take the cursor across the drawn epochs."""

ZOOM = 0.5
WHEEL_ZOOM = 0.8
PAN = 0.25


class LookActions(ExplorerState):
    """Everything that makes a new `Look`."""

    def look(self, look: Look) -> None:
        """Look so from now on; the engine goes to the cursor's epoch."""
        moved = look.cursor != self._look.cursor
        self._look = look
        if moved:
            self.worker.send(Scrub(look.cursor))
        self.show_snapshot()

    @property
    def _last_epoch(self) -> int:
        return max(1, self.worker.snapshot.epoch)

    def action_log(self) -> None:
        """Logarithmic or linear."""
        self.look(replace(self._look, log_scale=not self._look.log_scale))

    def action_initial(self) -> None:
        """Weights at the start, or as they are now or at the cursor."""
        self.look(replace(self._look, initial=not self._look.initial))

    def action_histogram(self) -> None:
        """Weights as a table or as histograms."""
        self.look(replace(self._look, histogram=not self._look.histogram))

    def action_unit(self) -> None:
        """Count the gaps between weights otherwise."""
        self.look(replace(self._look, unit=self._look.unit.following))

    def action_cursor(self, by: int) -> None:
        """The cursor some way to the left or right."""
        first, last = self._look.zoom or (1, self._last_epoch)
        self.look(self._look.moved_cursor(by * max(1, (last - first) // CURSOR_SHARE), self._last_epoch))

    def action_cursor_epoch(self, by: int) -> None:
        """The cursor one epoch to the left or right."""
        self.look(self._look.moved_cursor(by, self._last_epoch))

    def action_no_cursor(self) -> None:
        """Back to the present and to all epochs."""
        self.look(replace(self._look, cursor=None, zoom=None))

    def action_zoom(self, direction: int) -> None:
        """Half or twice as many epochs, around the cursor or the middle."""
        first, last = self._look.zoom or (1, self._last_epoch)
        around = self._look.cursor or (first + last) // 2
        self.look(self._look.zoomed(ZOOM if direction > 0 else 1 / ZOOM, around, self._last_epoch))

    def action_pan(self, direction: int) -> None:
        """Earlier or later epochs."""
        self.look(self._look.panned(PAN * direction, self._last_epoch))

    def on_chart_picked(self, event: Chart.Picked) -> None:
        """An epoch was clicked."""
        self.look(replace(self._look, cursor=max(1, event.epoch)))

    def on_chart_scrolled(self, event: Chart.Scrolled) -> None:
        """The wheel was turned."""
        factor = WHEEL_ZOOM if event.up else 1 / WHEEL_ZOOM
        self.look(self._look.zoomed(factor, event.epoch, self._last_epoch))
