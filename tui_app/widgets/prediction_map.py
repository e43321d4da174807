"""Both networks' output over the plane and their difference, shaded, with the data points on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from engine.experiment.data import Dataset
from engine.number_text import number
from engine.run.class_answers import ClassMap
from engine.run.predictions import PredictionMap
from engine.types import FloatArray
from tui_app.text.columns import trimmed
from tui_app.theme_colors import theme_rgb

SHADES = " ░▒▓█"
POINTS = "○●"
"""A target in the lower and in the upper half of the targets' range."""

GAP = 2
TALL = 20
"""From this many lines on the maps stand two above one, if there is no room for three abreast."""


class PredictionMaps(Widget):
    """Three maps: by hand, PyTorch, |Δ|."""

    def __init__(self) -> None:
        super().__init__()
        self._data: Dataset | None = None
        self._map: PredictionMap | None = None
        self._key: object = None
        self._lines: list[Strip] = []

    def show(self, data: Dataset, plane: PredictionMap) -> None:
        """Draw this map."""
        if plane is not self._map:
            self._data, self._map, self._key = data, plane, None
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line; the whole is drawn when something has changed."""
        key = (self.size, self.app.theme)
        if self._key != key:
            self._key, self._lines = key, self._draw()
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width, self.rich_style)

    def _draw(self) -> list[Strip]:
        if self._data is None or self._map is None:
            return []
        plane, targets = self._map, self._data.Y
        low, high = float(targets.min()), float(targets.max())
        gap = np.abs(plane.numpy.astype(float) - plane.pytorch.astype(float))
        largest = float(np.nanmax(gap)) if np.isfinite(gap).any() else 0.0
        columns = 2 if self.size.height >= TALL and self.size.width < 2 * self.size.height else 3
        width = (self.size.width - GAP * (columns - 1)) // columns
        if width < 1:
            return []
        height = max(1, min((self.size.height - 1) // -(-3 // columns) - 1, width // 2))
        size = (min(width, 3 * height), height)
        panels = [
            self._panel(["by hand"], plane.numpy, (low, high), "$text-primary", size, width),
            self._panel(["PyTorch"], plane.pytorch, (low, high), "$text-warning", size, width),
            self._panel(gap_titles(largest), gap, (0.0, largest), "$text-error", size, width),
        ]
        dim = self.rich_style + Style(dim=True)
        if columns == 2:
            # The fourth place is free.
            labels = [longest_fitting(forms, width) for forms in zip(*_labels(plane, low, high), strict=True)]
            lines = [[], *([Segment(text.ljust(width), dim)] for text in labels)]
            panels.append([*lines, *([] for _ in range(height))][: height + 1])
            return self._arranged(panels, columns)
        text = keys_line(_labels(plane, low, high), self.size.width)
        return [*self._arranged(panels, columns), self._strip([Segment(text, dim)])]

    def _arranged(self, panels: list[list[list[Segment]]], columns: int) -> list[Strip]:
        """Panels beside each other, and what is left below."""
        blank = Segment(" " * GAP, self.rich_style)
        rows = [panels[start : start + columns] for start in range(0, len(panels), columns)]
        return [
            self._strip([segment for part in parts for segment in (*part, blank)])
            for row in rows
            for parts in zip(*row, strict=True)
        ]

    def _strip(self, segments: list[Segment]) -> Strip:
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _panel(
        self,
        titles: list[str],
        values: FloatArray,
        span: tuple[float, float],
        color: str,
        size: tuple[int, int],
        room: int,
    ) -> list[list[Segment]]:
        """A title and a picture below it, as wide as the picture, or as the title where that is wider."""
        width, height = size
        title = longest_fitting(titles, room)
        around = max(0, len(title) - width)
        before, after = " " * (around // 2), " " * (around - around // 2)
        bright = Style(color="rgb({},{},{})".format(*theme_rgb(self.app, color)))
        plain = self.rich_style
        lines = [[Segment("".join(row), plain + bright)] for row in _shaded(values, span, width, height)]
        self._add_points(lines, width, height, plain + Style(bold=True))
        heading = Segment(title.center(width + around), plain + bright + Style(bold=True))
        return [[heading], *([Segment(before, plain), *line, Segment(after, plain)] for line in lines)]

    def _add_points(self, lines: list[list[Segment]], width: int, height: int, style: Style) -> None:
        assert self._data is not None
        assert self._map is not None
        rows, columns = places(self._data.X, self._map, width, height)
        middle = (self._data.Y.min() + self._data.Y.max()) / 2
        for row, column, target in zip(rows.tolist(), columns.tolist(), self._data.Y[:, 0], strict=True):
            strip = Strip(lines[row])
            glyph = Segment(POINTS[int(target > middle)], style)
            before, after = strip.crop(0, column), strip.crop(column + 1)
            lines[row] = [*before, glyph, *after]


def gap_titles(largest: float) -> list[str]:
    """Above the map of the gap, from what is to be said down to what fits anywhere."""
    return [f"|Δ|, to {number(largest)}", f"|Δ| ≤ {number(largest)}", f"|Δ| ≤ {number(largest, 1)}", "|Δ|"]


def _labels(plane: PredictionMap, low: float, high: float) -> list[list[str]]:
    """What arrows, points and shades stand for: in many words, in few, and in fewer digits."""
    forms = []
    for words, digits in (("target ", 3), ("", 3), ("", 2)):
        axes = axis_labels(plane, digits)
        points = [f"{point} {words}{trimmed(value)}" for point, value in zip(POINTS, (low, high), strict=True)]
        shades = f"{'shade ' if words else ''}{SHADES[1]} {trimmed(low)} to {SHADES[-1]} {trimmed(high)}"
        forms.append([*axes, *points, shades])
    return forms


def axis_labels(plane: PredictionMap | ClassMap, digits: int) -> list[str]:
    """From where to where the inputs go."""
    return [
        f"{arrow} {trimmed(least, digits)} to {trimmed(greatest, digits)}"
        for arrow, (least, greatest) in (("→", plane.x_range), ("↑", plane.y_range))
    ]


def keys_line(forms: list[list[str]], width: int) -> str:
    """All parts in the longest form that fits in a line; else as many as fit in the shortest, the points first."""
    for parts in forms:
        for gap in ("   ", "  "):
            if len(gap.join(parts)) <= width:
                return gap.join(parts)
    *axes, first, second, shades = forms[-1]
    text = ""
    for part in (f"{first}  {second}", shades, *axes):
        longer = f"{text}  {part}" if text else part
        text = longer if len(longer) <= width else text
    return text


def longest_fitting(forms: Sequence[str], room: int) -> str:
    """The first that fits; nothing if none does."""
    return next((form for form in forms if len(form) <= room), "")


def _shaded(values: FloatArray, span: tuple[float, float], width: int, height: int) -> NDArray[np.str_]:
    """The glyph of each cell, top row first: the nearest point of the map, in steps between the ends of `span`."""
    cells = values[np.ix_(nearest(len(values), height)[::-1], nearest(len(values), width))].astype(float)
    share = (cells - span[0]) / (span[1] - span[0] or 1)
    level = np.clip(np.nan_to_num(share, nan=0.0) * len(SHADES), 0, len(SHADES) - 1).astype(int)
    shaded: NDArray[np.str_] = np.array(list(SHADES))[level]
    return shaded


def nearest(side: int, cells: int) -> NDArray[np.int64]:
    """The point of a map with so many along an axis that is nearest to each of so many cells."""
    return np.rint(np.linspace(0, side - 1, cells)).astype(np.int64)


def places(
    X: FloatArray, plane: PredictionMap | ClassMap, width: int, height: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cell of each data point: rows from the top, and columns."""
    share_x = (X[:, 0] - plane.x_range[0]) / (plane.x_range[1] - plane.x_range[0])
    share_y = (X[:, 1] - plane.y_range[0]) / (plane.y_range[1] - plane.y_range[0])
    columns = np.rint(share_x * (width - 1)).astype(np.int64)
    rows = np.rint((1 - share_y) * (height - 1)).astype(np.int64)
    return rows, columns
