"""What every tab is: a name, a help text, and a picture of the last snapshot."""

from __future__ import annotations

from typing import ClassVar

from textual.containers import Vertical

from engine.experiment.discrepancies import Discrepancy
from engine.worker.snapshot import Snapshot
from tui_app.view_state import ViewState


class View(Vertical):
    """One tab. `show` is called when it is on screen and something has changed."""

    NAME: ClassVar[str]
    HELP: ClassVar[str]
    PREDICTIONS: ClassVar[bool] = False
    """Whether snapshots must carry predictions while this tab is on screen."""

    def select(self, discrepancy: Discrepancy) -> None:
        """The difference that is selected."""

    def show(self, snapshot: Snapshot, view_state: ViewState) -> None:
        """Draw this snapshot."""
        raise NotImplementedError
