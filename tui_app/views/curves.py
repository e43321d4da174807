"""The Curves tab: both losses above, their gap below, the run before as a faint curve."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.settings import SideName
from engine.snapshot import Snapshot
from tui_app.plot import is_signed
from tui_app.widgets.chart import Chart, ThemedCurve

NUMPY_COLOR, PYTORCH_COLOR, GAP_COLOR, PREVIOUS_COLOR = "text-primary", "text-warning", "text-error", "foreground 35%"

HELP = """\
Above, the loss that each side reports; below, the gap |Δloss|. Where both curves lie on each other their colours
take turns. The run before the last change stays as a faint curve. A loss that goes below zero cannot be drawn on a
log axis, so the axis is linear as long as one is shown."""


class CurvesView(Vertical):
    """Two charts with a line of legend each."""

    def __init__(self) -> None:
        super().__init__()
        self._legends: tuple[Content, Content] | None = None

    def compose(self) -> ComposeResult:
        """Legend, losses, legend, gap."""
        yield Static(id="loss-legend", classes="legend")
        yield Chart(id="loss-chart")
        yield Static(id="gap-legend", classes="legend")
        yield Chart(id="gap-chart")

    def show(self, snapshot: Snapshot, log: bool) -> None:
        """Draw this snapshot's curves."""
        curves, previous = snapshot.curves, snapshot.previous
        if curves is None:
            self._chart("loss-chart").show((), log, "waiting for PyTorch" if snapshot.error is None else "")
            self._chart("gap-chart").show((), log, "")
            return
        losses = [ThemedCurve(curves.numpy, NUMPY_COLOR), ThemedCurve(curves.pytorch, PYTORCH_COLOR)]
        gaps = [ThemedCurve(curves.gap, GAP_COLOR)]
        if previous is not None:
            losses += [ThemedCurve(curve, PREVIOUS_COLOR, faint=True) for curve in (previous.numpy, previous.pytorch)]
            gaps.append(ThemedCurve(previous.gap, PREVIOUS_COLOR, faint=True))
        signed = any(snapshot.settings.side(side).loss_report.signed for side in SideName)
        loss_log = log and not signed
        if loss_log:
            losses = [one for one in losses if not is_signed(one.curve)]
        waiting = "no epoch trained yet"
        self._chart("loss-chart").show(tuple(losses), loss_log, waiting)
        if snapshot.epoch and not curves.gap.high.any():
            gaps, waiting = [], "no gap: every bit of every loss is equal"
        self._chart("gap-chart").show(tuple(gaps), log, waiting)
        self._show_legends((_loss_legend(loss_log, log and signed, previous is not None), _gap_legend(log)))

    def _show_legends(self, legends: tuple[Content, Content]) -> None:
        if legends != self._legends:
            self._legends = legends
            self.query_one("#loss-legend", Static).update(legends[0], layout=False)
            self.query_one("#gap-legend", Static).update(legends[1], layout=False)

    def _chart(self, name: str) -> Chart:
        return self.query_one(f"#{name}", Chart)


def _gap_legend(log: bool) -> Content:
    return Content.assemble("gap |Δloss|", ", log scale" if log else "", ("  ━━", f"${GAP_COLOR}"))


def _loss_legend(log: bool, refused: bool, previous: bool) -> Content:
    parts: list[tuple[str, str] | str] = [
        "loss, log scale" if log else "loss",
        ("  ━━ ", f"${NUMPY_COLOR}"),
        "hand-rolled",
        ("  ━━ ", f"${PYTORCH_COLOR}"),
        "PyTorch",
    ]
    if previous:
        parts += [("  ━━ ", f"${PREVIOUS_COLOR}"), "run before"]
    if refused:
        parts.append(("  linear: error·loss is signed", "$text-warning"))
    return Content.assemble(*parts)
