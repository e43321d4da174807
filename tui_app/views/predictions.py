"""The Predictions tab: what both networks answer, as a map of the plane or as a table."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult

from engine.run.classes import is_class_problem
from engine.run.predictions import Predictions, can_be_mapped
from engine.worker.snapshot import Snapshot
from tui_app.view_state import ViewState, epoch_words
from tui_app.views.base import View
from tui_app.widgets.plain_text import PlainText
from tui_app.widgets.prediction_map import PredictionMaps
from tui_app.widgets.prediction_table import PredictionTable


def shown_predictions(snapshot: Snapshot, view_state: ViewState) -> Predictions | None:
    """Those at the cursor if there is one, else the present ones; nothing until the engine has them."""
    if view_state.cursor is None:
        return snapshot.predictions
    if snapshot.scrubbed is not None and snapshot.scrubbed.epoch == view_state.cursor:
        return snapshot.scrubbed.predictions
    return None


class PredictionsView(View):
    """A heading, and the maps or the table."""

    NAME = "predictions"
    PREDICTIONS = True
    HELP: ClassVar[str] = """\
For two inputs and one output: both networks' output over the plane, darker to brighter from the least target to the
greatest, the data as points on it, and the difference of the two, scaled to its largest value. For other data: a table
of targets and predictions. With a cursor on the curves, of that epoch."""

    def compose(self) -> ComposeResult:
        """Heading, maps, table."""
        yield PlainText(id="predictions-heading", classes="legend")
        yield PredictionMaps()
        yield PredictionTable()

    def show(self, snapshot: Snapshot, view_state: ViewState) -> None:
        """Show these predictions."""
        predictions = shown_predictions(snapshot, view_state)
        when = epoch_words(snapshot, replace(view_state, initial=False))
        self.query_one("#predictions-heading", PlainText).update(f"predictions {when}", layout=False)
        mapped = can_be_mapped(snapshot.settings) and not is_class_problem(snapshot.settings)
        maps, table = self.query_one(PredictionMaps), self.query_one(PredictionTable)
        maps.display, table.display = mapped, not mapped
        if predictions is None:
            return
        if predictions.map is not None:
            maps.show(snapshot.settings.data, predictions.map)
        else:
            table.show(snapshot.settings.data, predictions)
