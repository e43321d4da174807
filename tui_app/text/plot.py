"""Curves drawn with plotext: cleaned, taken to log10 and put on a grid of dots first, so that no run can upset it.

Used by the explorer's charts and by the headless report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.run.history import Curve
from tui_app.text.curve_names import Name, names_at_ends
from tui_app.text.marks import HAND_MARK, Drawing, is_dotted
from tui_app.text.raster import BRAILLE, DOTS_ACROSS, DOTS_DOWN, braille, cell, owners, rasterize
from tui_app.text.ticks import Ticks, epoch_ticks, log_ticks, value_ticks

Rgb = tuple[int, int, int]
Range = tuple[float, float]

LARGEST = 1e300
"""Ranges are computed in float64; values beyond this would overflow there."""

SMALLEST = 1e-290
"""A range below this cannot be divided by."""

LEAST_WIDTH, LEAST_HEIGHT = 20, 5
"""Of a chart, frame and labels included."""

BELOW_ZERO = DOTS_DOWN + 0.25
"""Dots between the bottom of the axis and zero: a whole row of text lies below the line, and rounding takes no dot."""

ZERO_LINE = {Drawing.COLORS: "╌", Drawing.MARKS: "╌", Drawing.ASCII: "-"}

GREY: Rgb = (160, 160, 160)


@dataclass(frozen=True)
class Series:
    """One curve to draw. `faint` ones never take a shared cell; `mark` is its sign where colours are not enough.

    A `name` is written at the curve's end where there is room.
    """

    curve: Curve
    color: Rgb
    faint: bool = False
    mark: str = HAND_MARK
    name: str = ""


@dataclass(frozen=True)
class _Line:
    """A cleaned series: x, and the least and greatest y there."""

    x: NDArray[Any]
    low: NDArray[Any]
    high: NDArray[Any]
    series: Series


@dataclass(frozen=True)
class _Frame:
    """The axes: ranges, ticks, whether zero has a line, and the cells inside."""

    x_range: Range
    y_range: Range
    x_ticks: Ticks
    y_ticks: Ticks
    zero: bool
    columns: int
    rows: int

    def column(self, x: float) -> int:
        """From the left."""
        return cell(x, self.x_range, self.columns, DOTS_ACROSS)

    def row(self, y: float) -> int:
        """From the bottom."""
        return cell(y, self.y_range, self.rows, DOTS_DOWN)


@dataclass(frozen=True)
class Picture:
    """A drawn chart: ANSI text, and where the epochs of `x_range` lie on it."""

    text: str
    left: int
    columns: int
    x_range: Range

    def column(self, epoch: int) -> int | None:
        """The column that an epoch is drawn in, if it is in the picture."""
        first, last = self.x_range
        return self.left + cell(epoch, self.x_range, self.columns, DOTS_ACROSS) if first <= epoch <= last else None

    def epoch(self, column: int) -> int | None:
        """The epoch that is drawn in a column, if the column lies inside the frame; the axis may begin before it."""
        share = (column - self.left) / max(1, self.columns - 1)
        inside = 0 <= share <= 1
        return max(1, round(self.x_range[0] + share * (self.x_range[1] - self.x_range[0]))) if inside else None


def is_signed(curve: Curve) -> bool:
    """Whether a log axis cannot show the curve: somewhere it is below zero."""
    return curve.least < 0


def draw(
    series: list[Series],
    width: int,
    height: int,
    log: bool,
    text_color: Rgb = GREY,
    drawing: Drawing = Drawing.COLORS,
    zero: bool = False,
) -> str:
    """The curves in a frame with axes, as ANSI text of `height` lines.

    On a log axis values that are not positive are left out. A linear one has a line at zero where a value lies below
    it, or if `zero` is wanted. An empty string if there is nothing to draw.
    """
    drawn = picture(series, width, height, log, text_color, None, drawing, zero)
    return "" if drawn is None else drawn.text


def picture(
    series: list[Series],
    width: int,
    height: int,
    log: bool,
    text_color: Rgb = GREY,
    epochs: tuple[int, int] | None = None,
    drawing: Drawing = Drawing.COLORS,
    zero: bool = False,
    axis: tuple[int, int] | None = None,
) -> Picture | None:
    """As `draw`, of the epochs from first to last if given; nothing if there is nothing to draw.

    The axis of epochs is that of the curves, or begins at the first of `axis` and goes on to the last.
    """
    parts = [replace(one, curve=one.curve if epochs is None else one.curve.between(*epochs)) for one in series]
    lines = [line for one in parts if (line := _clean(one, log)) is not None]
    if not lines or width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return None
    first, last = _span([one.curve for one in parts])
    if axis is not None:
        first, last = float(axis[0]), max(last, float(axis[1]))
        lines = [_from(line, first) for line in lines]
    span = first, last
    frame = _frame(lines, span, width, height, log, zero, epochs is not None)
    # The explorer's first picture has no chart, and need not wait for this.
    import plotext

    plotext.clear_figure()
    # The chart may be larger than what plotext takes for the terminal: $LINES of another window, say.
    plotext.limit_size(False, False)
    plotext.plotsize(width, height)
    plotext.canvas_color("default")
    plotext.axes_color("default")
    plotext.ticks_color(text_color)
    plotext.xlim(0, frame.columns - 1)
    plotext.ylim(0, frame.rows - 1)
    _draw_cells(lines, frame, drawing, text_color)
    plotext.xticks([frame.column(place) for place in frame.x_ticks.places], list(frame.x_ticks.labels))
    plotext.yticks([frame.row(place) for place in frame.y_ticks.places], list(frame.y_ticks.labels))
    return Picture(plotext.build(), width - 1 - frame.columns, frame.columns, frame.x_range)


def axis_of(curves: list[Curve], epochs: tuple[int, int] | None) -> tuple[int, int] | None:
    """Where the axis of these curves begins and ends, of the epochs from first to last if given; none if there is
    nothing to draw.
    """
    parts = [part for curve in curves if len((part := curve if epochs is None else curve.between(*epochs)).epochs)]
    if not parts:
        return None
    return min(int(part.epochs[0]) for part in parts), max(part.last_epoch for part in parts)


def _from(line: _Line, first: float) -> _Line:
    """From that epoch on: a curve of few points comes from one before it."""
    if line.x[0] >= first:
        return line
    after = line.x > first
    x = np.concatenate([[first], line.x[after]])
    low, high = (np.concatenate([[np.interp(first, line.x, one)], one[after]]) for one in (line.low, line.high))
    return _Line(x, low, high, line.series)


def _span(curves: list[Curve]) -> Range:
    """The first and the last epoch, also of what is not drawn: charts that stand above each other have one axis."""
    trained = [curve for curve in curves if len(curve.epochs)]
    return float(min(curve.epochs[0] for curve in trained)), float(max(curve.last_epoch for curve in trained))


def _clean(series: Series, log: bool) -> _Line | None:
    curve = series.curve
    low, high = np.clip(curve.low, -LARGEST, LARGEST), np.clip(curve.high, -LARGEST, LARGEST)
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = np.log10(low), np.log10(high)
        # A group that reaches down to zero still has its greatest value to show.
        low = np.where(np.isfinite(low), low, high)
    x = curve.epochs.astype(float)
    if len(x) > 1:
        x[-1] = curve.last_epoch
    keep = np.isfinite(low) & np.isfinite(high)
    return _Line(x[keep], low[keep], high[keep], series) if keep.any() else None


def _frame(lines: list[_Line], span: Range, width: int, height: int, log: bool, zero: bool, zoomed: bool) -> _Frame:
    low, high = float(min(line.low.min() for line in lines)), float(max(line.high.max() for line in lines))
    zero = not log and (zero or low < 0)
    columns, rows = width - 2, height - 3
    y_range = _y_range(low, high, log, rows if zero else 0)
    y_ticks = (log_ticks if log else value_ticks)(*y_range, rows)
    columns -= max(map(len, y_ticks.labels))
    first, last = span
    # A run starts at 0, before its first epoch.
    x_range = (first if zoomed and first > 1 else 0.0, max(last, first + 1))
    return _Frame(x_range, y_range, epoch_ticks(*x_range, columns), y_ticks, zero, columns, rows)


def _y_range(low: float, high: float, log: bool, rows_of_zero: int) -> Range:
    """What the values span, and more where they are all alike, or where zero is to have a line and room below it."""
    if rows_of_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= max(1e-12 * max(abs(high), abs(low)), SMALLEST):
        # A flat curve has no range of its own.
        margin = 0.5 if log else (abs(high) if abs(high) > SMALLEST else 1.0) / 2
        low, high = low - margin, high + margin
    if rows_of_zero:
        share = BELOW_ZERO / (rows_of_zero * DOTS_DOWN - 1)
        low = min(low, -high * share / (1 - share))
    return low, high


def _draw_cells(lines: list[_Line], frame: _Frame, drawing: Drawing, text_color: Rgb) -> None:
    """One character for each cell that a curve touches, then the line at zero and the names where cells are free."""
    import plotext

    size = (frame.columns, frame.rows)
    dots = [rasterize(line.x, line.low, line.high, size, frame.x_range, frame.y_range) for line in lines]
    codes = np.array([braille(layer) for layer in dots])
    owner = owners(codes != BRAILLE, np.array([line.series.faint for line in lines]))
    # Where curves of colours share a cell it has the dots of all; a sign takes a cell whole.
    glyphs = np.bitwise_or.reduce(codes) if drawing is Drawing.COLORS else _signs(lines, codes, owner, drawing)
    colors = [line.series.color for line in lines]
    if frame.zero:
        zero = owner[frame.rows - 1 - frame.row(0.0)]
        glyphs[frame.rows - 1 - frame.row(0.0), zero < 0] = ord(ZERO_LINE[drawing])
        zero[zero < 0] = len(lines)
        colors.append(text_color)
    names_at_ends(list(_names(lines, frame)), glyphs, owner)
    rows, columns = np.nonzero(owner >= 0)
    # One call for all: each costs plotext a pass over the whole picture.
    plotext.scatter(
        columns.tolist(),
        (frame.rows - 1 - rows).tolist(),
        marker=[chr(code) for code in glyphs[rows, columns]],
        color=[colors[index] for index in owner[rows, columns]],
    )


def _names(lines: list[_Line], frame: _Frame) -> Iterator[Name]:
    for index, line in enumerate(lines):
        if line.series.name:
            end = line.low[-1] + (line.high[-1] - line.low[-1]) / 2
            yield Name(line.series.name, index, frame.column(line.x[-1]), frame.rows - 1 - frame.row(end))


def _signs(
    lines: list[_Line], codes: NDArray[np.int64], owner: NDArray[np.int64], drawing: Drawing
) -> NDArray[np.int64]:
    signs = np.full(owner.shape, ord(" "))
    for index, line in enumerate(lines):
        mine = owner == index
        signs[mine] = codes[index][mine] if is_dotted(line.series.mark, drawing) else ord(line.series.mark)
    return signs
