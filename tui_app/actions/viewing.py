"""The state of the views: axes, cursor, zoom, units; nothing here changes the experiment."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import InputError
from engine.worker.commands import Scrub
from tui_app.actions.touring import TourActions
from tui_app.cli.options import DEFAULT_PRESET, command_line
from tui_app.view_state import Pinned, ViewState
from tui_app.widgets.chart import Chart

CURSOR_SHARE = 50
"""Key presses that take the cursor across the drawn epochs."""

MOST_PINNED = 3

ZOOM = 0.5
WHEEL_ZOOM = 0.8
PAN = 0.25


class ViewActions(TourActions):
    """Everything that makes a new `ViewState`."""

    def set_view_state(self, view_state: ViewState) -> None:
        """Draw the views so from now on; the engine goes to the cursor's epoch."""
        before, self._view_state = self._view_state, view_state
        if view_state.cursor != before.cursor:
            self.worker.send(Scrub(view_state.cursor))
        if (view_state.cursor, view_state.batch) != (before.cursor, before.batch):
            self.view_changed()
        self.show_snapshot()

    def view_changed(self) -> None:
        """The cursor has moved."""
        raise NotImplementedError

    def stop_measuring(self) -> bool:
        """Stop a measurement under way; returns whether there was one."""
        raise NotImplementedError

    @property
    def _last_epoch(self) -> int:
        return max(1, self.worker.snapshot.epoch)

    def action_log(self) -> None:
        """Logarithmic or linear."""
        self.set_view_state(replace(self._view_state, log_scale=not self._view_state.log_scale))

    def action_initial(self) -> None:
        """Weights at the start, or as they are now or at the cursor."""
        self.set_view_state(replace(self._view_state, initial=not self._view_state.initial))

    def action_histogram(self) -> None:
        """Weights as a table or as histograms."""
        self.set_view_state(replace(self._view_state, histogram=not self._view_state.histogram))

    def action_unit(self) -> None:
        """Count the gaps between weights otherwise; in the impact, measure another gap."""
        if self._view == "impact":
            self.set_view_state(replace(self._view_state, measure=self._view_state.measure.following))
            return
        self.set_view_state(replace(self._view_state, unit=self._view_state.unit.following))

    def action_pin(self) -> None:
        """Keep this run's curves on the charts, or take them off again."""
        shown = self.worker.snapshot
        if shown.curves is None or not shown.epoch:
            return
        kept = tuple(one for one in self._view_state.pinned if one.settings != shown.settings)
        if len(kept) == len(self._view_state.pinned):
            if len(kept) == MOST_PINNED:
                self.notify(f"{MOST_PINNED} runs are pinned; take one off first: open it again and press P.")
                return
            try:
                name = command_line(shown.settings).removeprefix("mlp-tui").replace("--set ", "").strip()
            except InputError:
                name = shown.settings.data.name
            name = name.replace("--preset ", "") or DEFAULT_PRESET
            kept = (*kept, Pinned(name, shown.settings, shown.curves))
        self.set_view_state(replace(self._view_state, pinned=kept))

    def action_cursor(self, by: int) -> None:
        """The cursor some way to the left or right."""
        first, last = self._view_state.zoom or (1, self._last_epoch)
        self.set_view_state(
            self._view_state.moved_cursor(by * max(1, (last - first) // CURSOR_SHARE), self._last_epoch)
        )

    def action_cursor_epoch(self, by: int) -> None:
        """The cursor one epoch to the left or right."""
        self.set_view_state(self._view_state.moved_cursor(by, self._last_epoch))

    def action_no_cursor(self) -> None:
        """Out of the tour, or back to the present and to all epochs."""
        if self._tour is not None:
            self.leave_tour()
            return
        if self.stop_measuring():
            return
        self.set_view_state(replace(self._view_state.at(None), zoom=None))

    def action_zoom(self, direction: int) -> None:
        """Half or twice as many epochs, around the cursor or the middle."""
        first, last = self._view_state.zoom or (1, self._last_epoch)
        around = self._view_state.cursor or (first + last) // 2
        self.set_view_state(self._view_state.zoomed(ZOOM if direction > 0 else 1 / ZOOM, around, self._last_epoch))

    def action_pan(self, direction: int) -> None:
        """Earlier or later epochs."""
        self.set_view_state(self._view_state.panned(PAN * direction, self._last_epoch))

    def on_chart_picked(self, event: Chart.Picked) -> None:
        """An epoch was clicked."""
        self.set_view_state(self._view_state.at(max(1, event.epoch)))

    def on_chart_scrolled(self, event: Chart.Scrolled) -> None:
        """The wheel was turned."""
        factor = WHEEL_ZOOM if event.up else 1 / WHEEL_ZOOM
        self.set_view_state(self._view_state.zoomed(factor, event.epoch, self._last_epoch))

    def on_chart_panned(self, event: Chart.Panned) -> None:
        """The wheel was turned sideways."""
        self.action_pan(event.direction)
