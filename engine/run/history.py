"""Loss curves in bounded memory: every epoch while they fit, then the least and the greatest of each group of epochs.

A spike of a single epoch is never lost, and the first, the last and the least value stay exact, with their epochs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray

CAPACITY = 8192
"""Groups kept; 5000 epochs fit without grouping."""


@dataclass(frozen=True)
class Curve:
    """One series: for each group of epochs its first epoch (from 1), and its least and greatest value.

    `first`, `last` and `least`, first reached in `least_epoch`, are of the whole run, also in a part of the curve;
    before anything finite is known `least` is infinite and `least_epoch` 0.
    """

    epochs: NDArray[np.int64]
    low: FloatArray
    high: FloatArray
    first: float
    last: float
    last_epoch: int
    least: float
    least_epoch: int

    @classmethod
    def of(cls, epochs: NDArray[np.int64], values: FloatArray, last_epoch: int) -> Curve:
        """A value at each of these epochs, of which there is at least one."""
        least = int(values.argmin())
        ends = float(values[0]), float(values[-1])
        return cls(epochs, values, values, *ends, last_epoch, float(values[least]), int(epochs[least]))

    def between(self, first: int, last: int) -> Curve:
        """The groups that hold epochs from `first` to `last`."""
        start = max(0, int(np.searchsorted(self.epochs, first, side="right")) - 1)
        end = int(np.searchsorted(self.epochs, last, side="right"))
        last_epoch = self.last_epoch if end >= len(self.epochs) else int(self.epochs[end]) - 1
        part = slice(start, end)
        return replace(self, epochs=self.epochs[part], low=self.low[part], high=self.high[part], last_epoch=last_epoch)

    def at(self, epoch: int) -> tuple[float, float] | None:
        """The least and the greatest value of the group that holds an epoch, if it has been trained."""
        if not 1 <= epoch <= self.last_epoch:
            return None
        index = int(np.searchsorted(self.epochs, epoch, side="right")) - 1
        return float(self.low[index]), float(self.high[index])


@dataclass(frozen=True)
class Curves:
    """Both losses and their gap |Δloss|."""

    numpy: Curve
    pytorch: Curve
    gap: Curve


class History:
    """Gathers both losses and their gap, epoch by epoch."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < 2 or capacity % 2:
            raise ValueError(f"capacity is {capacity}; it must be even and at least 2")
        self.epochs = 0
        self.epochs_per_group = 1
        self._capacity = capacity
        self._low = np.full((3, capacity), np.inf)
        self._high = np.full((3, capacity), -np.inf)
        self._first = np.full(3, np.nan)
        self._last = np.full(3, np.nan)
        self._least = np.full(3, np.inf)
        self._least_epoch = np.zeros(3, np.int64)

    def add(self, numpy_losses: FloatArray, pytorch_losses: FloatArray) -> None:
        """Take in the next epochs' losses, one float64 array for each side."""
        block = np.vstack([numpy_losses, pytorch_losses, np.abs(numpy_losses - pytorch_losses)])
        if not block.size:
            return
        if self.epochs == 0:
            self._first = block[:, 0].copy()
        self._last = block[:, -1].copy()
        self._note_least(block)
        while block.shape[1]:
            if self.epochs == self._capacity * self.epochs_per_group:
                self._halve()
            room = self._capacity * self.epochs_per_group - self.epochs
            self._fill(block[:, :room])
            block = block[:, room:]

    def _note_least(self, block: FloatArray) -> None:
        finite = np.where(np.isfinite(block), block, np.inf)
        places = finite.argmin(axis=1)
        least = finite[np.arange(3), places]
        lower = least < self._least
        self._least[lower] = least[lower]
        self._least_epoch[lower] = self.epochs + 1 + places[lower]

    def _fill(self, block: FloatArray) -> None:
        group = (self.epochs + np.arange(block.shape[1])) // self.epochs_per_group
        edges = np.flatnonzero(np.diff(group, prepend=-1))
        touched = group[edges]
        self._low[:, touched] = np.minimum(self._low[:, touched], np.minimum.reduceat(block, edges, axis=1))
        self._high[:, touched] = np.maximum(self._high[:, touched], np.maximum.reduceat(block, edges, axis=1))
        self.epochs += block.shape[1]

    def _halve(self) -> None:
        half = self._capacity // 2
        self._low[:, :half] = np.minimum(self._low[:, 0::2], self._low[:, 1::2])
        self._high[:, :half] = np.maximum(self._high[:, 0::2], self._high[:, 1::2])
        self._low[:, half:] = np.inf
        self._high[:, half:] = -np.inf
        self.epochs_per_group *= 2

    def curves(self) -> Curves:
        """Copies of the curves so far."""
        groups = -(-self.epochs // self.epochs_per_group)
        epochs = np.arange(groups, dtype=np.int64) * self.epochs_per_group + 1
        numpy, pytorch, gap = (
            Curve(
                epochs,
                self._low[series, :groups].copy(),
                self._high[series, :groups].copy(),
                float(self._first[series]),
                float(self._last[series]),
                self.epochs,
                float(self._least[series]),
                int(self._least_epoch[series]),
            )
            for series in range(3)
        )
        return Curves(numpy, pytorch, gap)
