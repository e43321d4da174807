"""How the weights of a layer are distributed, on both sides over the same bins."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.run.comparison import ParameterPair
from engine.types import FloatArray

MOST_COUNTED = 200_000
"""About how many weights of a layer are counted, so that no layer makes the screen wait."""


@dataclass(frozen=True)
class Histogram:
    """`edges` has one entry more than the counts; a side that does not have the parameter has no counts.

    Of very many weights every `step`-th is counted.
    """

    step: int
    edges: FloatArray
    numpy: NDArray[np.int64] | None
    pytorch: NDArray[np.int64] | None


def histogram(pair: ParameterPair, bins: int) -> Histogram:
    """Counts of the finite values in equal bins from the least to the greatest of both sides."""
    step = max(1, math.prod(pair.shape) // MOST_COUNTED)
    values = [None if side is None else _finite(side.ravel()[::step]) for side in (pair.numpy, pair.pytorch)]
    everything = np.concatenate([side for side in values if side is not None])
    low, high = (float(everything.min()), float(everything.max())) if everything.size else (0.0, 0.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    numpy, pytorch = (None if side is None else np.histogram(side, edges)[0].astype(np.int64) for side in values)
    return Histogram(step, edges, numpy, pytorch)


def _finite(values: FloatArray) -> FloatArray:
    return values[np.isfinite(values)].astype(np.float64)
