"""Any epoch of a run again, exactly: states kept along the way, and training repeated from the nearest one.

The same operations on the same bits give the same bits, so what is shown for an epoch is what was there.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.experiment.settings import Settings
from engine.run.comparison import ParameterPair, pair_parameters
from engine.run.model_pair import Build, ModelPair, States
from engine.run.predictions import Predictions, predictions_of

CHECKPOINTS = 64
CHECKPOINT_BYTES = 64_000_000
"""Most states kept, and the memory they may take together."""

FIRST_STRIDE = 64
"""Batches between two states of a short run; it doubles whenever there would be too many."""


@dataclass(frozen=True)
class EpochState:
    """Both sides right after an epoch's update; the losses are those logged in that epoch."""

    epoch: int
    numpy_loss: float
    pytorch_loss: float
    parameters: tuple[ParameterPair, ...]
    predictions: Predictions | None


class Checkpoints:
    """States of a run in bounded memory, evenly spread over the batches so far."""

    def __init__(self) -> None:
        self._states: dict[int, States] = {}
        self._stride = FIRST_STRIDE
        self._capacity: int | None = None

    def wanted(self, taken: int) -> bool:
        """Whether the state after so many batches should be added."""
        if self._capacity == 0:
            return False
        return taken >= (max(self._states) + self._stride if self._states else 0)

    def add(self, taken: int, state: States) -> None:
        """Keep a state; every other one goes when there are too many."""
        if self._capacity is None:
            size = sum(side.bytes for side in state)
            self._capacity = min(CHECKPOINTS, CHECKPOINT_BYTES // max(size, 1))
        if self._capacity == 0 and self._states:
            return
        self._states[taken] = state
        if len(self._states) > max(self._capacity, 1):
            self._states = dict(list(self._states.items())[::2])
            self._stride *= 2

    def before(self, taken: int) -> tuple[int, States]:
        """The latest state after no more than so many batches, and after how many it is."""
        latest = max(kept for kept in self._states if kept <= taken)
        return latest, self._states[latest]


class Scrubber:
    """Goes to a place of a run by training a second pair of models; a chunk at a time."""

    def __init__(self, settings: Settings, build: Build) -> None:
        self._settings = settings
        self.pair = ModelPair(settings, build)

    @property
    def taken(self) -> int:
        """How many batches lie behind it."""
        return self.pair.taken

    def seek(self, latest: int, checkpoints: Checkpoints) -> None:
        """Start after so many batches at most, from what is nearest: where it is, or a kept state."""
        kept, states = checkpoints.before(latest)
        if kept > self.pair.taken or self.pair.taken > latest:
            self.pair.go_to(kept, states)

    def train(self, count: int) -> None:
        """Train on so many batches."""
        self.pair.take(count)

    def state(self, with_predictions: bool) -> EpochState:
        """Where it is, at the end of an epoch."""
        numpy, pytorch = self.pair.numpy, self.pair.pytorch
        parameters = pair_parameters(numpy.parameters(), pytorch.parameters())
        predictions = predictions_of(self._settings, numpy, pytorch) if with_predictions else None
        return EpochState(self.pair.epoch, *self.pair.losses, parameters, predictions)
