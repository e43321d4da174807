"""Accuracy beside the loss: noted at some epochs of a run, on both sides, and how both do now.

It is of the weights after an epoch, by one more forward pass: nothing that is trained depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.experiment.data import Dataset
from engine.run.classes import agreement, classes_of, same_class_words, share_right
from engine.types import FloatArray


@dataclass(frozen=True)
class Scores:
    """How both sides do at one moment: the share of right classes of each, and how many samples are alike."""

    numpy: float
    pytorch: float
    same: int
    samples: int

    @classmethod
    def of(cls, data: Dataset, numpy: FloatArray, pytorch: FloatArray) -> Scores:
        """From both outputs (N, C)."""
        targets = classes_of(data.Y)
        ours, theirs = share_right(numpy, targets), share_right(pytorch, targets)
        return cls(ours, theirs, agreement(numpy, pytorch), data.samples)

    @property
    def sentence(self) -> str:
        """'Same class for 148 of 150.'."""
        words = same_class_words(self.same, self.samples)
        return f"{words[0].upper()}{words[1:]}."


@dataclass(frozen=True, eq=False)
class AccuracyCurves:
    """Of each side at some epochs, (K,) each, the last of them the run's own last, if it is over."""

    epochs: NDArray[np.int64]
    numpy: FloatArray
    pytorch: FloatArray


class AccuracyRecord:
    """Gathers both sides' accuracy."""

    def __init__(self, data: Dataset) -> None:
        self._targets = classes_of(data.Y)
        self._epochs: list[int] = []
        self._points: list[tuple[float, float]] = []

    def add(self, epoch: int, numpy: FloatArray, pytorch: FloatArray) -> None:
        """Both outputs (N, C) after an epoch."""
        self._epochs.append(epoch)
        self._points.append((share_right(numpy, self._targets), share_right(pytorch, self._targets)))

    def curves(self) -> AccuracyCurves:
        """Copies of the points so far."""
        points = np.array(self._points, np.float64).reshape(-1, 2)
        return AccuracyCurves(np.array(self._epochs, np.int64), points[:, 0].copy(), points[:, 1].copy())
