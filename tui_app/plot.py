"""Curves drawn with plotext: cleaned, taken to log10 and thinned first, so that nothing a run produces can upset it.

Used by the explorer's charts and by the headless report.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotext
from numpy.typing import NDArray

from engine.history import Curve
from tui_app.raster import BRAILLE, Dots, braille, rasterize

Rgb = tuple[int, int, int]
LARGEST = 1e300
"""Ranges are computed in float64; values beyond this would overflow there."""

SMALLEST = 1e-290
"""A range below this cannot be divided by."""

TURN_COLUMNS = 6
"""Where curves share a cell their colours take turns, so many columns each: neither hides the other."""

GREY: Rgb = (160, 160, 160)


@dataclass(frozen=True)
class Series:
    """One curve to draw. `faint` ones never take the colour of a shared cell."""

    curve: Curve
    color: Rgb
    faint: bool = False


@dataclass(frozen=True)
class _Line:
    """A cleaned series: x, and the least and greatest y there."""

    x: NDArray[Any]
    low: NDArray[Any]
    high: NDArray[Any]
    series: Series


@dataclass(frozen=True)
class _Frame:
    """The axes: ranges, ticks with their labels, and the cells inside."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    y_ticks: list[float]
    y_labels: list[str]
    columns: int
    rows: int


@dataclass(frozen=True)
class Picture:
    """A drawn chart: ANSI text, and where the epochs of `x_range` lie on it."""

    text: str
    left: int
    columns: int
    x_range: tuple[float, float]

    def column(self, epoch: int) -> int | None:
        """The column that an epoch is drawn in, if it is in the picture."""
        share = (epoch - self.x_range[0]) / (self.x_range[1] - self.x_range[0])
        return self.left + round(share * (self.columns - 1)) if 0 <= share <= 1 else None

    def epoch(self, column: int) -> int | None:
        """The epoch that is drawn in a column, if the column lies inside the frame."""
        share = (column - self.left) / max(1, self.columns - 1)
        inside = 0 <= share <= 1
        return round(self.x_range[0] + share * (self.x_range[1] - self.x_range[0])) if inside else None


def is_signed(curve: Curve) -> bool:
    """Whether a log axis cannot show the curve: somewhere it is below zero."""
    return bool(len(curve.low) and curve.low.min() < 0)


def draw(series: list[Series], width: int, height: int, log: bool, text_color: Rgb = GREY) -> str:
    """The curves in a frame with axes, as ANSI text of `height` lines.

    On a log axis values that are not positive are left out. An empty string if there is nothing to draw.
    """
    drawn = picture(series, width, height, log, text_color)
    return "" if drawn is None else drawn.text


def picture(
    series: list[Series],
    width: int,
    height: int,
    log: bool,
    text_color: Rgb = GREY,
    epochs: tuple[int, int] | None = None,
) -> Picture | None:
    """As `draw`, of the epochs from first to last if given; nothing if there is nothing to draw."""
    lines = [line for one in series if (line := _clean(one, 2 * width, log, epochs)) is not None]
    if not lines or width < 20 or height < 5:
        return None
    frame = _frame(lines, width, height, log)
    plotext.clear_figure()
    # The chart may be larger than what plotext takes for the terminal: $LINES of another window, say.
    plotext.limit_size(False, False)
    plotext.plotsize(width, height)
    plotext.canvas_color("default")
    plotext.axes_color("default")
    plotext.ticks_color(text_color)
    plotext.xlim(0, frame.columns - 1)
    plotext.ylim(0, frame.rows - 1)
    _draw_cells(lines, frame)
    _draw_ticks(frame)
    return Picture(plotext.build(), width - 1 - frame.columns, frame.columns, frame.x_range)


def _clean(series: Series, groups: int, log: bool, epochs: tuple[int, int] | None) -> _Line | None:
    curve = (series.curve if epochs is None else series.curve.between(*epochs)).reduced(groups)
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


def _frame(lines: list[_Line], width: int, height: int, log: bool) -> _Frame:
    first, last = min(line.x[0] for line in lines), max(line.x[-1] for line in lines)
    low, high = min(line.low.min() for line in lines), max(line.high.max() for line in lines)
    if high - low <= max(1e-12 * max(abs(high), abs(low)), SMALLEST):
        # A flat curve has no range of its own.
        margin = 0.5 if log else (abs(high) if abs(high) > SMALLEST else 1.0) / 2
        low, high = low - margin, high + margin
    ticks, labels = _y_ticks(float(low), float(high), max(2, min(7, height // 3)), log)
    columns = width - 2 - max(len(label) for label in labels)
    return _Frame((float(first), float(max(last, first + 1))), (low, high), ticks, labels, columns, height - 3)


def _draw_cells(lines: list[_Line], frame: _Frame) -> None:
    """One character for each cell that a curve touches, with the dots of all curves there."""
    size = (frame.columns, frame.rows)
    layers: list[Dots] = [rasterize(line.x, line.low, line.high, size, frame.x_range, frame.y_range) for line in lines]
    glyphs = braille(np.logical_or.reduce(layers))
    touched = np.array([braille(layer) != BRAILLE for layer in layers])
    owner = _owners(touched, np.array([line.series.faint for line in lines]))
    rows, columns = np.nonzero(owner >= 0)
    # One call for all: each costs plotext a pass over the whole picture.
    plotext.scatter(
        columns.tolist(),
        (frame.rows - 1 - rows).tolist(),
        marker=[chr(code) for code in glyphs[rows, columns]],
        color=[lines[index].series.color for index in owner[rows, columns]],
    )


def _owners(touched: NDArray[np.bool_], faint: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Which curve colours each cell: turns for those that share it, faint ones last; −1 for an empty cell."""
    owner = np.full(touched.shape[1:], -1)
    for kind in (True, False):
        chosen = [index for index in range(len(touched)) if bool(faint[index]) is kind]
        for turn, index in enumerate(chosen):
            mine = (np.arange(touched.shape[2]) // TURN_COLUMNS) % max(1, len(chosen)) == turn
            alone = ~np.logical_or.reduce(
                [touched[other] for other in chosen if other != index] or [touched[0] & False]
            )
            owner[touched[index] & (mine | alone)] = index
        for index in chosen:
            owner[touched[index] & (owner == -1)] = index
    return owner


def _draw_ticks(frame: _Frame) -> None:
    def place(value: float, low: float, high: float, cells: int) -> float:
        return (value - low) / (high - low) * (cells - 1)

    ticks = _epoch_ticks(*frame.x_range, frame.columns)
    plotext.xticks([place(tick, *frame.x_range, frame.columns) for tick in ticks], [f"{tick:,.0f}" for tick in ticks])
    plotext.yticks([place(tick, *frame.y_range, frame.rows) for tick in frame.y_ticks], frame.y_labels)


def _epoch_ticks(first: float, last: float, columns: int) -> list[float]:
    """The first epoch and round numbers after it, so far apart that no label reaches another's place.

    plotext sets labels down in the order of a Python set, which no two processes share: where labels touch, another one
    would be left out each time.
    """
    span = last - first
    least = span * (2 * len(f"{last:,.0f}") + 1) / columns
    unit = 10.0 ** math.floor(math.log10(max(least, 1)))
    step = max(1, round(next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= least)))
    round_numbers = range(step * math.ceil(first / step), int(last) + 1, step)
    return [first, *(float(tick) for tick in round_numbers if tick - first >= least)]


def _y_ticks(low: float, high: float, count: int, log: bool) -> tuple[list[float], list[str]]:
    if log and math.floor(high) - math.ceil(low) >= 1:
        decades = list(range(math.ceil(low), math.floor(high) + 1))
        decades = decades[:: -(-len(decades) // count)]
        return [float(decade) for decade in decades], [f"1e{decade:+03d}" for decade in decades]
    ticks = np.linspace(low, high, count).tolist()
    values = [10**tick for tick in ticks] if log else ticks
    span = values[-1] - values[0]
    return ticks, [_number(value, span) for value in values]


def _number(value: float, span: float) -> str:
    """Enough digits to tell neighbouring ticks apart."""
    largest = max(abs(value), abs(span))
    if span and abs(span) >= 1e-4 and largest < 1e5:
        digits = max(0, 2 - math.floor(math.log10(abs(span))))
        # Adding zero turns −0.0 into 0.0: an axis has only one.
        return f"{round(value, digits) + 0.0:.{digits}f}"
    return f"{value:.{_digits(value, span)}e}"


def _digits(value: float, span: float) -> int:
    if not span or not value:
        return 1
    return max(1, min(6, 2 + math.floor(math.log10(abs(value))) - math.floor(math.log10(abs(span)))))
