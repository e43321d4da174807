"""The Curves tab: both losses above, their gap below, the run before as a faint curve, a cursor that reads them."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.history import Curve
from engine.settings import SideName
from engine.snapshot import Snapshot
from tui_app.look import Look
from tui_app.plot import is_signed
from tui_app.views.base import View
from tui_app.widgets.chart import Chart, ThemedCurve

NUMPY_COLOR, PYTORCH_COLOR, GAP_COLOR, PREVIOUS_COLOR = (
    "$text-primary",
    "$text-warning",
    "$text-error",
    "$foreground 35%",
)

PINNED_COLORS = ("$text-success", "magenta", "$foreground 75%")

Part = tuple[str, str] | str


class CurvesView(View):
    """Two charts with a line of legend each."""

    NAME = "curves"
    HELP: ClassVar[str] = """\
Above, the loss that each side reports; below, the gap |Δloss|. Where both curves lie on each other their colours
take turns. The run before the last change stays as a faint curve; P pins a run, so that later ones are drawn beside
it. A loss that goes below zero, as error·loss does, cannot be drawn on a log axis: the axis is linear as long as one
is shown. Comma and full stop, or a click, put a cursor on an epoch: the legend reads both losses and the gap there,
and the other tabs show that epoch. z and the wheel zoom; [ and ], or shift and the wheel, pan."""

    def __init__(self) -> None:
        super().__init__()
        self._legends: tuple[Content, Content] | None = None

    def compose(self) -> ComposeResult:
        """Legend, losses, legend, gap."""
        yield Static(id="loss-legend", classes="legend")
        yield Chart(id="loss-chart")
        yield Static(id="gap-legend", classes="legend")
        yield Chart(id="gap-chart")

    def show(self, snapshot: Snapshot, look: Look) -> None:
        """Draw this snapshot's curves."""
        curves, before = snapshot.curves, snapshot.previous
        previous = None if before is None else before.curves
        if curves is None:
            self._chart("loss-chart").show((), look.log_scale, "waiting for PyTorch" if snapshot.error is None else "")
            self._chart("gap-chart").show((), look.log_scale, "")
            return
        losses = [ThemedCurve(curves.numpy, NUMPY_COLOR), ThemedCurve(curves.pytorch, PYTORCH_COLOR)]
        gaps = [ThemedCurve(curves.gap, GAP_COLOR)]
        if previous is not None:
            losses += [ThemedCurve(curve, PREVIOUS_COLOR, faint=True) for curve in (previous.numpy, previous.pytorch)]
            gaps.append(ThemedCurve(previous.gap, PREVIOUS_COLOR, faint=True))
        for pinned, color in zip(look.pinned, PINNED_COLORS, strict=False):
            losses += [ThemedCurve(curve, color) for curve in (pinned.curves.numpy, pinned.curves.pytorch)]
            gaps.append(ThemedCurve(pinned.curves.gap, color))
        signed = any(snapshot.settings.side(side).loss_report.signed for side in SideName)
        loss_log = look.log_scale and not signed
        if loss_log:
            losses = [one for one in losses if not is_signed(one.curve)]
        waiting = "no epoch of this part is trained yet: esc shows all" if snapshot.epoch else "no epoch trained yet"
        self._chart("loss-chart").show(tuple(losses), loss_log, waiting, look.zoom, look.cursor)
        if snapshot.epoch and not curves.gap.high.any():
            gaps, waiting = [], "no gap: every bit of every loss is equal"
        self._chart("gap-chart").show(tuple(gaps), look.log_scale, waiting, look.zoom, look.cursor)
        if look.cursor is not None:
            self._show_legends(_readings(snapshot, look.cursor))
            return
        pins = _pin_legend(look)
        self._show_legends(
            (
                _loss_legend(loss_log, look.log_scale and signed, previous is not None),
                _gap_legend(look.log_scale) + pins,
            )
        )

    def _show_legends(self, legends: tuple[Content, Content]) -> None:
        if legends != self._legends:
            self._legends = legends
            self.query_one("#loss-legend", Static).update(legends[0], layout=False)
            self.query_one("#gap-legend", Static).update(legends[1], layout=False)

    def _chart(self, name: str) -> Chart:
        return self.query_one(f"#{name}", Chart)


def _gap_legend(log: bool) -> Content:
    return Content.assemble("gap |Δloss|", ", log scale" if log else "", ("  ━━", GAP_COLOR))


def _pin_legend(look: Look) -> Content:
    parts: list[Part] = []
    for pinned, color in zip(look.pinned, PINNED_COLORS, strict=False):
        parts += [("  ━━ ", color), pinned.name]
    return Content.assemble(*parts)


def _loss_legend(log: bool, refused: bool, previous: bool) -> Content:
    parts: list[Part] = [
        "loss, log scale" if log else "loss",
        ("  ━━ ", NUMPY_COLOR),
        "by hand",
        ("  ━━ ", PYTORCH_COLOR),
        "PyTorch",
    ]
    if previous:
        parts += [("  ━━ ", PREVIOUS_COLOR), "before"]
    if refused:
        parts.append(("  linear: signed", "$text-warning"))
    return Content.assemble(*parts)


def _readings(snapshot: Snapshot, epoch: int) -> tuple[Content, Content]:
    """Both losses and the gap at the cursor: the very numbers once the engine has been there again."""
    scrubbed, curves = snapshot.scrubbed, snapshot.curves
    assert curves is not None
    if scrubbed is not None and scrubbed.epoch == epoch:
        losses = [f"{scrubbed.numpy_loss:.10g}", f"{scrubbed.pytorch_loss:.10g}"]
        gap = f"{abs(scrubbed.numpy_loss - scrubbed.pytorch_loss):.3g}"
    else:
        losses, gap = [_reading(curve, epoch) for curve in (curves.numpy, curves.pytorch)], _reading(curves.gap, epoch)
    above = Content.assemble(
        (f"epoch {epoch:,}", "bold"),
        ("  ━━ ", NUMPY_COLOR),
        losses[0],
        ("  ━━ ", PYTORCH_COLOR),
        losses[1],
    )
    return above, Content.assemble("gap |Δloss|", ("  ━━ ", GAP_COLOR), gap)


def _reading(curve: Curve, epoch: int) -> str:
    ends = curve.at(epoch)
    if ends is None:
        return "not trained yet"
    return f"{ends[0]:.10g}" if ends[0] == ends[1] else f"{ends[0]:.3g} to {ends[1]:.3g}"
