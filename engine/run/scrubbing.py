"""Any epoch of a run again, exactly: states kept along the way, and training repeated from the nearest one.

The same operations on the same bits give the same bits, so what is shown for an epoch is what was there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.experiment.settings import Settings
from engine.run.comparison import ParameterPair, pair_parameters
from engine.run.lockstep import Model, States
from engine.run.predictions import Predictions, predictions_of

CHECKPOINTS = 64
CHECKPOINT_BYTES = 64_000_000
"""Most states kept, and the memory they may take together."""

FIRST_STRIDE = 64
"""Epochs between two states of a short run; it doubles whenever there would be too many."""


@dataclass(frozen=True)
class EpochState:
    """Both sides right after an epoch's update; the losses are those logged in that epoch."""

    epoch: int
    numpy_loss: float
    pytorch_loss: float
    parameters: tuple[ParameterPair, ...]
    predictions: Predictions | None


class Checkpoints:
    """States of a run in bounded memory, evenly spread over the epochs so far."""

    def __init__(self) -> None:
        self._states: dict[int, States] = {}
        self._stride = FIRST_STRIDE
        self._capacity: int | None = None

    def wanted(self, epoch: int) -> bool:
        """Whether the state after this epoch should be added."""
        if self._capacity == 0:
            return False
        return epoch >= (max(self._states) + self._stride if self._states else 0)

    def add(self, epoch: int, state: States) -> None:
        """Keep a state; every other one goes when there are too many."""
        if self._capacity is None:
            size = sum(side.bytes for side in state)
            self._capacity = min(CHECKPOINTS, CHECKPOINT_BYTES // max(size, 1))
        if self._capacity == 0 and self._states:
            return
        self._states[epoch] = state
        if len(self._states) > max(self._capacity, 1):
            self._states = dict(list(self._states.items())[::2])
            self._stride *= 2

    def before(self, epoch: int) -> tuple[int, States]:
        """The latest state from which that epoch can still be trained."""
        latest = max(kept for kept in self._states if kept < epoch)
        return latest, self._states[latest]


class Scrubber:
    """Goes to an epoch of a run by training a second pair of models; a chunk at a time."""

    def __init__(self, settings: Settings, build: Callable[[Settings], tuple[Model, Model]]) -> None:
        self._settings = settings
        self.numpy, self.pytorch = build(settings)
        self.epoch = 0
        self._losses = (float("nan"), float("nan"))

    def seek(self, target: int, checkpoints: Checkpoints) -> None:
        """Start from what is nearest: where it is, or a kept state."""
        kept, (numpy_state, pytorch_state) = checkpoints.before(target)
        if kept > self.epoch or self.epoch >= target:
            self.numpy.set_state(numpy_state)
            self.pytorch.set_state(pytorch_state)
            self.epoch = kept

    def train(self, count: int) -> None:
        """Train so many epochs."""
        with np.errstate(all="ignore"):
            for _ in range(count):
                self._losses = (self.numpy.step(), self.pytorch.step())
        self.epoch += count

    def state(self, with_predictions: bool) -> EpochState:
        """Where it is."""
        parameters = pair_parameters(self.numpy.parameters(), self.pytorch.parameters())
        predictions = predictions_of(self._settings, self.numpy, self.pytorch) if with_predictions else None
        return EpochState(self.epoch, *self._losses, parameters, predictions)
