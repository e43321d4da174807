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

Rgb = tuple[int, int, int]
LARGEST = 1e300
"""plotext computes ranges in float64; values beyond this would overflow there."""

COINCIDENCE_COLUMNS = 5
"""Where two curves lie on each other their colours take turns, so many columns each."""


@dataclass(frozen=True)
class Series:
    """One curve to draw."""

    curve: Curve
    color: Rgb


@dataclass(frozen=True)
class PlotStyle:
    """What a plot looks like besides its curves."""

    text: Rgb = (160, 160, 160)
    marker: str = "braille"


def is_signed(curve: Curve) -> bool:
    """Whether a log axis cannot show the curve: somewhere it is below zero."""
    return bool(len(curve.low) and curve.low.min() < 0)


def draw(series: list[Series], width: int, height: int, log: bool, style: PlotStyle | None = None) -> str:
    """The curves in a frame with axes, as ANSI text of `height` lines; later series lie on top.

    On a log axis values that are not positive are left out. An empty string if there is nothing to draw.
    """
    style = style or PlotStyle()
    columns = max(2, 2 * (width - 10))
    drawn = [(one.color, *_points(one.curve, columns, log)) for one in series]
    drawn = [(color, x, y) for color, x, y in drawn if len(x)]
    if not drawn or width < 20 or height < 5:
        return ""
    plotext.clear_figure()
    plotext.plotsize(width, height)
    plotext.canvas_color("default")
    plotext.axes_color("default")
    plotext.ticks_color(style.text)
    for color, x, y in drawn:
        _plot(x, y, color, style)
    low = min(float(y.min()) for _, _, y in drawn)
    high = max(float(y.max()) for _, _, y in drawn)
    if len(drawn) > 1:
        _alternate(drawn[-2], drawn[-1], (high - low) / (4 * height), columns, style)
    _set_axes(drawn, low, high, height, log)
    text: str = plotext.build()
    return text


def _points(curve: Curve, columns: int, log: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """Finite points, at most two for a group: its least and greatest value."""
    thin = curve.reduced(columns)
    low = np.clip(thin.low, -LARGEST, LARGEST)
    high = np.clip(thin.high, -LARGEST, LARGEST)
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = np.log10(low), np.log10(high)
        # A group that reaches down to zero still has its greatest value to show.
        low = np.where(np.isfinite(low), low, high)
    epochs = thin.epochs.astype(float)
    if len(epochs):
        epochs[-1] = thin.last_epoch
    x = np.repeat(epochs, 2)
    y = np.column_stack([low, high]).ravel()
    keep = np.isfinite(y)
    keep[1::2] &= low != high
    return x[keep], y[keep]


def _plot(x: NDArray[Any], y: NDArray[Any], color: Rgb, style: PlotStyle) -> None:
    plotext.plot(x.tolist(), y.tolist(), marker=style.marker, color=color)


def _alternate(
    below: tuple[Rgb, NDArray[Any], NDArray[Any]],
    above: tuple[Rgb, NDArray[Any], NDArray[Any]],
    dot: float,
    columns: int,
    style: PlotStyle,
) -> None:
    """Where the two upper curves are less than a dot apart, draw the lower one over the upper one in turns."""
    color, x, y = below
    if len(x) != len(above[1]) or not np.array_equal(x, above[1]):
        return
    close = np.abs(y - above[2]) <= dot
    turn = (np.arange(len(x)) * columns // max(len(x), 1) // (2 * COINCIDENCE_COLUMNS)) % 2 == 0
    chosen = close & turn
    edges = np.flatnonzero(np.diff(chosen.astype(int), prepend=0, append=0))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        _plot(x[start:end], y[start:end], color, style)


def _set_axes(
    drawn: list[tuple[Rgb, NDArray[Any], NDArray[Any]]], low: float, high: float, height: int, log: bool
) -> None:
    first = min(float(x[0]) for _, x, _ in drawn)
    last = max(float(x[-1]) for _, x, _ in drawn)
    if last > first:
        ticks = _epoch_ticks(first, last)
        plotext.xlim(first, last)
        plotext.xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    if high - low <= 1e-12 * max(abs(high), abs(low)):
        # A flat curve has no range of its own.
        margin = 0.5 if log else (abs(high) or 1.0) / 2
        low, high = low - margin, high + margin
        plotext.ylim(low, high)
    ticks, labels = _y_ticks(low, high, max(2, min(7, height // 3)), log)
    plotext.yticks(ticks, labels)


def _epoch_ticks(first: float, last: float) -> list[float]:
    """The first epoch and round numbers after it."""
    span = last - first
    unit = 10 ** math.floor(math.log10(max(span, 1)))
    step = next(factor * unit for factor in (0.2, 0.5, 1, 2, 5) if span / (factor * unit) <= 6)
    step = max(1, round(step))
    return [first, *(float(tick) for tick in range(step, int(last) + 1, step) if tick - first > span / 12)]


def _y_ticks(low: float, high: float, count: int, log: bool) -> tuple[list[float], list[str]]:
    if log and math.floor(high) - math.ceil(low) >= 1:
        decades = list(range(math.ceil(low), math.floor(high) + 1))
        decades = decades[:: -(-len(decades) // count)]
        return [float(decade) for decade in decades], [f"1e{decade:+03d}" for decade in decades]
    ticks = np.linspace(low, high, count).tolist()
    values = [10**tick for tick in ticks] if log else ticks
    return ticks, [_number(value, (high - low) if not log else values[-1] - values[0]) for value in values]


def _number(value: float, span: float) -> str:
    """Enough digits to tell neighbouring ticks apart, always in one width."""
    if span and 1e-3 <= abs(span) < 1e4 and abs(value) < 1e5:
        return f"{value:.{max(0, 3 - math.floor(math.log10(abs(span))))}f}"[:8]
    return f"{value:.1e}"
