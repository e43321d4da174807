"""How two runs come apart: the first epoch at which any bit differs, and how the gap between the weights grows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.experiment.settings import Settings
from engine.run.comparison import ParameterGap, ParameterPair, compare_parameters, compare_weights, pair_parameters
from engine.run.lockstep import build_models
from engine.run.model_pair import Build, ModelPair
from engine.step.trace import Tracer
from engine.types import FloatArray

SAMPLES = 400
"""Epochs at which the gap is kept: at least half and at most twice so many, evenly spread, and the last."""


@dataclass(frozen=True, eq=False)
class Growth:
    """Gaps after some epochs, 0 being the start. `gaps` is (layers, E): the largest |ΔW| of each layer, biases too.

    `first` is the first epoch of whose steps any operation has other bits, in its batch `first_batch`; 0 if the starts
    have, none if nothing so far.
    """

    first: int | None
    first_batch: int
    epochs: NDArray[np.int64]
    max_ulp: FloatArray
    gaps: FloatArray

    @property
    def trained(self) -> int:
        """The last epoch that was looked at."""
        return int(self.epochs[-1])


class GrowthStudy:
    """Trains a second pair of models and measures on the way; a few batches at a time."""

    def __init__(self, settings: Settings, build: Build) -> None:
        self._settings = settings
        self.pair = ModelPair(settings, build)
        self._tracer: Tracer | None = None
        self._stride = 1
        self.first: int | None = None
        """As `Growth.first`, so far."""
        self.first_batch = 1
        self._samples: dict[int, tuple[int, list[float]]] = {}
        self._measure()

    @property
    def epoch(self) -> int:
        """How many are trained."""
        return self.pair.epoch

    def train(self, count: int) -> None:
        """On so many batches more."""
        for _ in range(count):
            with np.errstate(all="ignore"):
                if self.first is None and self._next_step_differs():
                    self.first, self.first_batch = self.epoch + 1, self.pair.batch + 1
            self.pair.take(1)
            if not self.pair.batch and self.epoch % self._stride == 0:
                self._measure()

    def _next_step_differs(self) -> bool:
        if self._tracer is None:
            self._tracer = Tracer(self._settings)
        return self._tracer.differs(self.pair.states(), self.pair.batch + 1)

    def _pairs(self) -> tuple[ParameterPair, ...]:
        return pair_parameters(self.pair.numpy.parameters(), self.pair.pytorch.parameters())

    def _measure(self) -> None:
        pairs = self._pairs()
        if self.epoch == 0 and not compare_weights(pairs).same:
            self.first = 0
        self._samples[self.epoch] = self._sample(pairs)
        if len(self._samples) > 2 * SAMPLES:
            self._stride *= 2
            self._samples = {epoch: one for epoch, one in self._samples.items() if epoch % self._stride == 0}

    def _sample(self, pairs: tuple[ParameterPair, ...]) -> tuple[int, list[float]]:
        gaps = compare_parameters(self._settings, pairs)
        return max(gap.max_ulp for gap in gaps), _by_layer(gaps, len(self._settings.activations))

    def growth(self) -> Growth:
        """What is known so far, up to the present epoch."""
        samples = self._samples | {self.epoch: self._sample(self._pairs())}
        ulps, gaps = zip(*samples.values(), strict=True)
        return Growth(
            self.first,
            self.first_batch,
            np.array(list(samples), np.int64),
            np.array(ulps, np.float64),
            np.array(gaps, np.float64).T,
        )


def _by_layer(gaps: tuple[ParameterGap, ...], layers: int) -> list[float]:
    largest = [0.0] * layers
    for gap in gaps:
        layer = int(gap.name.split()[1]) - 1
        largest[layer] = max(largest[layer], gap.max_absolute)
    return largest


def first_difference(settings: Settings) -> tuple[int, int] | None:
    """`Growth.first` of a whole run, with the batch. Raises `DeviceError`."""
    from engine.networks.torch_threads import limited

    with limited(settings):
        study = GrowthStudy(settings, build_models)
        while study.first is None and study.epoch < settings.epochs:
            study.train(1)
    return None if study.first is None else (study.first, study.first_batch)
