"""The gap between two numbers as a table's cell counts it, and the largest of two arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.number_text import MEANINGFUL_ULPS
from engine.run.comparison import ParameterPair, relative_gap, ulp_distance
from tui_app.text.columns import NO_NUMBER
from tui_app.view_state import Unit


def gap_value(first: Any, second: Any, unit: Unit) -> float | int | str:
    """By hand − PyTorch, for its column; no ULPs where they would say nothing."""
    if first == second:
        return "0"
    if unit is Unit.ABSOLUTE:
        with np.errstate(all="ignore"):
            return float(first) - float(second)
    if unit is Unit.RELATIVE:
        with np.errstate(all="ignore"):
            return float(relative_gap(first, second))
    if not math.isfinite(first) or not math.isfinite(second) or min(first, second) < 0 < max(first, second):
        return NO_NUMBER
    # Of the coarser type: a float64 weight has neighbours that a float32 one cannot have.
    double = first.dtype == second.dtype == np.float64
    steps = int(ulp_distance(first, second, np.float64 if double else np.float32))
    if not steps:
        return "<1"
    return steps if steps < MEANINGFUL_ULPS else NO_NUMBER


def largest_gap(pair: ParameterPair) -> float:
    """The largest |Δ| of two arrays that are both there; not a number where one of them holds none."""
    assert pair.both is not None
    with np.errstate(all="ignore"):
        gap = np.subtract(*pair.both, dtype=np.float64)
        np.abs(gap, out=gap)
        gap[np.equal(*pair.both)] = 0
        return float(gap.max())
