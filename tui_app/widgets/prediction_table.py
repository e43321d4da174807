"""Targets and both networks' predictions, a line for each sample and output, or for each sample where they are classes;
only the visible lines are made.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from engine.experiment.choices import SideName
from engine.experiment.data import Dataset
from engine.run.predictions import Predictions
from tui_app.text.class_rows import ClassRows
from tui_app.text.columns import Column, Layout, Way, counts, fit, fixed_ways, measured, signed_ways, trimmed
from tui_app.text.gaps import gap_value
from tui_app.text.lines import DIFFERENT, DIM, HIDES, Line
from tui_app.view_state import Unit
from tui_app.widgets.still_scroll import StillScrollView

MOST_MEASURED = 10_000
"""Targets that are written out to see how wide they are; of more, the widest possible is taken."""

TARGET_DIGITS = (6, 4, 3, 2)


class PredictionTable(StillScrollView, can_focus=True):
    """A scrolling table."""

    COMPONENT_CLASSES = {f"role--{role}" for role in (DIFFERENT, HIDES)}

    def __init__(self) -> None:
        super().__init__(id="predictions-table")
        self._data: Dataset | None = None
        self._predictions: Predictions | None = None
        self._columns: list[Column] = []
        self._layouts: dict[int, Layout] = {}
        self._class_rows: ClassRows | None = None

    def show(self, data: Dataset, predictions: Predictions) -> None:
        """Show these predictions."""
        answers = predictions.classes
        if data is not self._data or (answers is None) is not (self._class_rows is None):
            ascii = getattr(self.app, "ascii", False)
            self._class_rows = None if answers is None else ClassRows(answers.names, data.samples, ascii)
            self._columns, self._layouts = prediction_columns(data) if answers is None else [], {}
        self._data, self._predictions = data, predictions
        self.virtual_size = Size(self.size.width, self._count + 1)
        self.refresh()

    @property
    def _count(self) -> int:
        if self._data is None:
            return 0
        return self._data.Y.size if self._class_rows is None else self._data.samples

    def render_line(self, y: int) -> Strip:
        """The line at `y` of the visible part; the heading stays."""
        width, base = self.scrollable_content_region.width, self.rich_style
        index = y + self.scroll_offset.y - 1
        if self._data is None or self._predictions is None or (y > 0 and index >= self._count):
            return Strip.blank(width, base)
        line = self._heading(width) if y == 0 else self._row(index, width)
        return Strip([Segment(text, self._styled(role)) for text, role in line]).adjust_cell_length(width, base)

    def _styled(self, role: str) -> Style:
        if role == DIM:
            return self.rich_style + Style(dim=True)
        base = self.rich_style
        return base + self.get_component_rich_style(f"role--{role}", partial=True) if role else base

    def _heading(self, width: int) -> Line:
        return [(self._layout(width).heading(), DIM)] if self._class_rows is None else self._class_rows.heading(width)

    def _row(self, index: int, width: int) -> Line:
        assert self._data is not None
        assert self._predictions is not None
        if self._class_rows is not None and self._predictions.classes is not None:
            return self._class_rows.row(self._predictions.classes, index, width)
        return [(_row(self._layout(width), self._data, self._predictions, index), "")]

    def _layout(self, width: int) -> Layout:
        if width not in self._layouts:
            self._layouts[width] = fit(self._columns, width)
        return self._layouts[width]


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
