"""The Predictions tab: what both networks answer, as a map of the plane or as a table; for classes as both."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content

from engine.run.class_answers import ClassAnswers
from engine.run.classes import is_class_problem, same_class_words
from engine.run.predictions import Predictions, can_be_mapped
from engine.worker.snapshot import Snapshot
from tui_app.text.class_rows import WRONG, differ_sign
from tui_app.view_state import ViewState, epoch_words
from tui_app.views.base import View
from tui_app.widgets.class_map import ClassMaps
from tui_app.widgets.fitting_text import FittingText
from tui_app.widgets.prediction_map import PredictionMaps, longest_fitting
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
of targets and predictions. With a cursor on the curves, of that epoch.

For classes: a table of the class that each side answers and of p, its output for that class. Samples on which the sides
differ come first and have a ≠; a × stands before an answer that is not the target's class. With two inputs also the
class answered over the plane, a letter for each, and where the sides differ."""

    def compose(self) -> ComposeResult:
        """Heading, maps, table."""
        yield FittingText("predictions-heading")
        yield PredictionMaps()
        yield ClassMaps()
        yield PredictionTable()

    def show(self, snapshot: Snapshot, view_state: ViewState) -> None:
        """Show these predictions."""
        settings, predictions = snapshot.settings, shown_predictions(snapshot, view_state)
        when = epoch_words(snapshot, replace(view_state, initial=False))
        answers = None if predictions is None else predictions.classes
        forms = heading_forms(when, answers, differ_sign(getattr(self.app, "ascii", False)))
        heading = self.query_one("#predictions-heading", FittingText)
        heading.show(lambda width: Content(longest_fitting(forms, width) or forms[-1]))
        mapped, of_classes = can_be_mapped(settings), is_class_problem(settings)
        maps, class_maps = self.query_one(PredictionMaps), self.query_one(ClassMaps)
        table = self.query_one(PredictionTable)
        maps.display, class_maps.display = mapped and not of_classes, mapped and of_classes
        table.display = not maps.display
        if predictions is None:
            return
        if predictions.map is not None:
            maps.show(settings.data, predictions.map)
        else:
            table.show(settings.data, predictions)
        if answers is not None and answers.map is not None:
            class_maps.show(settings.data, answers)


def heading_forms(when: str, answers: ClassAnswers | None, sign: str) -> list[str]:
    """From what is to be said down to what fits anywhere."""
    if answers is None:
        return [f"predictions {when}"]
    same = same_class_words(len(answers.order) - answers.differing, len(answers.order))
    said = f"predictions {when} · {same}"
    signs = [f"{said}   {sign} {differ}   {WRONG} wrong" for differ in ("the sides differ", "differ")]
    return [*signs, said, f"{same} {when}", same]
