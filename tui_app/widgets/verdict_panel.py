"""The verdict in plain words, and what it rests on. While a run goes on it says that it is a verdict so far."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from engine.experiment.choices import SideName
from engine.run.verdict import Level
from engine.worker.snapshot import Snapshot, State
from tui_app.widgets.plain_text import PlainText

STYLES = {
    Level.IDENTICAL: ("✔", "$text-success"),
    Level.EQUAL: ("✔", "$text-success"),
    Level.PLOTTING: ("≈", "$text-accent"),
    Level.PLOTTED_NUMBER: ("≈", "$text-accent"),
    Level.UNMOVED: ("‖", "$text-warning"),
    Level.WEIGHTS: ("≠", "$text-warning"),
    Level.DIFFERENT: ("≠", "$text-warning"),
    Level.DIVERGED: ("✖", "$text-error"),
}

MATCHING = {SideName.NUMPY: "M", SideName.PYTORCH: "m"}
"""The key that matches the selected difference toward a side."""

FINAL = (State.FINISHED, State.DIVERGED, State.FAILED)


def verdict_content(snapshot: Snapshot) -> Content:
    """Headline and detail of a snapshot."""
    if snapshot.state is State.FAILED:
        return Content.assemble(("✖ This run failed\n", "bold $text-error"), snapshot.error or "")
    if snapshot.verdict is None:
        return Content("… waiting for PyTorch")
    mark, style = STYLES[snapshot.verdict.level]
    below = "\n".join(part for part in (snapshot.verdict.gaps, snapshot.verdict.left) if part)
    if snapshot.cause is not None and snapshot.cause.ends_it:
        one = "it" if len(snapshot.cause.ends_it) == 1 else "one"
        below += f" D selects {one}, {MATCHING[snapshot.cause.toward]} matches it."
    return Content.assemble((f"{mark} {snapshot.verdict.headline}\n", f"bold {style}"), below)


class VerdictPanel(Vertical):
    """One headline and its reasons; as high as they are."""

    def __init__(self) -> None:
        super().__init__(id="verdict")
        self.border_title = "Verdict"
        self._text = PlainText()
        self._shown: Content | None = None

    def compose(self) -> ComposeResult:
        """The text."""
        yield self._text

    def show(self, snapshot: Snapshot) -> None:
        """Judge this snapshot."""
        self.border_title = "Verdict" if snapshot.state in FINAL or not snapshot.epoch else "Verdict so far"
        content = verdict_content(snapshot)
        if content != self._shown:
            # Laying out the screen anew is dear: only for a text that needs more lines, or fewer.
            higher = self._shown is None or self._lines(content) != self._lines(self._shown)
            self._shown = content
            self._text.update(content, layout=higher)

    def _lines(self, content: Content) -> int:
        return content.get_height({}, max(1, self._text.size.width))
