"""Targets as a network's outputs are: one row for each sample, class numbers as a 1 among zeros. No names, no files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray


def as_rows(targets: NDArray[Any], samples: int, outputs: int) -> FloatArray | None:
    """(samples, outputs) of (N, C), (C, N), (N,), (1, N), (C,), a single number, or class numbers; none if it is none
    of them. Class numbers are from 0 to outputs − 1.
    """
    shape = targets.shape
    if shape == (samples, outputs):
        return _floats(targets)
    if shape == (outputs, samples):
        return _floats(targets.T)
    if samples == 1 and targets.size == outputs:
        return _floats(targets.reshape(1, outputs))
    if targets.size == samples and outputs == 1:
        return _floats(targets.reshape(samples, 1))
    if targets.size == samples and outputs > 1:
        return one_hot(targets.ravel(), outputs)
    return None


def one_hot(labels: NDArray[Any], classes: int) -> FloatArray | None:
    """(N, classes) of N class numbers; none if they are no such numbers."""
    numbers = labels.astype(np.float64)
    if not np.all(np.isfinite(numbers)) or np.any(numbers != np.round(numbers)):
        return None
    if numbers.min(initial=0) < 0 or numbers.max(initial=0) >= classes:
        return None
    found: FloatArray = np.eye(classes)[numbers.astype(np.int64)]
    return found


def _floats(array: NDArray[Any]) -> FloatArray:
    kept = array.dtype if array.dtype == np.float32 else np.dtype(np.float64)
    return np.ascontiguousarray(array, dtype=kept)
