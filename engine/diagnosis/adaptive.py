"""Adam, RMSprop and Adagrad behind recorded steps: which of them, and with which numbers.

The first step of any of them is −A·g/(|g| + B) or −A·g/√(g² + B) of its gradient g, whatever the numbers are: that
refuses most gradients, and gives A and B. The moments of later steps tell the rules apart. T steps, n numbers.

What the rules make of gradients is `adaptive_rules.py`'s; which settings of a side such a law stands for is
`adaptive_candidates.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from engine.diagnosis.adaptive_rules import AdaptiveLaw, Averages, Rule
from engine.diagnosis.adaptive_stack import ALPHAS, BETAS1, BETAS2, FEW_STEPS, FirstStep, RuleStack, all_rules
from engine.diagnosis.laws import LEAST_MOVES, Motion
from engine.diagnosis.numbers import rounded
from engine.diagnosis.observed import Observed
from engine.experiment.choices import Objective, Reduction
from engine.experiment.gradient_factors import gradient_factor
from engine.experiment.optimizers import BiasCorrection, OptimizerKind
from engine.experiment.side import Side
from engine.experiment.update_rules import Moments
from engine.types import FloatArray

MOST_NAMED = 4
"""Numbers of the program's own among the averages' shares."""

DECAYS = (0.01, 1e-3, 1e-4, 0.1, 5e-4, 1e-5, 0.05)
"""That people write, where the program names no other."""


def adaptive_law_of(
    motion: Motion,
    gradients: FloatArray,
    samples: tuple[int, ...],
    changing: bool = False,
    named: tuple[float, ...] = (),
    updates_per_epoch: int = 1,
) -> AdaptiveLaw | None:
    """The rule that explains every step, if one does; with a rate that stays, or one of each step. `named` are numbers
    of the program's own that may be β₁, β₂ or α.
    """
    if motion.stands_still or motion.moves.sum() < LEAST_MOVES or not np.isfinite(gradients).all():
        return None
    for power in _powers(samples):
        found = _without_decay(motion, gradients / _divisors(samples, power), changing, named, updates_per_epoch)
        if found is not None:
            return replace(found, divided=power)
    return None


def _powers(samples: tuple[int, ...]) -> tuple[int, ...]:
    return (0, 1, 2) if len(set(samples)) > 1 else (0,)


def _divisors(samples: tuple[int, ...], power: int) -> FloatArray:
    divisors: FloatArray = np.array(samples, np.float64)[:, None] ** power
    return divisors


def averages_of(observed: Observed) -> tuple[float, ...]:
    """The numbers that the program names and that may be a share of what was, beside those that most take."""
    usual = {*BETAS1, *BETAS2, *ALPHAS}
    named = [one for one in observed.recording.constants.values() if 0.5 <= one < 1 and one not in usual]
    return tuple(dict.fromkeys(named))[:MOST_NAMED]


def pulls_of(observed: Observed) -> tuple[float, ...]:
    """What may multiply a parameter that is added to its gradient, as a decay is, beside gradients of sums."""
    named = [one for one in observed.recording.constants.values() if 0 < one < 1]
    factors = {
        gradient_factor(replace(Side(), objective=objective, reduction=reduction), observed.sizes())
        for objective in Objective
        for reduction in (Reduction.SUM, Reduction.MEAN, Reduction.PER_SAMPLE)
    }
    return tuple(decay / factor for decay in dict.fromkeys((*named, *DECAYS)) for factor in sorted(factors))


def decayed_law_of(
    motion: Motion, gradients: FloatArray, samples: tuple[int, ...], pulls: tuple[float, ...], changing: bool = False
) -> AdaptiveLaw | None:
    """Likewise, with a weight decay."""
    if motion.stands_still or motion.moves.sum() < LEAST_MOVES or not np.isfinite(gradients).all():
        return None
    for pull in pulls:
        found = _without_decay(motion, gradients + pull * motion.before, changing)
        if found is not None:
            return replace(found, pull=pull)
    loss = _loss_beside(motion, gradients)
    return None if loss is None else _without_decay(motion, gradients, changing, loss=loss)


def _loss_beside(motion: Motion, gradients: FloatArray) -> float | None:
    """The share q of a first step −A·sign(g) − q·w."""
    A = np.stack([np.sign(gradients[0]), motion.before[0]], axis=1)
    rate, loss = -np.linalg.lstsq(A, motion.steps[0], rcond=None)[0]
    if motion.count < 6 or np.abs(A @ (-rate, -loss) - motion.steps[0]).max() > 1e-3 * motion.lengths[0]:
        return None
    decay = rounded(loss / rate, 1e-2)
    return float(rounded(rate, 1e-2) * decay) if loss > 0 and rate > 0 else None


def _without_decay(
    motion: Motion,
    gradients: FloatArray,
    changing: bool = False,
    named: tuple[float, ...] = (),
    updates_per_epoch: int = 1,
    loss: float = 0.0,
) -> AdaptiveLaw | None:
    """The rule behind these steps of these gradients, a decay in them or none; `loss` is `AdaptiveLaw`'s."""
    best: AdaptiveLaw | None = None
    least = np.inf
    few = motion.of_steps(slice(0, FEW_STEPS)), Averages(gradients[:FEW_STEPS])
    every = motion, Averages(gradients)
    for dropped in (False, True) if not motion.steps[0].any() else (False,):
        begins = 1 if dropped else 0
        for first in _first_steps(motion.steps[begins] + loss * motion.before[begins], gradients[begins]):
            rules = all_rules(first.inside, dropped, named, updates_per_epoch)
            for rule in _laws(first, begins, few[0], gradients[:FEW_STEPS], rules, changing, loss):
                if _off(_with_shares(rule, *few) if changing else rule, *few) > COARSE:
                    continue
                law = _with_shares(rule, *every) if changing else rule
                off = _off(law, *every)
                # Of rules that are the same here, the likeliest.
                if off <= COARSE and off < least / 10:
                    best, least = law, off
    return best


def _with_shares(law: AdaptiveLaw, motion: Motion, averages: Averages) -> AdaptiveLaw:
    """With the rate of each step that comes nearest to it."""
    with np.errstate(all="ignore"):
        made = law.steps(motion, averages)
        squares = (made * made).sum(axis=1)
        shares = (made * motion.steps).sum(axis=1) / np.where(squares > 0, squares, 1.0)
    return replace(law, shares=shares)


def adaptive_like(
    law: AdaptiveLaw, motion: Motion, gradients: FloatArray, samples: tuple[int, ...], pulls: tuple[float, ...] = ()
) -> AdaptiveLaw | None:
    """The same rule, if it explains this tensor's steps, with its decay or without, of a mean besides or not; or with a
    decay in the gradient that it has not.
    """
    if motion.stands_still or not np.isfinite(gradients).all():
        return None
    least, best = COARSE, None
    for mean in (False, True):
        divided = Averages(gradients / _divisors(samples, law.divided + mean))
        for one in (replace(law, pull=0.0, loss=0.0), law):
            off = _off(one, motion, divided)
            # Where ε is small both are the same but for rounding: then the plain sum.
            if off <= least and (best is None or off < least / 10):
                least, best = off, replace(one, mean=mean)
    if best is None and not law.pull and not law.loss:
        averages = Averages(gradients / _divisors(samples, law.divided))
        for pull in pulls:
            own = replace(law, pull=pull)
            if _off(own, motion, averages) <= COARSE:
                return own
    return best


def _first_steps(step: FloatArray, gradient: FloatArray) -> Iterator[FirstStep]:
    """A and B from −step/g = A/(|g| + B), or its square from A²/(g² + B)."""
    size = np.abs(gradient)
    used = (size > 1e-9 * size.max()) & (step != 0) if size.max() > 0 else size > 0
    if used.sum() < LEAST_USED or (np.sign(step[used]) != -np.sign(gradient[used])).any():
        return
    g, d = size[used], np.abs(step[used])
    for inside in (False, True):
        x, y = (g * g, (g / d) ** 2) if inside else (g, g / d)
        A = np.stack([x, np.ones_like(x)], axis=1) / y[:, None]
        if not np.isfinite(A).all():
            continue
        slope, constant = np.linalg.lstsq(A, np.ones_like(y), rcond=None)[0]
        if slope > 0 and np.abs(A @ (slope, constant) - 1).max() < 1e-6:
            rate = 1 / np.sqrt(slope) if inside else 1 / slope
            added = max(0.0, constant / slope)
            yield FirstStep(float(rate), float(added), inside)


def _laws(
    first: FirstStep,
    begins: int,
    motion: Motion,
    gradients: FloatArray,
    rules: RuleStack,
    changing: bool,
    loss: float,
) -> Iterator[AdaptiveLaw]:
    """Those that begin with such a step and may go on as these few do."""
    moments = Moments.FIRST_DROPPED if begins else Moments.KEPT
    adagrad = Rule(OptimizerKind.ADAGRAD, 0.0, 0.0, BiasCorrection.NONE, moments, first.inside)
    yield AdaptiveLaw(adagrad, first.rate, first.added, loss=loss)
    if first.inside:
        yield AdaptiveLaw(replace(adagrad, inside=False), first.rate, 0.0, start=first.added, loss=loss)
    yield from rules.laws(first, begins, motion, gradients, 3 * COARSE, changing, loss)


LEAST_NUMBERS = 3
"""Of a tensor: fewer are read with others."""

LEAST_USED = 2
"""Of a first step, where units may be dead: any two come from some rate and ε, which the steps that follow refuse."""

COARSE = 1e-5
"""How far a rule may be from the steps, of their length, before its numbers are refined."""


def _off(law: AdaptiveLaw, motion: Motion, averages: Averages) -> float:
    """How far it is from the steps, of their lengths; as far as rounding is no distance."""
    with np.errstate(all="ignore"):
        made = law.steps(motion, averages)
    if not np.isfinite(made).all():
        return np.inf
    return float(np.max(np.abs(made - motion.steps).max(axis=1) / motion.comparable))
