"""How both sides do on the rows that are held out: the number that each logs, and the share of right classes.

They are of the weights after an epoch, by one more forward pass: nothing that is trained depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.experiment.data import HeldOut
from engine.run.classes import classes_of, share_right
from engine.run.history import Curve
from engine.types import FloatArray

Measured = tuple[float, FloatArray]
"""The loss of the rows held out, and the outputs (N, C)."""


@dataclass(frozen=True, eq=False)
class ValidationCurves:
    """Of each side after some epochs, (K,) each; accuracies only where there are classes. A sum is over the rows held
    out, `samples` of them.
    """

    samples: int
    epochs: NDArray[np.int64]
    numpy: FloatArray
    pytorch: FloatArray
    numpy_accuracy: FloatArray | None = None
    pytorch_accuracy: FloatArray | None = None

    def curve(self, values: FloatArray | None, last_epoch: int) -> Curve | None:
        """Of these values, without those that are no finite number, drawn on to the last epoch; none where all are."""
        if values is None or not (finite := np.isfinite(values)).any():
            return None
        epochs = self.epochs[finite]
        return Curve.of(epochs, values[finite], last_epoch if finite[-1] else int(epochs[-1]))


class ValidationRecord:
    """Gathers what both sides do."""

    def __init__(self, held_out: HeldOut, has_classes: bool) -> None:
        self._samples = held_out.samples
        self._targets = classes_of(held_out.Y) if has_classes else None
        self._epochs: list[int] = []
        self._losses: list[tuple[float, float]] = []
        self._accuracies: list[tuple[float, float]] = []

    def add(self, epoch: int, numpy: Measured, pytorch: Measured) -> None:
        """What was measured after an epoch."""
        self._epochs.append(epoch)
        self._losses.append((numpy[0], pytorch[0]))
        if self._targets is not None:
            self._accuracies.append((share_right(numpy[1], self._targets), share_right(pytorch[1], self._targets)))

    def curves(self) -> ValidationCurves:
        """Copies of the points so far."""
        losses, accuracies = (np.array(one, np.float64).reshape(-1, 2).T for one in (self._losses, self._accuracies))
        found = (None, None) if self._targets is None else (accuracies[0].copy(), accuracies[1].copy())
        epochs = np.array(self._epochs, np.int64)
        return ValidationCurves(self._samples, epochs, losses[0].copy(), losses[1].copy(), *found)
