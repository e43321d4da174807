"""One step of the tour: what is changed, what to expect, what happened."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from engine.run.tour import TOUR
from engine.worker.snapshot import Snapshot, State
from tui_app.widgets.plain_text import PlainText

ROOMY = 13
"""Lines from which the parts of a step stand apart."""

HELP = """\
t walks the question's path in eight steps, from the programs as they were asked about to nothing left different. Each
step changes the experiment, says what to expect, and then what happened in this run's own numbers. n is the next step,
b the one before. It trains the question's own two programs; escape leaves, and settings of one's own come back."""

AND_THEN = "p has the networks that you probably learnt it from."
"""What the last step ends with."""


def step_content(index: int, snapshot: Snapshot, gap: str = "\n\n") -> Content:
    """The step's text; what happened is there once its own run has finished. `gap` stands between the parts."""
    step = TOUR[index]
    happened = "… training"
    done = snapshot.state is State.FINISHED and snapshot.settings == step.settings
    if done and snapshot.curves is not None and snapshot.comparison is not None:
        happened = step.happened(snapshot.curves, snapshot.comparison)
    elif snapshot.settings != step.settings:
        happened = "The experiment is no longer this step's: b and n come back to the tour."
    parts = [("Changed  ", step.changed), ("Expect  ", step.expect), ("Happened  ", happened)]
    if index == len(TOUR) - 1:
        parts.append(("Then  ", AND_THEN))
    return Content(gap).join([Content.assemble((name, "bold $text-accent"), text) for name, text in parts])


def keys(index: int) -> str:
    """What can be pressed."""
    moves = ["n next"] * (index < len(TOUR) - 1) + ["b back"] * (index > 0)
    return " · ".join([*moves, "pgdn read on", "esc leave"])


class TourPanel(VerticalScroll, can_focus=False):
    """Stands in the place of the Why panel."""

    def __init__(self) -> None:
        super().__init__(id="tour")
        self._text = PlainText()
        self._shown: Content | None = None

    def compose(self) -> ComposeResult:
        """The text."""
        yield self._text

    def show(self, index: int, snapshot: Snapshot) -> None:
        """Show a step."""
        content = step_content(index, snapshot, "\n" if self.size.height < ROOMY else "\n\n")
        if content != self._shown:
            self._shown = content
            title = f"Tour {index + 1} of {len(TOUR)}: {TOUR[index].title}"
            if title != self.border_title:
                self.scroll_home(animate=False)
            self.border_title, self.border_subtitle = title, keys(index)
            self._text.update(content)
