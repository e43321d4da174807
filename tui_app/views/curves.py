"""The Curves tab: both losses above, their gap below, the run before as a faint curve, a cursor that reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content

from engine.experiment.choices import SideName
from engine.number_text import number
from engine.run.history import Curve
from engine.run.validation import ValidationCurves
from engine.types import FloatArray
from engine.worker.snapshot import Snapshot
from tui_app.text import curve_legends
from tui_app.text.curve_legends import (
    LossChart,
    accuracy_legend,
    gap_legend,
    gap_reading,
    loss_legend,
    loss_reading,
    reading,
    validation_legend,
)
from tui_app.text.lines import Line
from tui_app.text.marks import (
    FAINT_MARK,
    GAP_MARK,
    HAND_MARK,
    PINNED_MARKS,
    PYTORCH_MARK,
    VALIDATION_MARKS,
    Drawing,
    app_drawing,
)
from tui_app.text.plot import axis_of, is_signed
from tui_app.view_state import ViewState
from tui_app.views.base import View
from tui_app.widgets.chart import Chart, ThemedCurve
from tui_app.widgets.fitting_text import FittingText
from tui_app.widgets.line_content import THEME_STYLES

NUMPY_COLOR, PYTORCH_COLOR, GAP_COLOR, PREVIOUS_COLOR = (
    "$text-primary",
    "$text-warning",
    "$text-error",
    "$foreground 35%",
)

VALIDATION_COLORS = ("$text-primary 60%", "$text-warning 60%")

PINNED_COLORS = ("$text-success", "magenta", "$foreground 75%")

STYLES = {
    **THEME_STYLES,
    curve_legends.HAND: NUMPY_COLOR,
    curve_legends.PYTORCH: PYTORCH_COLOR,
    curve_legends.GAP: GAP_COLOR,
    curve_legends.BEFORE: PREVIOUS_COLOR,
    curve_legends.NOTE: "$text-warning",
    **dict(zip(curve_legends.PINNED, PINNED_COLORS, strict=True)),
    **dict(zip(curve_legends.VALIDATION, VALIDATION_COLORS, strict=True)),
}
"""Of the legends' pieces."""


class CurvesView(View):
    """Two charts with a line of legend each; a third where there are classes."""

    NAME = "curves"
    HELP: ClassVar[str] = """\
Above, the loss that each side reports; below, the gap |Δloss|. Where both curves lie on each other their colours
take turns; without colours each has a sign of its own. The run before the last change stays as a faint curve; P pins a
run, so that later ones are drawn beside it. A loss that goes below zero, as error·loss does, cannot be drawn on a log
axis: the axis is linear as long as one is shown, with a line at zero, and the legend says how low it goes and when.
Comma and full stop, or a click, put a cursor on an epoch: the legend reads both losses and the gap there, and the other
tabs show that epoch. Where samples belong to classes, a third chart shows the share of them that each side answers
right, at every few epochs. Where rows are held out of training (validation, in Setup), what each side does on them
after every few epochs is drawn paler. z and the wheel zoom; [ and ], or shift and the wheel, pan."""

    def compose(self) -> ComposeResult:
        """Legend, losses, legend, gap."""
        yield FittingText("loss-legend")
        yield FittingText("validation-legend")
        yield Chart(id="loss-chart")
        yield FittingText("gap-legend")
        yield Chart(id="gap-chart")
        yield FittingText("accuracy-legend")
        yield Chart(id="accuracy-chart")

    def show(self, snapshot: Snapshot, view_state: ViewState) -> None:
        """Draw this snapshot's curves."""
        curves, previous = snapshot.curves, snapshot.previous
        if curves is None:
            self._chart("loss-chart").show(
                (), view_state.log_scale, "waiting for PyTorch" if snapshot.error is None else ""
            )
            self._chart("gap-chart").show((), view_state.log_scale, "")
            return
        signed = tuple(snapshot.settings.side(side).loss_report.signed for side in SideName)
        legend = LossChart(
            curves, (signed[0], signed[1]), view_state.log_scale, "" if previous is None else previous.changed
        )
        losses, gaps = _curves(snapshot, view_state)
        held_out = _validation(snapshot, lambda curves: (curves.numpy, curves.pytorch))
        if legend.log_drawn:
            losses, held_out = ([one for one in some if not is_signed(one.curve)] for some in (losses, held_out))
        axis = axis_of([one.curve for one in losses], view_state.zoom)
        waiting = "no epoch of this part is trained yet: esc shows all" if snapshot.epoch else "no epoch trained yet"
        chart = self._chart("loss-chart")
        zoom, cursor = view_state.zoom, view_state.cursor
        chart.show((*losses, *held_out), legend.log_drawn, waiting, zoom, cursor, any(signed), axis)
        if snapshot.epoch and not curves.gap.high.any():
            gaps, waiting = [], "no gap: every bit of every loss is equal"
        self._chart("gap-chart").show(tuple(gaps), view_state.log_scale, waiting, view_state.zoom, view_state.cursor)
        # Where there is no room for the gap's chart, its line is worth one for a reading or for pinned runs' names.
        room = self._chart("gap-chart").display or view_state.cursor is not None or bool(view_state.pinned)
        self.query_one("#gap-legend").display = room
        self._show_accuracy(snapshot, view_state, axis)
        self._show_legends(snapshot, view_state, legend)

    def _show_accuracy(self, snapshot: Snapshot, view_state: ViewState, axis: tuple[int, int] | None) -> None:
        """Its chart, where there are classes; its axis of epochs is that of the losses."""
        accuracy = snapshot.accuracy
        self.set_class(accuracy is not None, "-classes")
        if accuracy is None:
            return
        curves = []
        if len(accuracy.epochs):
            curves = [
                ThemedCurve(Curve.of(accuracy.epochs, values, snapshot.epoch), color, mark=mark, name=side.label)
                for side, values, color, mark in zip(
                    SideName,
                    (accuracy.numpy, accuracy.pytorch),
                    (NUMPY_COLOR, PYTORCH_COLOR),
                    (HAND_MARK, PYTORCH_MARK),
                    strict=True,
                )
            ]
        curves += _validation(snapshot, lambda curves: (curves.numpy_accuracy, curves.pytorch_accuracy))
        chart = self._chart("accuracy-chart")
        zoom, cursor = view_state.zoom, view_state.cursor
        chart.show(tuple(curves), False, "no epoch trained yet", zoom, cursor, axis=axis)

    def _show_legends(self, snapshot: Snapshot, view_state: ViewState, chart: LossChart) -> None:
        drawing, cursor = app_drawing(self.app), view_state.cursor
        if cursor is None:
            pins = [pinned.name for pinned in view_state.pinned]
            self._legend("loss-legend", lambda width: loss_legend(chart, drawing, width))
            self._legend("gap-legend", lambda width: gap_legend(view_state.log_scale, pins, drawing))
        else:
            self._legend("loss-legend", lambda width: _readings(snapshot, cursor, drawing, width)[0])
            self._legend("gap-legend", lambda width: _readings(snapshot, cursor, drawing, width)[1])
        curves, scores, held_out = snapshot.accuracy, snapshot.scores, snapshot.validation
        self.set_class(held_out is not None, "-validating")
        if held_out is not None:
            each = snapshot.measured_each
            self._legend("validation-legend", lambda width: validation_legend(held_out, each, cursor, drawing, width))
        if curves is not None and scores is not None:
            self._legend(
                "accuracy-legend", lambda width: accuracy_legend(curves, scores, cursor, drawing, width, held_out)
            )

    def _legend(self, name: str, line: Callable[[int], Line]) -> None:
        self.query_one(f"#{name}", FittingText).show(
            lambda width: Content.assemble(*((text, STYLES[role]) for text, role in line(width)))
        )

    def _chart(self, name: str) -> Chart:
        return self.query_one(f"#{name}", Chart)


def _validation(
    snapshot: Snapshot, pair: Callable[[ValidationCurves], tuple[FloatArray | None, FloatArray | None]]
) -> list[ThemedCurve]:
    """Both sides' curves of the rows held out, where there are some."""
    held_out = snapshot.validation
    if held_out is None:
        return []
    found = []
    for side, values, color, mark in zip(SideName, pair(held_out), VALIDATION_COLORS, VALIDATION_MARKS, strict=True):
        if (curve := held_out.curve(values, snapshot.epoch)) is not None:
            found.append(ThemedCurve(curve, color, mark=mark, name=f"{side.label}, held out"))
    return found


def _curves(snapshot: Snapshot, view_state: ViewState) -> tuple[list[ThemedCurve], list[ThemedCurve]]:
    """What may be drawn: losses, and gaps."""
    curves, previous = snapshot.curves, snapshot.previous
    assert curves is not None
    losses = [
        ThemedCurve(curve, color, mark=mark, name=side.label)
        for side, curve, color, mark in zip(
            SideName,
            (curves.numpy, curves.pytorch),
            (NUMPY_COLOR, PYTORCH_COLOR),
            (HAND_MARK, PYTORCH_MARK),
            strict=True,
        )
    ]
    gaps = [ThemedCurve(curves.gap, GAP_COLOR, mark=GAP_MARK)]
    if previous is not None:
        before = [
            ThemedCurve(curve, PREVIOUS_COLOR, faint=True, mark=FAINT_MARK)
            for curve in (previous.curves.numpy, previous.curves.pytorch, previous.curves.gap)
        ]
        losses += before[:2]
        gaps += before[2:]
    for pinned, color, mark in zip(view_state.pinned, PINNED_COLORS, PINNED_MARKS, strict=False):
        losses += [ThemedCurve(curve, color, mark=mark) for curve in (pinned.curves.numpy, pinned.curves.pytorch)]
        gaps.append(ThemedCurve(pinned.curves.gap, color, mark=mark))
    return losses, gaps


def _readings(snapshot: Snapshot, epoch: int, drawing: Drawing, width: int) -> tuple[Line, Line]:
    """Both losses and the gap at the cursor: the very numbers once the engine has been there again."""
    scrubbed, curves = snapshot.scrubbed, snapshot.curves
    assert curves is not None
    if scrubbed is None or scrubbed.epoch != epoch:
        gap = reading(curves.gap, epoch, 3)
        return loss_reading(epoch, curves, drawing, width), gap_reading(gap, drawing)
    losses = (scrubbed.numpy_loss, scrubbed.pytorch_loss)
    return loss_reading(epoch, losses, drawing, width), gap_reading(number(abs(losses[0] - losses[1]), 3), drawing)
