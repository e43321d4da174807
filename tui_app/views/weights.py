"""The Weights tab: every weight and bias of both sides and Δ, at the start or as they are now."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from engine.snapshot import Snapshot, State
from tui_app.widgets.parameter_table import ParameterTable

HELP = """\
Every weight and bias by unit and input, in one orientation for both sides, with Δ = hand-rolled − PyTorch coloured
by its size. A bias that one side does not have counts as zero. The table follows the training; i shows the start."""


class WeightsView(Vertical):
    """A heading and the table."""

    def compose(self) -> ComposeResult:
        """Heading, table."""
        yield Static(id="weights-heading", classes="legend")
        yield ParameterTable(id="weights-table")

    def show(self, snapshot: Snapshot, initial: bool) -> None:
        """Show this snapshot's parameters."""
        heading = self.query_one("#weights-heading", Static)
        table = self.query_one(ParameterTable)
        if initial:
            heading.update("weights at the start, before epoch 1   (i: as they are now)", layout=False)
            table.show(snapshot.initial_parameters)
            return
        word = "final" if snapshot.state is State.FINISHED else "present"
        heading.update(f"{word} weights, after {snapshot.epoch:,} epochs   (i: at the start)", layout=False)
        table.show(snapshot.parameters)
