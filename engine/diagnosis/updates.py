"""The settings of a side that fitted laws may stand for: momentum, decay, rates, clipping. What they are worth, a free
run shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np

from engine.diagnosis.decayed_tensors import decayed_readings
from engine.diagnosis.laws import Column, Law
from engine.diagnosis.numbers import Numbers, common, near
from engine.diagnosis.observed import Observed
from engine.diagnosis.program_rates import program_rates, schedules_of
from engine.diagnosis.rates import (
    Rate,
    bounds_behind,
    named_rates,
    norms_of,
    rates_behind,
)
from engine.diagnosis.reader import Found
from engine.experiment.choices import BiasGradient, RateIn, Reduction
from engine.experiment.clipping import Clipping, ClippingKind
from engine.experiment.gradient_factors import gradient_factor
from engine.experiment.per_layer import PerLayer
from engine.experiment.side import Side
from engine.experiment.update_rules import (
    Decayed,
    DecayFactor,
    DecayForm,
    Moments,
    Momentum,
    MomentumForm,
    WeightDecay,
    ZeroGrad,
)
from engine.networks.places import Kind, Place
from engine.types import FloatArray


@dataclass(frozen=True)
class Candidate:
    """A side that the laws may stand for, and how much speaks against it."""

    side: Side
    rank: int
    factors: tuple[tuple[Place, float], ...] = ()


@dataclass(frozen=True)
class _Motion:
    """Momentum and decay behind a law: the coefficient of the gradient without them, and what a step's decay is."""

    fields: dict[str, Any]
    coefficient: float
    decay: float
    form: DecayForm = DecayForm.IN_GRADIENT


def candidates(observed: Observed, found: Found[Law]) -> list[Candidate]:
    """The likeliest first."""
    law = _with_decay_of_others(found, found.laws[observed.leading])
    made = []
    for tensors in _tensors(observed, found):
        side = replace(found.reading.side, **tensors.fields)
        if law.columns == (Column.GRADIENT,):
            sides = _scaled(observed, found, side, law.rates * tensors.scale)
        else:
            sides = _rolling(observed, found, side, law, tensors.scale)
        made += [replace(one, factors=tensors.factors) for one in sides]
    return sorted(made, key=lambda one: one.rank)


def _with_decay_of_others(found: Found[Law], law: Law) -> Law:
    """The last layer's law, with the decay of a tensor that has one where it has none itself."""
    decaying = next((one for one in found.laws.values() if Column.PARAMETER in one.columns), law)
    if decaying is law or Column.PARAMETER in law.columns:
        return law
    return replace(law, columns=(*law.columns, Column.PARAMETER), decay=decaying.decay)


def scaled_candidates(
    observed: Observed, found: Found[Law], fields: dict[str, Any], share: float
) -> Iterator[Candidate]:
    """Those of rates that change beside such fields of a side, the rates being so many times what was fitted."""
    law = found.laws[observed.leading]
    for tensors in _tensors(observed, found):
        side = replace(found.reading.side, **tensors.fields, **fields)
        for one in _scaled(observed, found, side, law.rates * tensors.scale * share):
            yield replace(one, factors=tensors.factors)


def _ratios(observed: Observed, found: Found[Law]) -> dict[Place, tuple[float, int]] | None:
    """How the coefficient of each tensor's gradient compares with that of the last layer's weight: a factor, and to
    which power of N it divides besides; none where that changes from step to step.
    """
    base = found.laws[observed.leading]
    samples, ratios = np.array(observed.samples, np.float64), {}
    for place, law in found.laws.items():
        moving = (base.rates != 0) & observed.motions[place].moves
        if not moving.any():
            moving = base.rates != 0
        shares = law.rates[moving] / base.rates[moving]
        varied = len(set(observed.samples)) > 1
        powers = [
            power
            for power in ((0, 1) if varied else (0,))
            if observed.numbers.is_steady(shares * samples[moving] ** power)
        ]
        if not powers:
            return None
        power = powers[0]
        ratios[place] = float(np.median(shares * samples[moving] ** power)), power + law.divided - base.divided
    return ratios


@dataclass(frozen=True)
class _Tensors:
    """What the tensors' own coefficients say of the side, what the last layer's are to be multiplied by to be the
    common ones, and what is left of each.
    """

    fields: dict[str, Any]
    scale: float
    factors: tuple[tuple[Place, float], ...] = ()


def _tensors(observed: Observed, found: Found[Law]) -> Iterator[_Tensors]:
    ratios = _ratios(observed, found)
    if ratios is None:
        # Each tensor has its own: only clipping does that.
        yield _Tensors({}, 1.0)
        return
    weights = {place.layer: ratio for place, (ratio, _) in ratios.items() if place.kind is Kind.WEIGHT}
    biases = {place: one for place, one in ratios.items() if place.kind is Kind.BIAS and place.layer in weights}
    of_biases = {place: (ratio / weights[place.layer], power) for place, (ratio, power) in biases.items()}
    scale, allowed = common(weights.values()), 10 * observed.numbers.accuracy
    fields: dict[str, Any] = {}
    if of_biases and found.reading.side.bias_gradient is BiasGradient.SUM:
        N = observed.samples[0]
        if all(power == 1 or (power == 0 and N > 1 and near(one, 1 / N, allowed)) for one, power in of_biases.values()):
            fields["bias_gradient"] = BiasGradient.MEAN
    even = all(near(one, scale, allowed) for one in weights.values())
    steps = [weights[i] / weights[i + 1] for i in range(1, observed.layers) if i in weights and i + 1 in weights]
    if not even and steps and all(near(one, steps[0], allowed) for one in steps):
        yield _Tensors(fields | {"rate_in": RateIn.DELTA}, 1.0)
    own = {Place(Kind.WEIGHT, i): ratio for i, ratio in weights.items()}
    if "bias_gradient" not in fields:
        own |= {place: ratio for place, (ratio, _) in biases.items()}
    else:
        own |= {place: weights[place.layer] for place in biases}
    # Most tensors have the common factor, or the last one has it and the others have lost theirs.
    for one in (scale,) if near(scale, 1.0, allowed) else (scale, 1.0):
        # A learning rate is above 0: tensors climb where theirs is not.
        signed = -one if np.median(found.laws[observed.leading].rates) * one < 0 else one
        left = {place: factor_like(observed, ratio / signed) for place, ratio in own.items()}
        left |= dict.fromkeys(stopped(observed, found), 0.0)
        yield _Tensors(fields, signed, tuple((place, factor) for place, factor in left.items() if factor != 1))


def stopped(observed: Observed, found: Found[Any]) -> list[Place]:
    """Tensors that never move, though others of their kind do and they have gradients."""
    moving = {place.kind for place in found.laws}
    gradients = observed.gradients(found.reading)
    return [
        place
        for place, motion in observed.motions.items()
        if motion.stands_still and place.kind in moving and gradients[place].any()
    ]


def factor_like(observed: Observed, factor: float) -> float:
    """The factor that a fitted one stands for: of the samples, the outputs, or a round one."""
    N, C = observed.samples[0], observed.outputs
    known = (1.0, N, 1 / N, N * C, 1 / (N * C), C, 1 / C, 2.0, 0.5, 2 / N, N / 2, *(1 / N**k for k in (2, 3)))
    for one in known:
        if near(abs(factor), one, 10 * observed.numbers.accuracy):
            return float(one if factor > 0 else -one)
    return observed.numbers.round(factor)


def _scaled(observed: Observed, found: Found[Law], side: Side, rates: FloatArray) -> Iterator[Candidate]:
    """Plain descent, whose rate may change."""
    moving = observed.motions[observed.leading].moves
    varied = len(set(observed.samples)) > 1
    for power in (0, 1, 2) if varied else (None,):
        own = rates * np.array(observed.samples, np.float64) ** (power or 0)
        if observed.numbers.is_steady(own[moving]):
            for rate in rates_behind(observed, side, float(np.median(own[moving])), power):
                yield _with_rate(observed, side, rate)
            return
    for power in (0, 1, 2) if varied else (None,):
        own = rates * np.array(observed.samples, np.float64) ** (power or 0)
        theirs = program_rates(observed, own)
        first = None if theirs is None else theirs.first
        for schedule in schedules_of(observed, own):
            for rate in rates_behind(observed, side, float(own[0]), power, first):
                yield _with_rate(observed, replace(side, schedule=schedule), rate)
    yield from _clipped(observed, found, side, rates)


def _with_rate(observed: Observed, side: Side, rate: Rate, extra: int = 0) -> Candidate:
    changed = replace(side, reduction=rate.reduction, learning_rate=rate.learning_rate.value)
    if rate.reduction is Reduction.PER_BATCH_SIZE:
        changed = replace(changed, batch=max(observed.samples))
    return Candidate(changed, rate.learning_rate.rank + extra)


def _clipped(observed: Observed, found: Found[Law], side: Side, rates: FloatArray) -> Iterator[Candidate]:
    gradients = observed.gradients(found.reading)
    last = observed.leading
    kinds = {
        ClippingKind.EXACT_NORM: norms_of(list(gradients.values())),
        ClippingKind.NORM: norms_of(list(gradients.values())),
        ClippingKind.TENSOR_NORM: norms_of([gradients[last]]),
    }
    for kind, norms in kinds.items():
        for rate in (*rates_behind(observed, side, float(rates.max()), None), *named_rates(observed)):
            one = replace(side, reduction=rate.reduction)
            factor = gradient_factor(one, observed.sizes())
            whole = rate.learning_rate.value * factor
            added = 0.0 if kind is ClippingKind.EXACT_NORM else 1e-6
            for bound in bounds_behind(rates, norms * factor + added, whole, observed.numbers):
                yield _with_rate(observed, replace(side, clipping=Clipping(kind, bound)), rate)


def _rolling(observed: Observed, found: Found[Law], side: Side, law: Law, scale: float) -> Iterator[Candidate]:
    """Momentum, decay, or both."""
    power = law.divided if len(set(observed.samples)) > 1 else None
    pulled = {place: Column.PARAMETER in one.columns for place, one in found.laws.items()}
    decayed = decayed_readings(pulled, observed.layers)
    for motion in _motions(law, scale, observed.numbers):
        for rate in rates_behind(observed, side, motion.coefficient, power):
            for fields in _decays(observed, motion, rate.learning_rate.value, decayed):
                yield _with_rate(observed, replace(side, **motion.fields, **fields), rate)


def _motions(law: Law, scale: float, numbers: Numbers) -> Iterator[_Motion]:
    """The forms of momentum that such coefficients can come from."""
    m, later, first = law.momentum, law.rate * scale, float(law.rates[0]) * scale
    if Column.STEP_BEFORE not in law.columns:
        yield _Motion({}, later, law.decay)
        return
    dropped = {"moments": Moments.FIRST_DROPPED} if abs(first) <= 1e-9 * abs(later) else {}
    if Column.GRADIENT_BEFORE in law.columns:
        for mu, decay, form in _parted(m, law.decay):
            ahead = mu / (1 - decay) if form is DecayForm.IN_GRADIENT else mu
            if 0 < ahead < 1:
                momentum = Momentum(numbers.round(ahead), MomentumForm.NESTEROV)
                yield _Motion({"momentum": momentum, **dropped}, later / (1 + ahead), decay, form)
        return
    if numbers.near(m, 1.0):
        yield _Motion({"zero_grad": ZeroGrad.FORGOTTEN}, later, law.decay)
    for mu, decay, form in _parted(m, law.decay):
        if not 0 < mu < 1 or numbers.near(mu, 1.0):
            continue
        coefficient = numbers.round(mu)
        if near(first, later, 10 * numbers.accuracy) or dropped:
            yield _Motion({"momentum": Momentum(coefficient), **dropped}, later, decay, form)
            if mu < 1:
                averaged = Momentum(coefficient, MomentumForm.AVERAGED)
                shrunk = 1 - mu if form is DecayForm.IN_GRADIENT else 1.0
                yield _Motion({"momentum": averaged, **dropped}, later / (1 - mu), decay / shrunk, form)
        elif 0 < later / first < 1:
            dampening = numbers.round(1 - later / first)
            shrunk = later / first if form is DecayForm.IN_GRADIENT else 1.0
            yield _Motion({"momentum": Momentum(coefficient, dampening=dampening)}, first, decay / shrunk, form)


def _parted(m: float, decay: float) -> Iterator[tuple[float, float, DecayForm]]:
    """The momentum behind the coefficient of the step before, and the decay of a step: in the gradient, or beside it,
    where m = μ·(1 − q) and the parameter's coefficient is q·(1 − μ).
    """
    yield m, decay, DecayForm.IN_GRADIENT
    if decay != 0:
        root = (1 + decay - m) ** 2 - 4 * decay
        if root >= 0:
            q = ((1 + decay - m) - sqrt(root)) / 2
            yield m / (1 - q), q, DecayForm.DECOUPLED


def _decays(
    observed: Observed, motion: _Motion, rate: float, decayed: Sequence[PerLayer[Decayed]]
) -> Iterator[dict[str, Any]]:
    """The weight decay behind what a parameter loses in a step."""
    if motion.decay == 0:
        yield {}
        return
    yield from decay_readings(observed, motion.decay / rate, motion.form, decayed)


def decay_readings(
    observed: Observed, acting: float, form: DecayForm, decayed: Sequence[PerLayer[Decayed]]
) -> Iterator[dict[str, Any]]:
    """The weight decays by which so much of a parameter is added to its gradient."""
    numbers = observed.numbers
    readings = {
        DecayFactor.ONCE: acting,
        DecayFactor.TWICE: acting / 2,
        DecayFactor.PER_SAMPLE: acting * max(observed.samples),
    }
    readings = {factor: value for factor, value in readings.items() if 0 < value <= 1}
    named = [
        factor
        for factor, value in readings.items()
        if any(numbers.near(value, one) for one in numbers.constants.values())
    ]
    for factor in named or list(readings)[:1]:
        decay = WeightDecay(numbers.likely(readings[factor]), form)
        yield from ({"weight_decay": decay, "decay_factor": factor, "decayed": one} for one in decayed)
