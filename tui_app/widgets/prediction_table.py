"""Targets and both networks' predictions, a line for each sample and output; only the visible lines are made."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from engine.experiment.data import Dataset
from engine.experiment.side import SideName
from engine.run.predictions import Predictions
from tui_app.text.columns import Column, Layout, Way, counts, fit, fixed_ways, measured, signed_ways, trimmed
from tui_app.text.gaps import gap_value
from tui_app.view_state import Unit
from tui_app.widgets.still_scroll import StillScrollView

MOST_MEASURED = 10_000
"""Targets that are written out to see how wide they are; of more, the widest possible is taken."""

TARGET_DIGITS = (6, 4, 3, 2)


class PredictionTable(StillScrollView, can_focus=True):
    """A scrolling table."""

    def __init__(self) -> None:
        super().__init__(id="predictions-table")
        self._data: Dataset | None = None
        self._predictions: Predictions | None = None
        self._columns: list[Column] = []
        self._layouts: dict[int, Layout] = {}

    def show(self, data: Dataset, predictions: Predictions) -> None:
        """Show these predictions."""
        if data is not self._data:
            self._columns, self._layouts = prediction_columns(data), {}
        self._data, self._predictions = data, predictions
        self.virtual_size = Size(self.size.width, data.Y.size + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line at `y` of the visible part; the heading stays."""
        width = self.scrollable_content_region.width
        if self._data is None or self._predictions is None:
            return Strip.blank(width, self.rich_style)
        if width not in self._layouts:
            self._layouts[width] = fit(self._columns, width)
        layout, index, style = self._layouts[width], y + self.scroll_offset.y - 1, self.rich_style
        if y == 0:
            text, style = layout.heading(), style + Style(dim=True)
        elif index < self._data.Y.size:
            text = _row(layout, self._data, self._predictions, index)
        else:
            return Strip.blank(width, self.rich_style)
        return Strip([Segment(text, style)]).adjust_cell_length(width, self.rich_style)


def prediction_columns(data: Dataset) -> list[Column]:
    """The columns of these data; one output needs no number."""
    targets = [float(value) for value in data.Y.flat] if data.Y.size <= MOST_MEASURED else [-1.2345678e-300]
    return [
        Column("sample", "sample", counts(data.samples), drop=3),
        *([Column("output", "output", counts(data.outputs), drop=4)] if data.outputs > 1 else []),
        Column("target", "target", _target_ways(targets), drop=5),
        *(Column(side.label, side.label, fixed_ways(), drop=1) for side in SideName),
        Column("gap", "Δ", signed_ways(), drop=2),
    ]


def _target_ways(targets: Iterable[float]) -> tuple[Way, ...]:
    return measured([partial(trimmed, digits=digits) for digits in TARGET_DIGITS], targets)


def _row(layout: Layout, data: Dataset, predictions: Predictions, index: int) -> str:
    sample, output = divmod(index, data.outputs)
    numpy, pytorch = predictions.numpy[sample, output], predictions.pytorch[sample, output]
    return layout.line(
        {
            "sample": sample + 1,
            "output": output + 1,
            "target": data.Y[sample, output],
            SideName.NUMPY.label: numpy,
            SideName.PYTORCH.label: pytorch,
            "gap": gap_value(numpy, pytorch, Unit.ABSOLUTE),
        }
    )
