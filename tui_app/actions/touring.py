"""The tour: forward, back, leave."""

from __future__ import annotations

from dataclasses import replace

from engine.discrepancies import CATALOGUE
from engine.tour import TOUR
from tui_app.actions.base import ExplorerState


class TourActions(ExplorerState):
    """Steps through `TOUR`, on the question's own data. One's own come back when it is left."""

    def action_tour(self) -> None:
        """Begin, or leave."""
        if self._tour is not None:
            self.leave_tour()
            return
        own = replace(self.settings, numpy=TOUR[0].settings.numpy, pytorch=TOUR[0].settings.pytorch)
        self._before_tour = None if own == TOUR[0].settings else self.settings
        if self._before_tour is not None:
            self.notify("The tour trains the question's own network on XOR; yours comes back after it.", markup=False)
        self._go_to_step(0)

    def action_tour_step(self, by: int) -> None:
        """The next step or the one before; a key for the tour alone."""
        if self._tour is not None:
            self._go_to_step(max(0, min(len(TOUR) - 1, self._tour + by)))

    def leave_tour(self) -> None:
        """The experiment stays as it is; one's own data and network come back, with the sides as they are."""
        self._tour = None
        self.arrange()
        if self._before_tour is not None:
            back = replace(self._before_tour, numpy=self.settings.numpy, pytorch=self.settings.pytorch)
            self._origin = back
            self.change_settings(back)

    def _go_to_step(self, index: int) -> None:
        step = TOUR[index]
        self._tour = index
        self._origin = step.settings
        self._selected = [discrepancy.field for discrepancy in CATALOGUE].index(step.field)
        self.change_settings(step.settings)
        self.arrange()
