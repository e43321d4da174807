"""One step of the tour: what is changed, what to expect, what happened."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.snapshot import Snapshot, State
from engine.tour import TOUR

HELP = """\
t walks the question's path in eight steps, from the programs as they were asked about to nothing left different. Each
step changes the experiment, says what to expect, and then what happened in this run's own numbers. n is the next step,
b the one before; escape leaves, and the experiment stays as it is."""


def step_content(index: int, snapshot: Snapshot) -> Content:
    """The step's text; what happened is there once its own run has finished."""
    step = TOUR[index]
    happened = "… training"
    done = snapshot.state is State.FINISHED and snapshot.settings == step.settings
    if done and snapshot.curves is not None and snapshot.comparison is not None:
        happened = step.happened(snapshot.curves, snapshot.comparison)
    elif snapshot.settings != step.settings:
        happened = "The experiment is no longer this step's: b and n come back to the tour."
    last = index == len(TOUR) - 1
    return Content("\n\n").join(
        [
            Content.assemble(("Changed  ", "bold $text-accent"), step.changed),
            Content.assemble(("Expect  ", "bold $text-accent"), step.expect),
            Content.assemble(("Happened  ", "bold $text-accent"), happened),
            Content.styled("esc leave · b back" if last else "n next · b back · esc leave", "$text-muted"),
        ]
    )


class TourPanel(VerticalScroll, can_focus=False):
    """Stands in the place of the Why panel."""

    def __init__(self) -> None:
        super().__init__(id="tour")
        self._text = Static()
        self._shown: Content | None = None

    def compose(self) -> ComposeResult:
        """The text."""
        yield self._text

    def show(self, index: int, snapshot: Snapshot) -> None:
        """Show a step."""
        content = step_content(index, snapshot)
        if content != self._shown:
            self._shown = content
            self.border_title = f"Tour {index + 1} of {len(TOUR)}: {TOUR[index].title}"
            self._text.update(content)
