"""What every group of actions can rely on: the experiment, the worker and the state of the views."""

from __future__ import annotations

from collections.abc import Mapping

from engine.experiment.discrepancies import CATALOGUE, Discrepancy
from engine.experiment.settings import Settings
from tui_app.terminal.fault_reports import FaultReports
from tui_app.view_state import ViewState
from tui_app.views.base import View


class ExplorerState(FaultReports):
    """The state of the explorer. `app.py` draws it."""

    settings: Settings
    _origin: Settings
    _selected: int
    views: Mapping[str, type[View]]
    """The tabs, by their names."""
    _view: str
    _views: tuple[str, ...]
    _view_state: ViewState
    _tour: int | None
    _before_tour: Settings | None
    _before_family: Settings | None
    ascii: bool

    @property
    def _discrepancy(self) -> Discrepancy:
        return CATALOGUE[self._selected]

    def change_settings(self, settings: Settings) -> None:
        """Train these settings at once."""
        raise NotImplementedError

    def show_settings(self) -> None:
        """Draw what depends on the settings and the selection."""
        raise NotImplementedError

    def show_snapshot(self) -> None:
        """Draw the last snapshot."""
        raise NotImplementedError

    def arrange(self) -> None:
        """Put on screen what fits and what is chosen."""
        raise NotImplementedError

    def action_view(self, name: str) -> None:
        """Show a tab."""
        raise NotImplementedError

    def select(self, index: int) -> None:
        """Select a difference and explain it."""
        raise NotImplementedError

    def show_difference(self, discrepancy: Discrepancy) -> None:
        """Select it, where one part is shown at a time in its tab."""
        raise NotImplementedError
