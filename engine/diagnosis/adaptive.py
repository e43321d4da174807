"""Adam, RMSprop and Adagrad behind recorded steps: which of them, and with which numbers.

The first step of any of them is −A·g/(|g| + B) or −A·g/√(g² + B) of its gradient g, whatever the numbers are: that
refuses most gradients, and gives A and B. The moments of later steps tell the rules apart. T steps, n numbers.

What the rules make of gradients is `adaptive_rules.py`'s; which settings of a side such a law stands for is
`adaptive_candidates.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from engine.diagnosis.adaptive_rules import AdaptiveLaw, Averages, Rule, shares_at
from engine.diagnosis.laws import LEAST_MOVES, Motion
from engine.diagnosis.numbers import rounded
from engine.diagnosis.observed import Observed
from engine.experiment.choices import Objective, Reduction
from engine.experiment.gradient_factors import gradient_factor
from engine.experiment.optimizers import BiasCorrection, OptimizerKind
from engine.experiment.side import Side
from engine.experiment.step_lengths import BY_NUMBER
from engine.experiment.update_rules import Moments
from engine.types import FloatArray

MOST_NAMED = 4
"""Numbers of the program's own among the averages' shares."""

BETAS1 = (0.9, 0.5, 0.8, 0.95, 0.99, 0.999)
BETAS2 = (0.999, 0.99, 0.9, 0.95, 0.98, 0.5, 0.9999)
ALPHAS = (0.99, 0.9, 0.999, 0.95, 0.5)
"""The numbers that people give the moments, likely ones first."""

DECAYS = (0.01, 1e-3, 1e-4, 0.1, 5e-4, 1e-5, 0.05)
"""That people write, where the program names no other."""


@dataclass(frozen=True)
class _FirstStep:
    """A and B of a first step, and where B stands."""

    rate: float
    added: float
    inside: bool


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
    loss = None if changing else _loss_beside(motion, gradients)
    if loss is not None:
        own = Motion(motion.before, motion.steps + loss * motion.before, motion.eps)
        found = _without_decay(own, gradients)
        if found is not None:
            return replace(found, loss=loss)
    return None


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
) -> AdaptiveLaw | None:
    best: AdaptiveLaw | None = None
    least = np.inf
    few = motion.of_steps(slice(0, FEW_STEPS)), Averages(gradients[:FEW_STEPS])
    every = motion, Averages(gradients)
    for dropped in (False, True) if not motion.steps[0].any() else (False,):
        begins = 1 if dropped else 0
        for first in _first_steps(motion.steps[begins], gradients[begins]):
            for rule in _laws(first, dropped, named, updates_per_epoch):
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


def _first_steps(step: FloatArray, gradient: FloatArray) -> Iterator[_FirstStep]:
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
            yield _FirstStep(float(rate), float(added), inside)


def _laws(first: _FirstStep, dropped: bool, named: tuple[float, ...], updates_per_epoch: int) -> Iterator[AdaptiveLaw]:
    """The rules that begin with such a step."""
    moments = (Moments.FIRST_DROPPED,) if dropped else (Moments.KEPT, Moments.RESET, Moments.NEW_OPTIMIZER)
    corrections = (
        BiasCorrection.PER_STEP,
        BiasCorrection.NONE,
        BiasCorrection.CONSTANT,
        BiasCorrection.FIRST_MOMENT,
        BiasCorrection.SECOND_MOMENT,
        *((BiasCorrection.PER_EPOCH,) if updates_per_epoch > 1 else ()),
    )
    adagrad = Rule(OptimizerKind.ADAGRAD, 0.0, 0.0, BiasCorrection.NONE, moments[0], first.inside)
    yield from _adagrad(first, adagrad)
    for kept, alpha in product(moments, (*ALPHAS, *named)):
        rule = Rule(OptimizerKind.RMSPROP, 0.0, alpha, BiasCorrection.NONE, kept, first.inside)
        yield _begun(rule, first, 2 if dropped else 1)
    for kept, beta1, beta2, correction in product(moments, (*BETAS1, *named), (*BETAS2, *named), corrections):
        epoch = updates_per_epoch if correction is BiasCorrection.PER_EPOCH else 1
        rule = Rule(OptimizerKind.ADAM, beta1, beta2, correction, kept, first.inside, epoch)
        yield _begun(rule, first, 2 if dropped else 1)
        if correction in BY_NUMBER and not first.inside:
            yield _begun(rule, first, 2 if dropped else 1, uncorrected=True)


def _adagrad(first: _FirstStep, rule: Rule) -> Iterator[AdaptiveLaw]:
    yield AdaptiveLaw(rule, first.rate, first.added)
    if first.inside:
        outside = Rule(rule.kind, 0.0, 0.0, rule.correction, rule.moments, False)
        yield AdaptiveLaw(outside, first.rate, 0.0, start=first.added)


def _begun(rule: Rule, first: _FirstStep, t: int, uncorrected: bool = False) -> AdaptiveLaw:
    """With the rate and ε that give this first step: there m = a·g and v = b·g²."""
    a, b = shares_at(rule, t)
    epsilon = first.added * (b if rule.inside else np.sqrt(b))
    if uncorrected:
        epsilon *= float(np.sqrt(1 - rule.beta2 ** rule.counts(t)[-1, 0]))
    return AdaptiveLaw(rule, first.rate * np.sqrt(b) / a, float(epsilon), uncorrected=uncorrected)


FEW_STEPS = 4
"""That refuse most rules."""

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
    distances = np.abs(made - motion.steps).max(axis=1)
    lengths = np.maximum(motion.lengths, 1e5 * motion.rounding)
    return float(np.max(distances / np.where(lengths > 0, lengths, 1.0)))
