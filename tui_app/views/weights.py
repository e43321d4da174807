"""The Weights tab: every weight and bias of both sides and Δ, or their histograms, at any epoch."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from engine.run.comparison import ParameterPair
from engine.worker.snapshot import Snapshot
from tui_app.view_state import ViewState, epoch_words
from tui_app.views.base import View
from tui_app.widgets.histograms import Histograms
from tui_app.widgets.parameter_table import ParameterTable
from tui_app.widgets.plain_text import PlainText


def shown_parameters(snapshot: Snapshot, view_state: ViewState) -> tuple[ParameterPair, ...]:
    """Those at the start, at the cursor, or the present ones; the present ones until the engine has the cursor's."""
    if view_state.initial:
        return snapshot.initial_parameters
    if view_state.cursor is not None and snapshot.scrubbed is not None and snapshot.scrubbed.epoch == view_state.cursor:
        return snapshot.scrubbed.parameters
    return snapshot.parameters


class WeightsView(View):
    """A heading, and the table or the histograms."""

    NAME = "weights"
    HELP: ClassVar[str] = """\
Every weight and bias by unit and input, in one orientation for both sides, with Δ = by hand − PyTorch coloured
by its size; u counts it as a number, as a share of the weight, or in ULPs, the steps between neighbouring floats, while
their number says something. A bias that one side does not have is none, and is not compared. The table follows the
training; i shows the start, h histograms, and with a cursor on the curves everything is of that epoch, trained again to
the very bits that were there."""

    def compose(self) -> ComposeResult:
        """Heading, table, histograms."""
        yield PlainText(id="weights-heading", classes="legend")
        yield ParameterTable(id="weights-table")
        yield Histograms()

    def show(self, snapshot: Snapshot, view_state: ViewState) -> None:
        """Show this snapshot's parameters."""
        pairs = shown_parameters(snapshot, view_state)
        table, histograms = self.query_one(ParameterTable), self.query_one(Histograms)
        table.display, histograms.display = not view_state.histogram, view_state.histogram
        words = f"weights {epoch_words(snapshot, view_state)}"
        self.query_one("#weights-heading", PlainText).update(words, layout=False)
        if view_state.histogram:
            histograms.show(pairs)
        else:
            table.show(pairs, view_state.unit)
