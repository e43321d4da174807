"""A reading trained freely beside others, from the same first weights and on the same batches: how far they part.

In float64 whatever the recording was computed in, so that what is left is no rounding of a float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from engine.diagnosis.free_run import rates_of, started
from engine.diagnosis.gradients import Reading, network_of
from engine.diagnosis.observed import Observed
from engine.diagnosis.recording import PROOF_STEPS, Recording
from engine.experiment.choices import Precision
from engine.networks.numpy_mlp import Arrays

ROUNDING = 1e-13
"""Readings that are no further apart after the first steps are roundings of one another."""

GROWN, NUDGES, MOST_GROWN = 4.0, 8, 1e-11
"""Readings are alike that are no further apart than so many times what the worst of these nudges by an ulp becomes; but
never where they are further apart than the last number.
"""

State = tuple[Arrays, Arrays]


def alike_up_to(observed: Observed) -> float:
    """How far readings may part and be the same function in the recording's precision: less than it can hold."""
    return max(ROUNDING, observed.eps / 4)


class Beside:
    """One reading's first steps, to compare others with."""

    def __init__(self, observed: Observed, reading: Reading) -> None:
        self.observed, self.reading = observed, reading
        self.states = list(_states(observed, reading))

    def apart(self, other: Reading) -> float:
        """The largest difference of any number after any of these steps, of the largest of its tensor; infinite where
        one of the two is no number.
        """
        return self._apart(_states(self.observed, other))

    def is_another(self, other: Reading) -> bool:
        """Whether it is another function on these data."""
        apart = self.apart(other)
        return apart > alike_up_to(self.observed) and apart > min(GROWN * self.roundings, MOST_GROWN)

    @cached_property
    def roundings(self) -> float:
        """How far the reading parts from itself when its first weights are changed by an ulp of a float64: long steps
        through a kink let roundings grow a thousandfold.
        """
        randoms = (np.random.RandomState(seed) for seed in range(NUDGES))
        return max(self._apart(_states(self.observed, self.reading, random)) for random in randoms)

    def _apart(self, states: Iterator[State]) -> float:
        pairs = zip(self.states, states, strict=True)
        return max(_difference(mine, theirs) for one, two in pairs for mine, theirs in zip(one, two, strict=True))


def _states(observed: Observed, reading: Reading, nudge: np.random.RandomState | None = None) -> Iterator[State]:
    recording = observed.recording
    wide = replace(reading, side=replace(reading.side, precision=Precision.FLOAT64))
    W, b = started(recording, Precision.FLOAT64)
    if nudge is not None:
        W, b = _nudged(W, nudge), _nudged(b, nudge)
    network = network_of(recording, wide, W, b)
    rates = rates_of(reading.side, recording.steps, observed.batches_of_epoch)
    for step, rate in enumerate(rates[:PROOF_STEPS]):
        with np.errstate(all="ignore"):
            network.step(
                recording.inputs[step].astype(np.float64), recording.targets[step].astype(np.float64), rate, step + 1
            )
        yield ({i: one.copy() for i, one in network.W.items()}, {i: one.copy() for i, one in network.b.items()})


def _nudged(arrays: Arrays, random: np.random.RandomState) -> Arrays:
    """Each number an ulp up or down; a zero stays one."""
    ulp = np.finfo(np.float64).eps
    return {i: one * (1 + ulp * random.choice([-1, 1], one.shape)) for i, one in arrays.items()}


def _difference(ours: Arrays, theirs: Arrays) -> float:
    worst = 0.0
    for i, one in ours.items():
        difference = float(np.abs(one - theirs[i]).max() / (np.abs(one).max() or 1.0))
        worst = max(worst, difference if np.isfinite(difference) else np.inf)
    return worst


def resized(recording: Recording, samples: int, outputs: int) -> Recording:
    """With so many samples in each step and so many outputs, made of those that there are: what a probe of the program
    might see. States but the first are not what any run would give.
    """
    last = recording.layers[-1]
    columns = np.arange(outputs) % recording.targets[0].shape[1]
    arrays = dict(recording.arrays)
    weight = arrays[last.weight]
    arrays[last.weight] = weight[:, columns] if last.transposed else weight[..., columns]
    if last.bias is not None:
        arrays[last.bias] = arrays[last.bias].reshape(len(weight), -1)[:, columns]
    return replace(
        recording,
        arrays=arrays,
        inputs=tuple(one[np.arange(samples) % len(one)] for one in recording.inputs),
        targets=tuple(one[np.arange(samples) % len(one)][:, columns] for one in recording.targets),
    )
