"""The class that both networks answer over the plane, and where they differ, with the data on it."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from engine.experiment.data import Dataset
from engine.run.class_answers import ClassAnswers, ClassMap
from engine.run.classes import UNKNOWN, Classes
from engine.types import FloatArray
from tui_app.text.class_marks import GAP as LEGEND_GAP
from tui_app.text.class_marks import LegendLine, area_glyph, class_legend, point_glyph
from tui_app.theme_colors import theme_rgb
from tui_app.widgets.class_colors import ClassColors
from tui_app.widgets.prediction_map import GAP, axis_labels, longest_fitting, nearest, places

PANELS = 3
SHARE = 0.6
"""Of the lines there are, the most that the maps take from the table below them."""

NO_POINT = -1
SAME, DIFFER = "·", "≠"
"""In the third map."""

MapSize = tuple[int, int]
"""Columns and rows in cells."""


class ClassMaps(Widget):
    """Three maps beside each other: by hand, PyTorch, where they differ; below them what the letters stand for."""

    def __init__(self) -> None:
        super().__init__()
        self._data: Dataset | None = None
        self._answers: ClassAnswers | None = None
        self._key: object = None
        self._lines: list[Strip] = []

    def show(self, data: Dataset, answers: ClassAnswers) -> None:
        """Draw these answers' map."""
        if answers is not self._answers:
            new_height = data is not self._data or _has_unknown(answers) is not _has_unknown(self._answers)
            self._data, self._answers, self._key = data, answers, None
            self.refresh(layout=new_height)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Of the titles, the maps and the legend."""
        return min(int(container.height * SHARE), 1 + _room(width) // 2 + len(self._legend(width)))

    def render_line(self, y: int) -> Strip:
        """One line; the whole is drawn when something has changed."""
        key = (self.size, self.app.theme)
        if self._key != key:
            self._key, self._lines = key, self._draw()
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width, self.rich_style)

    def _draw(self) -> list[Strip]:
        if self._answers is None or self._data is None or self._answers.map is None:
            return []
        legend, room = self._legend(self.size.width), _room(self.size.width)
        height = min(room // 2, self.size.height - 1 - len(legend))
        if height < 1:
            return []
        plane, size = self._answers.map, (min(room, 3 * height), height)
        colors, base = ClassColors(self.app), self.rich_style
        points = class_points(self._data.X, self._answers.targets, plane, size)
        panels = [
            [self._title(["by hand"], "$text-primary", size), *_class_lines(plane.numpy, points, colors)],
            [self._title(["PyTorch"], "$text-warning", size), *_class_lines(plane.pytorch, points, colors)],
            [self._title(differ_titles(plane), "$text-error", size), *self._differing(plane, size)],
        ]
        lines = [
            [part for line in parts for part in (*line, Segment(" " * GAP))] for parts in zip(*panels, strict=True)
        ]
        for parts in legend:
            styled = [(text, Style() if number is None else colors.letter(number)) for text, number in parts]
            lines.append([part for text, style in styled for part in (Segment(text, style), Segment(LEGEND_GAP))])
        return [Strip(Segment.apply_style(line, base)).adjust_cell_length(self.size.width, base) for line in lines]

    def _legend(self, width: int) -> list[LegendLine]:
        if self._answers is None or self._answers.map is None:
            return []
        axes = [LEGEND_GAP.join(axis_labels(self._answers.map, digits)) for digits in (3, 2)]
        notes = [["capitals: the data", "capitals: data"], axes]
        return class_legend(self._answers.names, _has_unknown(self._answers), notes, width)

    def _title(self, forms: list[str], color: str, size: MapSize) -> list[Segment]:
        """As wide as the picture below it; a longer one would push the next picture aside."""
        text = longest_fitting(forms, size[0])
        return [Segment(text.center(size[0]), self._colored(color) + Style(bold=True))]

    def _differing(self, plane: ClassMap, size: MapSize) -> list[list[Segment]]:
        styles = {True: self._colored("$text-error") + Style(bold=True), False: Style(dim=True)}
        return [
            [Segment((DIFFER if differ else SAME) * len(list(run)), styles[differ]) for differ, run in groupby(row)]
            for row in differing_cells(plane, size).tolist()
        ]

    def _colored(self, color: str) -> Style:
        return Style(color="rgb({},{},{})".format(*theme_rgb(self.app, color)))


def differ_titles(plane: ClassMap) -> list[str]:
    """Above the map of where they differ, from what is to be said down to what fits anywhere."""
    count = int(np.count_nonzero(plane.differ))
    if count == 0:
        return ["differ nowhere", "same"]
    return [f"differ at {count:,} of {plane.differ.size:,}", f"differ at {count:,}", "differ"]


def class_points(X: FloatArray, targets: Classes, plane: ClassMap, size: MapSize) -> Classes:
    """The class of the last sample in each cell (rows, columns), `NO_POINT` where there is none."""
    cells = np.full(size[::-1], NO_POINT, np.int64)
    cells[places(X, plane, *size)] = targets
    return cells


def differing_cells(plane: ClassMap, size: MapSize) -> NDArray[np.bool_]:
    """The cells (rows, columns) with a point of the map on which the sides differ: not one is left out."""
    across, down = (nearest(len(plane.differ), cells) for cells in size)
    drawn: NDArray[np.bool_] = plane.differ[np.ix_(down, across)]
    rows, columns = np.nonzero(plane.differ)
    drawn[_cell_of(rows, len(plane.differ), size[1]), _cell_of(columns, len(plane.differ), size[0])] = True
    return drawn[::-1]


def _cell_of(points: NDArray[np.int64], side: int, cells: int) -> NDArray[np.int64]:
    return np.rint(points / (side - 1) * (cells - 1)).astype(np.int64)


def _class_lines(classes: Classes, points: Classes, colors: ClassColors) -> list[list[Segment]]:
    """A letter for the answer in each cell, a capital where a sample lies."""
    rows, columns = points.shape
    answers = classes[np.ix_(nearest(len(classes), rows)[::-1], nearest(len(classes), columns))]
    lines = []
    for answered, known in zip(answers.tolist(), points.tolist(), strict=True):
        line = []
        for (answer, point), run in groupby(zip(answered, known, strict=True)):
            glyph = area_glyph(answer) if point == NO_POINT else point_glyph(point)
            style = colors.area(answer) if point == NO_POINT else colors.point(answer)
            line.append(Segment(glyph * len(list(run)), style))
        lines.append(line)
    return lines


def _has_unknown(answers: ClassAnswers | None) -> bool:
    plane = answers and answers.map
    return bool(plane and ((plane.numpy == UNKNOWN).any() or (plane.pytorch == UNKNOWN).any()))


def _room(width: int) -> int:
    """Columns of a map."""
    return max(0, (width - GAP * (PANELS - 1)) // PANELS)
