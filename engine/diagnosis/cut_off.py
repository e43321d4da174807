"""Plain descent along gradients whose elements are cut off at a bound."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.diagnosis.laws import LEAST_MOVES, NUMBERS_PER_COEFFICIENT, Motion
from engine.diagnosis.observed import Observed
from engine.diagnosis.rates import rates_behind
from engine.diagnosis.reader import Found
from engine.diagnosis.updates import Candidate
from engine.experiment.clipping import Clipping, ClippingKind
from engine.experiment.gradient_factors import gradient_factor
from engine.types import FloatArray

ALLOWED = 1e3
"""Of a motion's tolerance: rate and bound are read from single elements."""


@dataclass(frozen=True)
class CutOffLaw:
    """step = −rate·min(max(gradient, −bound), bound), of gradients of sums."""

    rate: float
    bound: float

    def steps(self, gradients: FloatArray) -> FloatArray:
        """What it makes of gradients (T, n)."""
        found: FloatArray = -self.rate * np.clip(gradients, -self.bound, self.bound)
        return found


def cut_off_law_of(motion: Motion, gradients: FloatArray, samples: object) -> CutOffLaw | None:
    """The law, whether or not some elements of the steps are cut off."""
    if motion.stands_still or motion.moves.sum() < LEAST_MOVES or not np.isfinite(gradients).all():
        return None
    sizes = np.abs(motion.steps)
    inside = (sizes < sizes.max() * (1 - 1e-6)) & (sizes > 1e-3 * sizes.max()) & (gradients != 0)
    if inside.sum() < NUMBERS_PER_COEFFICIENT:
        return None
    rate = float(np.median(-motion.steps[inside] / gradients[inside]))
    if rate <= 0:
        return None
    plain = CutOffLaw(rate, np.inf)
    cut = CutOffLaw(rate, float(sizes.max()) / rate)
    return next((law for law in (plain, cut) if motion.off(law.steps(gradients)) <= ALLOWED), None)


def cut_off_like(law: CutOffLaw, motion: Motion, gradients: FloatArray, samples: object) -> CutOffLaw | None:
    """The same law, if it explains this tensor's steps; one that cuts off nothing may have a bound here."""
    if motion.stands_still or not np.isfinite(gradients).all():
        return None
    bounds = (law.bound,) if np.isfinite(law.bound) else (np.inf, float(motion.lengths.max()) / law.rate)
    for one in (CutOffLaw(law.rate, bound) for bound in bounds):
        if motion.off(one.steps(gradients)) <= ALLOWED:
            return one
    return None


def cut_off_candidates(observed: Observed, found: Found[CutOffLaw]) -> list[Candidate]:
    """The sides that such laws may stand for, the likeliest first."""
    law = found.laws[observed.leading]
    bound = min(one.bound for one in found.laws.values())
    made = []
    for rate in rates_behind(observed, found.reading.side, law.rate, None) if np.isfinite(bound) else ():
        side = replace(found.reading.side, reduction=rate.reduction, learning_rate=rate.learning_rate.value)
        factor = gradient_factor(side, observed.sizes())
        clipping = Clipping(ClippingKind.VALUE, observed.numbers.likely(bound * factor))
        made.append(Candidate(replace(side, clipping=clipping), rate.learning_rate.rank))
    return made
