"""The tour: forward, back, leave."""

from __future__ import annotations

from engine.experiment.discrepancies import CATALOGUE
from engine.run.tour import TOUR
from tui_app.actions.base import ExplorerState


class TourActions(ExplorerState):
    """Steps through `TOUR`, the question's own two programs. Settings of one's own come back when it is left."""

    def action_tour(self) -> None:
        """Begin, on Curves, of which it speaks; or leave."""
        if self._tour is not None:
            self.leave_tour()
            return
        self._before_tour = None if self.settings == TOUR[0].settings else self.settings
        if self._before_tour is not None:
            self.notify("The tour trains its own networks; your settings come back after it.")
        self._view = "curves"
        self._go_to_step(0)

    def action_tour_step(self, by: int) -> None:
        """The next step or the one before; a key for the tour alone."""
        if self._tour is not None:
            self._go_to_step(max(0, min(len(TOUR) - 1, self._tour + by)))

    def leave_tour(self) -> None:
        """The experiment stays as it is where none of one's own was there before; else that comes back whole."""
        self._tour = None
        self.arrange()
        if self._before_tour is not None:
            self._origin = self._before_tour
            self.change_settings(self._before_tour)

    def _go_to_step(self, index: int) -> None:
        step = TOUR[index]
        self._tour = index
        self._origin = step.settings
        self._selected = [discrepancy.field for discrepancy in CATALOGUE].index(step.field)
        self.change_settings(step.settings)
        self.arrange()
