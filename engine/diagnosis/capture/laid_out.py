"""Arrays that a step has made, in every layout of one shape, and which of them are in proportion to another array."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.capture.layer_forms import Array

NEAR, NEAR_FLOAT32 = 1e-8, 1e-4
"""How far an array may be from a multiple of another, of its largest number."""

AT_ONCE = 200_000
"""Numbers that are held side by side; more are looked at array by array."""


class LaidOut:
    """M layouts of n numbers each."""

    def __init__(self, arrays: Sequence[Array], shape: tuple[int, ...]) -> None:
        """Of those arrays that can have this shape and are not all 0."""
        fitting = [one for one in arrays if one.size == math.prod(shape) and np.any(one)]
        pairs = [(array, laid) for array in fitting for laid in _layouts(array, shape)]
        self._arrays = [array for array, _ in pairs]
        self._rows = [laid.reshape(1, -1) for _, laid in pairs]
        if 0 < sum(row.size for row in self._rows) <= AT_ONCE:
            self._rows = [np.concatenate(self._rows).astype(np.float64)]
        near = [NEAR_FLOAT32 if one.dtype == np.float32 else NEAR for one in self._arrays]
        largest = [float(np.abs(one).max()) for one in self._arrays]
        self._allowed = np.array(near) * np.array(largest)

    def factors(self, wanted: Array) -> NDArray[np.float64]:
        """(M,), k where a layout is k·wanted; 0 where it is not."""
        flat = wanted.ravel()
        largest = int(np.argmax(np.abs(flat)))
        if not self._arrays or not np.all(np.isfinite(flat)) or abs(flat[largest]) < 1e-12:
            return np.zeros(len(self._arrays))
        with np.errstate(all="ignore"):
            parts = [rows[:, largest] / flat[largest] for rows in self._rows]
            off = [
                np.abs(rows - part[:, None] * flat).max(axis=1) for rows, part in zip(self._rows, parts, strict=True)
            ]
        return np.where(np.concatenate(off) <= self._allowed, np.concatenate(parts), 0.0)

    def are(self, other: Array) -> NDArray[np.bool_]:
        """(M,), which of them are that array, in whatever shape."""
        return np.array([np.array_equal(one.ravel(), other.ravel()) for one in self._arrays], bool)


def _layouts(array: Array, shape: tuple[int, ...]) -> Iterator[Array]:
    if array.ndim < 2 and 1 in shape:
        yield array.reshape(shape)
    for one in (array, array.T):
        if one.shape == shape:
            yield one
