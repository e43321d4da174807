"""The Curves tab: both losses above, their gap below, the run before as a faint curve."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.settings import LossReport, Settings, SideName
from engine.worker import Snapshot
from tui_app.plot import is_signed
from tui_app.widgets.chart import Chart

NUMPY_COLOR, PYTORCH_COLOR, GAP_COLOR, PREVIOUS_COLOR = "text-primary", "text-warning", "text-error", "text-disabled"

HELP = """\
Above, the loss that each side reports; below, the gap |Δloss|. Where both curves lie on each other their colours
take turns. The run before the last change stays as a faint curve. A loss that goes below zero cannot be drawn on a
log axis, so the axis is linear as long as one is shown."""


class CurvesView(Vertical):
    """Two charts with a line of legend each."""

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
            waiting = snapshot.error or "waiting for PyTorch"
            self._chart("loss-chart").show((), log, waiting)
            self._chart("gap-chart").show((), log, "")
            return
        shown = [(curves.numpy, NUMPY_COLOR), (curves.pytorch, PYTORCH_COLOR)]
        if previous is not None:
            shown = [(previous.numpy, PREVIOUS_COLOR), (previous.pytorch, PREVIOUS_COLOR), *shown]
        signed = [side for side, curve in zip(SideName, (curves.numpy, curves.pytorch), strict=True) if is_signed(curve)]
        loss_log = log and not signed
        if loss_log:
            shown = [(curve, color) for curve, color in shown if not is_signed(curve)]
        self._chart("loss-chart").show(tuple(shown), loss_log, "no epoch trained yet")
        gaps = [(curves.gap, GAP_COLOR)]
        if previous is not None:
            gaps.insert(0, (previous.gap, PREVIOUS_COLOR))
        empty = "no epoch trained yet" if not snapshot.epoch else "no gap: every bit of every loss is equal"
        if snapshot.epoch and not curves.gap.high.any():
            gaps = []
        self._chart("gap-chart").show(tuple(gaps), log, empty)
        self.query_one("#loss-legend", Static).update(
            _loss_legend(snapshot.settings, loss_log, signed if log else [], previous is not None, self.size.width)
        )
        self.query_one("#gap-legend", Static).update(
            Content.assemble("gap |Δloss|", ", log scale" if log else "", ("  ━━", f"${GAP_COLOR}"))
        )

    def _chart(self, name: str) -> Chart:
        return self.query_one(f"#{name}", Chart)


def _loss_legend(settings: Settings, log: bool, signed: list[SideName], previous: bool, width: int) -> Content:
    parts: list[Content | tuple[str, str] | str] = [
        "loss, log scale" if log else "loss",
        ("  ━━ ", f"${NUMPY_COLOR}"),
        "hand-rolled",
        ("  ━━ ", f"${PYTORCH_COLOR}"),
        "PyTorch",
    ]
    if previous:
        parts += [("  ━━ ", f"${PREVIOUS_COLOR}"), "run before"]
    if signed:
        odd = [side for side in signed if settings.side(side).loss_report is LossReport.ERROR_TIMES_LOSS]
        why = "error·loss is signed" if odd else "a loss is below zero"
        parts.append((f"  linear: {why}", "$text-warning"))
    return Content.assemble(*parts)
