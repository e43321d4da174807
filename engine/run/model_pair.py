"""Both models, trained beside each other a batch at a time, and brought to any place of a run that is known.

`lockstep.py` trains a run; this trains it again for those who look into it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Protocol

import numpy as np

from engine.experiment.settings import Settings
from engine.networks.model_state import ModelState
from engine.networks.places import Tensors
from engine.types import FloatArray

States = tuple[ModelState, ModelState]
"""Both models' `state()`, the hand-written side's first."""


class Model(Protocol):
    """What a side must be able to do."""

    def step(self) -> float:
        """To the end of the epoch; returns the loss that is logged for it."""

    def update(self) -> float | None:
        """One batch; returns the epoch's loss after its last one."""

    def parameters(self) -> Tensors:
        """Copies of all parameters in PyTorch's orientation and order."""

    def state(self) -> ModelState:
        """Copies of all that the next step depends on."""

    def set_state(self, state: ModelState) -> None:
        """Go on from such a state."""

    def predict(self, X: FloatArray | None = None) -> FloatArray:
        """The output (N, C) at the present weights, for the data unless other inputs are given."""

    def measure_held_out(self) -> tuple[float, FloatArray]:
        """Of the rows held out, of which there are some: the number that the side logs, and the outputs (N, C)."""


Build = Callable[[Settings], tuple[Model, Model]]
"""Makes the hand-written and the PyTorch model at their start."""


class ModelPair:
    """`taken` batches lie behind it, of `batches` in each epoch; `losses` are those of its last whole epoch."""

    def __init__(self, settings: Settings, build: Build) -> None:
        self.numpy, self.pytorch = build(settings)
        self.batches = settings.batches_of_epoch
        self.taken = 0
        self.losses: tuple[float, float] = (nan, nan)
        self._counts = settings.batches(settings.numpy).count, settings.batches(settings.pytorch).count
        self._of_epoch: list[float] = [nan, nan]

    @property
    def epoch(self) -> int:
        """How many are whole."""
        return self.taken // self.batches

    @property
    def batch(self) -> int:
        """How many of the next epoch's batches are taken."""
        return self.taken % self.batches

    def take(self, count: int) -> None:
        """So many more batches. What overflows becomes a loss that is not finite."""
        with np.errstate(all="ignore"):
            for _ in range(count):
                self._take_one()

    def _take_one(self) -> None:
        index = self.taken % self.batches
        for side, model in enumerate((self.numpy, self.pytorch)):
            if index < self._counts[side] and (loss := model.update()) is not None:
                self._of_epoch[side] = loss
        self.taken += 1
        if index == self.batches - 1:
            self.losses = self._of_epoch[0], self._of_epoch[1]

    def latest_start(self, epoch: int) -> int:
        """After how many batches at most both losses of an epoch, from 1, are still to come."""
        return (epoch - 1) * self.batches + min(self._counts) - 1

    def states(self) -> States:
        """Both models'."""
        return self.numpy.state(), self.pytorch.state()

    def go_to(self, taken: int, states: States) -> None:
        """Where so many batches lie behind it."""
        for model, state in zip((self.numpy, self.pytorch), states, strict=True):
            model.set_state(state)
        self.taken = taken
