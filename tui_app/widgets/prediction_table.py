"""Targets and both networks' predictions, a line for each sample and output; only the visible lines are made."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from engine.data import Dataset
from engine.predictions import Predictions
from tui_app.widgets.still_scroll import StillScrollView


class PredictionTable(StillScrollView, can_focus=True):
    """A scrolling table."""

    def __init__(self) -> None:
        super().__init__(id="predictions-table")
        self._data: Dataset | None = None
        self._predictions: Predictions | None = None

    def show(self, data: Dataset, predictions: Predictions) -> None:
        """Show these predictions."""
        self._data, self._predictions = data, predictions
        self.virtual_size = Size(self.size.width, data.Y.size + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line at `y` of the visible part; the heading stays."""
        width, data, predictions = self.size.width, self._data, self._predictions
        if data is None or predictions is None:
            return Strip.blank(width, self.rich_style)
        if y == 0:
            text = f"{'sample':>7}{'output':>7}{'target':>12}{'by hand':>14}{'PyTorch':>14}{'Δ':>11}"
            return Strip([Segment(text, self.rich_style + Style(dim=True))]).adjust_cell_length(width, self.rich_style)
        index = y + self.scroll_offset.y - 1
        if index >= data.Y.size:
            return Strip.blank(width, self.rich_style)
        sample, output = divmod(index, data.outputs)
        numpy, pytorch = float(predictions.numpy[sample, output]), float(predictions.pytorch[sample, output])
        gap = numpy - pytorch
        text = (
            f"{sample + 1:>7}{output + 1:>7}{data.Y[sample, output]:>12.6g}{numpy:>14.8f}{pytorch:>14.8f}"
            f"{'0' if gap == 0 else f'{gap:+.1e}':>11}"
        )
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(width, self.rich_style)
