"""A recording as the searches use it: how each tensor moved, and the gradients of a reading, computed once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np

from engine.diagnosis.epochs import batches_of_epoch
from engine.diagnosis.gradients import FORMS, Reading, gradients, parameter_series
from engine.diagnosis.laws import Motion
from engine.diagnosis.loss_epsilons import loss_epsilons
from engine.diagnosis.numbers import Numbers, numbers_of
from engine.diagnosis.recording import Recording
from engine.diagnosis.stacked_steps import Series, StackedSteps, stacked_steps
from engine.experiment.gradient_factors import Sizes
from engine.experiment.loss_epsilon import LossEpsilon
from engine.experiment.side import Side
from engine.networks.places import Kind, Place
from engine.types import FloatArray

SLOPE = re.compile(r"leak|slope|(^|\.)alpha$")
"""What the slope of a leaky ReLU is called."""

FEW_STEPS = 10
"""Enough to refuse most readings."""


@dataclass(eq=False)
class Observed:
    """A recording, and what has been computed of it."""

    recording: Recording
    _gradients: dict[tuple[object, ...], Series] = field(default_factory=dict)
    _one_stack: dict[bool, StackedSteps] = field(default_factory=dict)

    @property
    def layers(self) -> int:
        """L."""
        return len(self.recording.layers)

    @cached_property
    def samples(self) -> tuple[int, ...]:
        """N of each step."""
        return tuple(len(X) for X in self.recording.inputs)

    @cached_property
    def outputs(self) -> int:
        """C."""
        return int(self.recording.targets[0].shape[1])

    @cached_property
    def inputs(self) -> int:
        """D."""
        return int(self.recording.inputs[0].shape[1])

    def sizes(self, samples: int | None = None) -> Sizes:
        """Of a batch of so many, or of the first."""
        return Sizes(self.samples[0] if samples is None else samples, self.inputs, self.outputs, self.data_samples)

    @cached_property
    def data_samples(self) -> int:
        """M: how many an epoch takes, as far as it was seen."""
        return sum(self.samples[: self.batches_of_epoch])

    @cached_property
    def targets(self) -> FloatArray:
        """Those of all batches, one after the other."""
        return np.concatenate(self.recording.targets)

    @cached_property
    def negative_slope(self) -> float:
        """Of a leaky ReLU: what the layers have, or the program names so."""
        known = [layer.negative_slope for layer in self.recording.layers if layer.negative_slope is not None]
        named = [value for name, value in self.recording.constants.items() if SLOPE.search(name) and 0 < value < 1]
        return next(iter((*known, *named)), Side().negative_slope)

    @cached_property
    def loss_epsilons(self) -> tuple[LossEpsilon, ...]:
        """That may be added to probabilities."""
        return loss_epsilons(self.recording)

    @cached_property
    def dtype(self) -> np.dtype[np.floating]:
        """That the parameters are kept in: float32 if some are."""
        kept = {self.recording.arrays[layer.weight].dtype for layer in self.recording.layers}
        return np.dtype(np.float32 if np.dtype(np.float32) in kept else np.float64)

    @cached_property
    def eps(self) -> float:
        """The spacing of that type."""
        return float(np.finfo(self.dtype).eps)

    @cached_property
    def numbers(self) -> Numbers:
        """What its numbers may be."""
        accuracy = 1e-7 if self.eps < 1e-10 else 1e-4
        return numbers_of(self.recording, accuracy)

    @cached_property
    def motions(self) -> dict[Place, Motion]:
        """Of every parameter."""
        return {place: Motion.of(one, self.eps) for place, one in self.parameters.items()}

    @cached_property
    def parameters(self) -> Series:
        """Of every tensor before each step and after the last, (T + 1, n)."""
        return parameter_series(self.recording)

    @cached_property
    def leading(self) -> Place:
        """The last weight that moves: its law is found first, and those of others are of the same kind."""
        moving = [i for i in range(1, self.layers + 1) if not self.motions[Place(Kind.WEIGHT, i)].stands_still]
        return Place(Kind.WEIGHT, max(moving, default=self.layers))

    @cached_property
    def biases(self) -> tuple[bool, ...]:
        """Which layers have one."""
        return tuple(Place(Kind.BIAS, i) in self.motions for i in range(1, self.layers + 1))

    @cached_property
    def scales(self) -> dict[Place, float]:
        """The largest number that each tensor has in the run: what a gap is measured by; 1 where all are 0."""
        return {
            place: float(max(np.abs(one.before).max(), np.abs(one.before + one.steps).max())) or 1.0
            for place, one in self.motions.items()
        }

    @cached_property
    def batches_of_epoch(self) -> int:
        """How many steps make an epoch."""
        return batches_of_epoch(self.recording)

    def gradients(self, reading: Reading, few: bool = False, lowest: int = 1) -> Series:
        """Of every tensor at all steps, or at a few; only from the `lowest` layer up."""
        key = reading.activations, few, lowest, *(getattr(reading.side, name) for name in FORMS)
        if key not in self._gradients:
            self._gradients[key] = gradients(self.recording, reading, self._stacks(few), lowest)
        return self._gradients[key]

    def _stacks(self, few: bool) -> Iterable[StackedSteps]:
        """All steps, or a few; they are kept where they are one stack."""
        if few not in self._one_stack:
            batches = self.recording.batches[: FEW_STEPS if few else None]
            stacks = stacked_steps(self.recording, self.parameters, batches)
            first = next(stacks)
            further = next(stacks, None)
            if further is not None:
                return chain((first, further), stacks)
            self._one_stack[few] = first
        return (self._one_stack[few],)
