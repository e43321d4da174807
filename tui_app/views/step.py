"""The Step tab: every operation of one training step on both sides, the first that differs, and how the gap grows."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from engine.experiment.choices import SideName
from engine.run.comparison import ParameterPair
from engine.run.history import Curve
from engine.step.growth import Growth
from engine.step.operations import Operation
from engine.step.trace import StepTrace
from engine.types import FloatArray
from engine.worker.snapshot import Snapshot
from tui_app.text import step_lines
from tui_app.text.marks import LAYER_MARKS, Drawing, app_drawing, legend_glyph
from tui_app.view_state import ViewState
from tui_app.views.base import View
from tui_app.widgets.chart import Chart, ThemedCurve
from tui_app.widgets.fitting_text import FittingText
from tui_app.widgets.line_content import lines_content
from tui_app.widgets.line_list import LineList
from tui_app.widgets.plain_text import PlainText
from tui_app.widgets.tensor_table import TensorTable

LAYER_COLORS = ("$text-primary", "$text-warning", "$text-success", "$text-error")
"""Of the layers' curves, the first again after the last."""

NO_GAP = "no gap: every weight is equal in every bit"

TALL = 30
"""Lines of the tab from which the growth stands below the operations."""


class StepView(View):
    """Heading, operations or one operation's tensors, the reason, the growth."""

    NAME = "step"
    HELP: ClassVar[str] = """\
One training step opened up: every operation in order, with NumPy's tensor and PyTorch's own beside each other, how many
elements differ, the largest gap, absolute, relative and in ULPs of the coarser float type. = marks what is equal in
every bit, ≠ the first that is not; below stands why, and every reason was tried: a difference of meaning is one of the
switches (D selects it), one of rounding was repeated bit for bit another way. What one side alone has is not compared.
Enter shows both tensors whole. Without a cursor it is the step with the first operation that differs (g); < and > open
that of another epoch, { and } that of another batch. v gives PyTorch NumPy's weights before the step, so that
only the step's own difference is seen. h shows how the gap between the weights grows, by layer and in ULPs."""

    def __init__(self) -> None:
        super().__init__()
        self._trace: StepTrace | None = None
        self._failed: str | None = None
        self._whole = False
        self._opened: Operation | None = None
        self._pairs: tuple[ParameterPair, ...] = ()
        self._drawn: tuple[object, ...] = ()
        self._view_state = ViewState()

    def compose(self) -> ComposeResult:
        """Heading, list, tensors, reason, growth."""
        yield FittingText("step-heading")
        yield LineList(id="operations")
        yield TensorTable(id="tensors")
        with VerticalScroll(id="step-text", can_focus=False):
            yield PlainText(id="step-reason", classes="prose")
        yield PlainText(id="ulp-legend", classes="legend")
        yield Chart(id="ulp-chart")
        yield PlainText(id="layers-legend", classes="legend")
        yield Chart(id="layers-chart")

    def show(self, snapshot: Snapshot, view_state: ViewState) -> None:
        """Show the step that is open."""
        before, failed = self._trace, self._failed
        self._failed, self._view_state = snapshot.step_failed, view_state
        self._trace = snapshot.step if self._failed is None else None
        self._arrange(view_state)
        heading = self.query_one("#step-heading", FittingText)
        heading.show(lambda width: Content(_heading(snapshot, view_state, width)))
        if self._trace is not before or self._failed != failed:
            self._show_operations(before)
        if snapshot.growth is not None:
            self._show_growth(snapshot.growth, view_state)
        self._show_tensors()

    def _arrange(self, view_state: ViewState) -> None:
        growing = view_state.histogram
        tall = self.size.height >= TALL
        self.query_one("#operations").display = not growing and not self._whole
        self.query_one("#tensors").display = not growing and self._whole
        self.query_one("#step-text").display = not growing
        for name in ("ulp-legend", "ulp-chart"):
            self.query_one(f"#{name}").display = growing
        for name in ("layers-legend", "layers-chart"):
            self.query_one(f"#{name}").display = growing or tall
        if self.has_class("-growing") and not growing:
            # What was hidden has lost the focus.
            self.query_one("#tensors" if self._whole else "#operations").focus()
        self.set_class(growing, "-growing")

    def _show_operations(self, before: StepTrace | None) -> None:
        operations, trace = self.query_one("#operations", LineList), self._trace
        if trace is None:
            operations.show(0, lambda width: [], lambda index, width, selected: [])
            self.query_one("#step-reason", PlainText).update(self._failed or "")
            return

        ascii = app_drawing(self.app) is Drawing.ASCII
        rows = step_lines.StepRows(trace.operations, (trace.first, trace.meant), ascii)
        operations.show(len(trace.operations), rows.heading, rows.row)
        if before is None or before.settings != trace.settings:
            operations.select(trace.first or 0)
        self.query_one("#step-reason", PlainText).update(lines_content(step_lines.reason_lines(trace)))

    def _show_tensors(self) -> None:
        if self._trace is not None and self._whole:
            operation = self._trace.operations[self.query_one("#operations", LineList).selected]
            if operation is not self._opened:
                self._opened, self._pairs = operation, _pairs(operation)
            self.query_one("#tensors", TensorTable).show(self._pairs, self._view_state.unit, _headings(operation))

    def _show_growth(self, growth: Growth, view_state: ViewState) -> None:
        charts = [self.query_one(f"#{name}", Chart) for name in ("ulp-chart", "layers-chart")]
        drawn = (growth, view_state.log_scale, view_state.zoom, view_state.cursor, *(chart.display for chart in charts))
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self.query_one("#ulp-legend", PlainText).update("largest gap of all weights, ULP", layout=False)
        self.query_one("#layers-legend", PlainText).update(_layers_legend(growth, app_drawing(self.app)), layout=False)
        for chart, series in zip(charts, (growth.max_ulp[None, :], growth.gaps), strict=True):
            if chart.display:
                chart.show(_curves(growth, series), view_state.log_scale, NO_GAP, view_state.zoom, view_state.cursor)

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        """Show the operation's tensors whole."""
        event.stop()
        self._open_tensors(True)

    def on_line_list_paged(self, event: LineList.Paged) -> None:
        """All operations are in view: the reason scrolls."""
        event.stop()
        self.query_one("#step-text").scroll_relative(y=3 * event.direction, animate=False)

    def on_tensor_table_closed(self, event: TensorTable.Closed) -> None:
        """Back to the operations."""
        event.stop()
        self._open_tensors(False)

    def _open_tensors(self, whole: bool) -> None:
        self._whole = whole
        self._arrange(self._view_state)
        self._show_tensors()
        self.query_one("#tensors" if whole else "#operations").focus()


def _heading(snapshot: Snapshot, view_state: ViewState, width: int) -> str:
    trace, growth = snapshot.step, snapshot.growth
    if snapshot.step_failed is not None:
        return "the step cannot be opened"
    cursor, batch = view_state.cursor, view_state.batch
    if cursor is not None and (cursor - 1) * snapshot.batches + batch > snapshot.taken:
        return f"epoch {cursor:,}{step_lines.batch_words(snapshot.settings, batch)}: not trained yet"
    if trace is None:
        return "nothing trained yet" if not snapshot.taken else "opening the step …"
    late = cursor is not None and (trace.epoch, trace.batch) != (cursor, batch)
    text = step_lines.summary(trace) + (" …" if late or trace.matched_start is not view_state.matched_start else "")
    return text + step_lines.first_difference(trace, growth, width - len(text))


def _pairs(operation: Operation) -> tuple[ParameterPair, ...]:
    """Both tensors beside each other, or one below the other where they have other shapes."""
    numpy, pytorch = (tensor.reshape(tensor.shape or (1,)) for tensor in (operation.numpy, operation.pytorch))
    if not operation.same_shape:
        return ParameterPair(operation.formula, numpy, None), ParameterPair(operation.formula, None, pytorch)
    lacking = operation.lacking
    return (
        ParameterPair(
            operation.formula,
            None if lacking == SideName.NUMPY.label else numpy,
            None if lacking == SideName.PYTORCH.label else pytorch,
        ),
    )


def _headings(operation: Operation) -> tuple[str, str]:
    """What the rows and columns of a tensor are."""
    kind = operation.place.kind.value
    return ("unit", "input") if "weight" in kind else ("unit", "") if "bias" in kind else ("sample", "unit")


def _curves(growth: Growth, series: FloatArray) -> tuple[ThemedCurve, ...]:
    """A curve for each row, of the epochs from 1 on."""
    if len(growth.epochs) < 2 or not series.any():
        return ()
    epochs = growth.epochs[1:]
    return tuple(
        ThemedCurve(
            Curve.of(epochs, values[1:], growth.trained),
            LAYER_COLORS[layer % len(LAYER_COLORS)],
            mark=LAYER_MARKS[layer % len(LAYER_MARKS)],
        )
        for layer, values in enumerate(series)
    )


def _layers_legend(growth: Growth, drawing: Drawing) -> Content:
    parts: list[tuple[str, str] | str] = ["max |ΔW| by layer"]
    for layer in range(len(growth.gaps)):
        glyph = legend_glyph(LAYER_MARKS[layer % len(LAYER_MARKS)], drawing)
        parts += [(f"  {glyph} ", LAYER_COLORS[layer % len(LAYER_COLORS)]), str(layer + 1)]
    return Content.assemble(*parts)
