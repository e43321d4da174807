"""What Adam, RMSprop and Adagrad make of gradients: their averages, their corrections, their steps.

Which of them a recorded run followed is looked for in `adaptive.py`. T steps, n numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.diagnosis.laws import Motion
from engine.experiment.optimizers import BiasCorrection, OptimizerKind
from engine.experiment.update_rules import Moments
from engine.types import FloatArray


class Averages:
    """What rules keep of the same gradients (T, n), each average made once."""

    def __init__(self, gradients: FloatArray) -> None:
        self.gradients = gradients
        self._made: dict[tuple[Moments, float, bool], FloatArray] = {}

    def values(self, moments: Moments) -> FloatArray:
        """The gradients that they are of."""
        if moments is not Moments.FIRST_DROPPED:
            return self.gradients
        kept = self.gradients.copy()
        kept[0] = 0.0 * kept[0]
        return kept

    def of(self, moments: Moments, share: float, squared: bool) -> FloatArray:
        """M ← share·m + (1 − share)·g, or of g², (T, n)."""
        key = moments, share, squared
        if key not in self._made:
            values = self.values(moments)
            added = (1 - share) * (values * values if squared else values)
            self._made[key] = added if moments.forgotten else _running(added, share)
        return self._made[key]


def _running(added: FloatArray, share: float) -> FloatArray:
    found = added.copy()
    for step in range(1, len(found)):
        found[step] += share * found[step - 1]
    return found


@dataclass(frozen=True)
class Rule:
    """One rule with its numbers, but for the learning rate and ε."""

    kind: OptimizerKind
    beta1: float
    beta2: float
    correction: BiasCorrection
    moments: Moments
    inside: bool
    """Whether ε is added under the root."""
    updates_per_epoch: int = 1
    """Where the corrections go by the epoch."""

    def directions(self, averages: Averages) -> tuple[FloatArray, FloatArray]:
        """What is divided, and the squares whose root it is divided by, both (T, n), corrections put in."""
        if self.kind is OptimizerKind.ADAM:
            first, second = self._corrections(len(averages.gradients))
            m = averages.of(self.moments, self.beta1, squared=False)
            return m / first, averages.of(self.moments, self.beta2, squared=True) / second
        values = averages.values(self.moments)
        if self.kind is OptimizerKind.RMSPROP:
            return values, averages.of(self.moments, self.beta2, squared=True)
        squares = values * values
        return values, squares if self.moments.forgotten else np.cumsum(squares, axis=0)

    def _corrections(self, steps: int) -> tuple[Any, Any]:
        if self.correction is BiasCorrection.NONE:
            return 1.0, 1.0
        if self.correction is BiasCorrection.CONSTANT or self.moments is Moments.NEW_OPTIMIZER:
            return 1 - self.beta1, 1 - self.beta2
        t = self.counts(steps)
        first, second = 1 - self.beta1**t, 1 - self.beta2**t
        if self.correction is BiasCorrection.FIRST_MOMENT:
            return first, 1.0
        return (1.0, second) if self.correction is BiasCorrection.SECOND_MOMENT else (first, second)

    def counts(self, steps: int) -> FloatArray:
        """The t of each step, (T, 1)."""
        taken: FloatArray = np.arange(steps, dtype=np.float64)[:, None]
        return taken // self.updates_per_epoch + 1


@dataclass(frozen=True, eq=False)
class AdaptiveLaw:
    """step = −rate·direction/(√square + epsilon), or under the root; of the gradients of sums.

    `uncorrected` says that ε is added to the root of the second moment as it is, before any correction.
    """

    rule: Rule
    rate: float
    epsilon: float
    start: float = 0.0
    uncorrected: bool = False
    pull: float = 0.0
    """What multiplies the parameter where it is added to its gradient."""
    loss: float = 0.0
    """The share of itself that a parameter loses in the first step beside it; later as the rate changes."""
    divided: int = 0
    """To which power of N the gradients are divided, N being the batch's samples."""
    mean: bool = False
    """Whether they are divided by N besides, as a bias' may be alone."""
    shares: FloatArray | None = None
    """What the rate of each step is of that of the first, (T,); none where it stays."""

    def steps(self, motion: Motion, averages: Averages) -> FloatArray:
        """What it makes of gradients (T, n)."""
        if self.pull:
            averages = Averages(averages.gradients + self.pull * motion.before)
        first, second = self.rule.directions(averages)
        added: Any = self.epsilon
        if self.uncorrected:
            added = self.epsilon / np.sqrt(1 - self.rule.beta2 ** self.rule.counts(len(second)))
        if self.rule.inside:
            divisor = np.sqrt(second + self.start + self.epsilon)
        else:
            divisor = np.sqrt(second + self.start) + added
        rate = self.rate if self.shares is None else self.rate * self.shares[:, None]
        found: FloatArray = -rate * first / np.where(divisor > 0, divisor, 1.0)
        if not self.loss:
            return found
        lost = self.loss * motion.before
        return found - (lost if self.shares is None else lost * self.shares[:, None])
