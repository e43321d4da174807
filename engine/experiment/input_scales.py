"""How inputs are put on a scale, column by column: what is subtracted from each, and what it is divided by.

Both programs must come to the same bits, whichever library adds up: a least and a greatest value are exact, and a sum
is rounded once.
"""

from __future__ import annotations

import math
from weakref import WeakKeyDictionary

import numpy as np

from engine.experiment.choices import InputScale
from engine.experiment.data import Dataset
from engine.types import FloatArray

Columns = tuple[FloatArray, FloatArray]
"""What is subtracted and what is divided by, (D,) both."""

_standard: WeakKeyDictionary[Dataset, dict[tuple[InputScale, str], Columns]] = WeakKeyDictionary()
"""What is known of each data set, by scale and type: it takes a while."""


def columns_of(data: Dataset, X: FloatArray, scale: InputScale) -> Columns:
    """From the data's inputs X (N, D) in the network's type, for a scale other than theirs. A column that is the same
    everywhere is divided by 1.
    """
    if scale is InputScale.UNIT:
        return _least_and_span(X)
    known = _standard.setdefault(data, {})
    key = scale, X.dtype.name
    if key not in known:
        known[key] = _mean_and_deviation(X, max(len(X) - 1, 1) if scale is InputScale.STANDARD_SAMPLE else len(X))
    return known[key]


def _least_and_span(X: FloatArray) -> Columns:
    least = X.min(axis=0)
    with np.errstate(all="ignore"):
        span = X.max(axis=0) - least
    span[span == 0] = 1
    return least, span


def _mean_and_deviation(X: FloatArray, count: int) -> Columns:
    """The sum of squared deviations is divided by `count`."""
    mean, deviation = np.empty_like(X[0]), np.empty_like(X[0])
    with np.errstate(over="ignore"):
        for place, column in enumerate(X.T):
            mean[place], deviation[place] = _of_column(column.tolist(), count)
    return mean, deviation


def _of_column(x: list[float], count: int) -> tuple[float, float]:
    """As NumPy and PyTorch have it but for the order of the sums: where squares overflow, an infinite deviation; where
    the values themselves do, no number, and a run on it diverges.
    """
    try:
        m = math.fsum(x) / len(x)
        s = math.sqrt(math.fsum((one - m) * (one - m) for one in x) / count)
    except (OverflowError, ValueError):
        return math.nan, math.nan
    return m, s if min(x) < max(x) else 1.0
