"""Curves on a grid of braille dots, in NumPy: two dots across and four down in each cell of the terminal.

plotext's own braille lines cost up to twenty milliseconds a curve; this leaves plotext the frame, the axes and one
character for each cell that is touched.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

DOTS_ACROSS, DOTS_DOWN = 2, 4
BRAILLE = 0x2800
DOT_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""The bit of each dot in Unicode's braille block, from the top row down."""

TURN_COLUMNS = 6
"""Where curves share a cell they take turns, so many columns each: neither hides the other."""

Dots = NDArray[np.bool_]


def rasterize(
    x: NDArray[Any], low: NDArray[Any], high: NDArray[Any], size: tuple[int, int], x_range: Any, y_range: Any
) -> Dots:
    """The dots (4·rows, 2·columns), top row first, of a curve that fills low..high at each x, joined up.

    `x` grows strictly; `low` and `high` may hold NaN where the curve has a hole. `size` is (columns, rows) in cells.
    """
    across, down = size[0] * DOTS_ACROSS, size[1] * DOTS_DOWN
    low, high = _at_columns(x, low, high, across, x_range)
    scale = (down - 1) / (y_range[1] - y_range[0])
    with np.errstate(invalid="ignore"):
        bottom = np.clip(np.rint((low - y_range[0]) * scale), 0, down - 1)
        top = np.clip(np.rint((high - y_range[0]) * scale), 0, down - 1)
        # Where neighbouring columns do not touch, the later one reaches up or down to the earlier one.
        joined_bottom, joined_top = bottom.copy(), top.copy()
        joined_bottom[1:] = np.fmin(bottom[1:], np.where(top[:-1] < bottom[1:], top[:-1] + 1, np.inf))
        joined_top[1:] = np.fmax(top[1:], np.where(bottom[:-1] > top[1:], bottom[:-1] - 1, -np.inf))
        height = np.arange(down)[::-1, None]
        dots: Dots = (height >= joined_bottom) & (height <= joined_top) & np.isfinite(bottom)
    return dots


def _at_columns(
    x: NDArray[Any], low: NDArray[Any], high: NDArray[Any], across: int, x_range: Any
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The curve's range at each column of dots: extremes where points are dense, interpolated where they are sparse."""
    span = max(x_range[1] - x_range[0], 1e-300)
    column = np.rint((x - x_range[0]) / span * (across - 1)).astype(int)
    edges = np.flatnonzero(np.diff(column, prepend=-1))
    known = column[edges]
    lows, highs = np.fmin.reduceat(low, edges), np.fmax.reduceat(high, edges)
    inside = np.arange(known[0], known[-1] + 1)
    full_low, full_high = np.full(across, np.nan), np.full(across, np.nan)
    full_low[inside] = np.interp(inside, known, lows)
    full_high[inside] = np.interp(inside, known, highs)
    return full_low, full_high


def braille(dots: Dots) -> NDArray[np.int64]:
    """The code point of each cell (rows, columns); an empty cell is U+2800."""
    rows, columns = dots.shape[0] // DOTS_DOWN, dots.shape[1] // DOTS_ACROSS
    cells = dots.reshape(rows, DOTS_DOWN, columns, DOTS_ACROSS).transpose(0, 2, 1, 3)
    codes: NDArray[np.int64] = BRAILLE + (cells * DOT_BITS).sum(axis=(2, 3))
    return codes


def cell(value: float, ends: tuple[float, float], cells: int, dots: int) -> int:
    """Which of so many cells, each so many dots long, holds a value of an axis: the one that a curve has a dot in."""
    return round((value - ends[0]) / (ends[1] - ends[0]) * (cells * dots - 1)) // dots


def owners(touched: NDArray[np.bool_], faint: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Which curve has each cell: turns for those that share it, faint ones last; −1 for an empty cell."""
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
