"""The Diagnosis tab: what was found of a program, the evidence, and its source with the lines that are spoken of."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container, ScrollableContainer, VerticalScroll
from textual.content import Content

from engine.diagnosis.cause_lines import lines_of
from engine.diagnosis.diagnosis import Diagnosis
from engine.experiment.discrepancies import Discrepancy
from engine.shown_text import printable, shown
from engine.worker.snapshot import Snapshot
from tui_app.text.diagnosis_report import diagnosis_lines
from tui_app.text.lines import spelled
from tui_app.view_state import ViewState
from tui_app.views.base import View
from tui_app.views.code import FLASHED, MARKED, highlighted
from tui_app.widgets.line_content import lines_content
from tui_app.widgets.plain_text import PlainText


def source_content(diagnosis: Diagnosis, field: str) -> Content:
    """The program's text with its lines' numbers; those that move its arrays are marked, those of the difference of
    that field are lit.
    """
    marked, lit = set(diagnosis.recording.lines.values()), set(lines_of(diagnosis, field))
    text = "\n".join(printable(line) for line in diagnosis.recording.source.expandtabs(4).splitlines())
    width = len(str(text.count("\n") + 1))
    lines = []
    for number, content in enumerate(highlighted(text), start=1):
        line = Content.assemble((f"{number:>{width}} ", "$text-muted"), content)
        lines.append(line.stylize(FLASHED if number in lit else MARKED) if number in marked | lit else line)
    return Content("\n").join(lines)


class DiagnosisView(View):
    """The evidence above, or left, of the program."""

    NAME = "diagnosis"
    HELP: ClassVar[str] = """\
What was found of the program that was diagnosed: whether PyTorch repeats its run, each difference with its evidence
and how to change either side, and the network with the program's own names. Its differences are the switches of this
screen: Step and Impact work on them. Below stands the program; the lines that move its weights are marked, those of
the selected difference are lit."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Diagnosis, str] | None = None
        self._selected = ""

    def compose(self) -> ComposeResult:
        """Two panes."""
        with Container(id="diagnosis"):
            with VerticalScroll(id="diagnosis-found", can_focus=True):
                yield PlainText(id="diagnosis-text", classes="prose")
            with ScrollableContainer(id="diagnosis-source", can_focus=True):
                yield PlainText(classes="code")

    def select(self, discrepancy: Discrepancy) -> None:
        """Its lines are lit."""
        self._selected = discrepancy.field

    def show(self, snapshot: Snapshot, view_state: ViewState) -> None:
        """Show the diagnosis; the pane of the source goes to the first line that is lit."""
        diagnosis = view_state.diagnosis
        if diagnosis is None or self._shown == (diagnosis, self._selected):
            return
        self._shown = diagnosis, self._selected
        lines_found = list(diagnosis_lines(diagnosis))[1:]
        if getattr(self.app, "ascii", False):
            lines_found = [spelled(line) for line in lines_found]
        self.query_one("#diagnosis-text", PlainText).update(lines_content(lines_found))
        pane = self.query_one("#diagnosis-source", ScrollableContainer)
        pane.border_title = shown(diagnosis.recording.program) or "recording"
        pane.display = bool(diagnosis.recording.source)
        pane.query_one(PlainText).update(source_content(diagnosis, self._selected))
        lines = lines_of(diagnosis, self._selected) or sorted(set(diagnosis.recording.lines.values()))
        if lines:
            # Its height is known once it is placed.
            self.call_after_refresh(pane.scroll_to, y=max(0, lines[0] - 3), animate=False)
