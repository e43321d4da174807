"""The sides that a law of Adam, RMSprop or Adagrad may stand for. The laws are `adaptive.py`'s."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from engine.diagnosis.adaptive_rules import AdaptiveLaw, Rule
from engine.diagnosis.decayed_tensors import decayed_readings
from engine.diagnosis.numbers import Numbers, digits, near, rounded
from engine.diagnosis.observed import Observed
from engine.diagnosis.program_rates import program_rates, schedules_of
from engine.diagnosis.rates import power_of
from engine.diagnosis.reader import Found
from engine.diagnosis.updates import Candidate, decay_readings, stopped
from engine.experiment.choices import BiasGradient, Reduction
from engine.experiment.gradient_factors import gradient_factor
from engine.experiment.optimizers import DEFAULTS, BiasCorrection, EpsilonAt, Optimizer, OptimizerKind
from engine.experiment.per_layer import PerLayer
from engine.experiment.schedules import NO_SCHEDULE, Schedule
from engine.experiment.side import Side
from engine.experiment.update_rules import Decayed, DecayForm, Moments
from engine.networks.places import Kind

OF_OTHER_COUNTS = (Reduction.PER_BATCH_SIZE, Reduction.PER_DATA_SET, Reduction.PER_INPUT)
"""Reductions that are not told from others where the step hardly depends on the gradient's size."""

EPSILONS = (1e-8, 1e-7, 1e-6, 1e-10, 1e-5, 1e-4, 1e-3, 1e-2, 1e-12, 1e-15, 1e-16, 1e-9, 0.0)
"""That people write, the likeliest first."""


def adaptive_candidates(observed: Observed, found: Found[AdaptiveLaw]) -> list[Candidate]:
    """The sides that such a law may stand for, the likeliest first: it is the same for every reduction, but for ε."""
    first = next(iter(found.laws.values()))
    decaying = next((one for one in found.laws.values() if one.pull or one.loss), first)
    law = replace(first, pull=decaying.pull, loss=decaying.loss)
    pulled = {place: bool(one.pull or one.loss) for place, one in found.laws.items()}
    decayed = decayed_readings(pulled, observed.layers)
    biases = [one for place, one in found.laws.items() if place.kind is Kind.BIAS]
    numbers, made = observed.numbers, list[Candidate]()
    factors = tuple((place, 0.0) for place in stopped(observed, found))
    start = found.reading.side
    if biases and all(one.mean for one in biases) and start.bias_gradient is BiasGradient.SUM:
        start = replace(start, bias_gradient=BiasGradient.MEAN)
    for schedule, (one, fields) in product(_schedules(observed, law), _equals(law)):
        theirs = None if one.shares is None else program_rates(observed, one.shares)
        is_theirs = theirs is not None and numbers.near(theirs.first.value, one.rate)
        rate = theirs.first if theirs is not None and is_theirs else numbers.as_rate(one.rate)
        for reduction, factor in _factors(observed, start, law.divided):
            side = replace(start, reduction=reduction, learning_rate=rate.value, schedule=schedule, **fields)
            for epsilon, begins, rank in _epsilons(one, factor, numbers):
                rule = Optimizer(one.rule.kind, one.rule.beta1, one.rule.beta2, epsilon, begins)
                for decay in _decays(observed, one, factor, rate.value, decayed):
                    whole = replace(side, optimizer=rule, **decay)
                    extra = 0 if reduction is Reduction.MEAN else 1
                    made.append(Candidate(whole, rate.rank + rank + extra, factors))
    return sorted(made, key=lambda one: one.rank)


def _schedules(observed: Observed, law: AdaptiveLaw) -> Iterator[Schedule]:
    if law.shares is None:
        yield NO_SCHEDULE
    else:
        yield from schedules_of(observed, law.shares)


def _factors(observed: Observed, side: Side, power: int) -> Iterator[tuple[Reduction, float]]:
    """The reductions that divide like that, and what each multiplies a sum's gradient by besides."""
    varied = len(set(observed.samples)) > 1
    for reduction in (one for one in Reduction if one not in OF_OTHER_COUNTS):
        one = replace(side, reduction=reduction)
        if not varied:
            yield reduction, gradient_factor(one, observed.sizes())
        elif power_of(side, reduction) == power:
            yield reduction, gradient_factor(one, observed.sizes(1))


def _equals(law: AdaptiveLaw) -> Iterator[tuple[AdaptiveLaw, dict[str, Any]]]:
    """The law, and others that are the same function, with the fields that each has beside its numbers."""
    yield law, _places(law)
    rule = law.rule
    if rule.kind is OptimizerKind.ADAM and rule.correction is BiasCorrection.NONE and not law.uncorrected:
        root = float(np.sqrt(1 - rule.beta2))
        epsilon = law.epsilon / (1 - rule.beta2 if rule.inside else root)
        same = replace(law, rate=law.rate * (1 - rule.beta1) / root, epsilon=epsilon)
        constant = _places(law) | {"bias_correction": BiasCorrection.CONSTANT}
        yield same, constant
        if rule.moments is Moments.RESET:
            yield same, _places(law) | {"moments": Moments.NEW_OPTIMIZER, "bias_correction": BiasCorrection.PER_STEP}
    if rule.kind is OptimizerKind.RMSPROP and rule.moments is Moments.RESET and not rule.inside:
        root = float(np.sqrt(1 - rule.beta2))
        adam = Rule(OptimizerKind.ADAM, 0.9, 0.999, BiasCorrection.PER_STEP, Moments.NEW_OPTIMIZER, False)
        anew = replace(law, rule=adam, rate=law.rate / root, epsilon=law.epsilon / root)
        yield anew, _places(anew)
    if rule.kind is OptimizerKind.ADAGRAD and rule.inside:
        outside = replace(law, rule=replace(rule, inside=False), epsilon=0.0, start=law.epsilon)
        yield outside, _places(outside)


def _decays(
    observed: Observed, law: AdaptiveLaw, factor: float, rate: float, decayed: Sequence[PerLayer[Decayed]]
) -> Iterator[dict[str, Any]]:
    """The weight decay of such a law."""
    if law.pull == 0 and law.loss == 0:
        yield {}
        return
    form = DecayForm.IN_GRADIENT if law.pull else DecayForm.DECOUPLED
    yield from decay_readings(observed, law.pull * factor if law.pull else law.loss / rate, form, decayed)


def _places(law: AdaptiveLaw) -> dict[str, Any]:
    at = EpsilonAt.INSIDE if law.rule.inside else EpsilonAt.UNCORRECTED if law.uncorrected else EpsilonAt.OUTSIDE
    fields = {"epsilon_at": at, "moments": law.rule.moments}
    if law.rule.kind is OptimizerKind.ADAM:
        fields["bias_correction"] = law.rule.correction
    return fields


def _epsilons(law: AdaptiveLaw, factor: float, numbers: Numbers) -> Iterator[tuple[float, float, int]]:
    """ε and Adagrad's start behind those of sums, for gradients that are `factor` times those; and a rank."""
    power = 2 if law.rule.inside else 1
    fitted, start = law.epsilon * factor**power, law.start * factor**2
    known = [one for one in (*numbers.constants.values(), *EPSILONS) if one > 0 and near(one, fitted, 1e-3)]
    start = rounded(start, 1e-6) if start > 1e-12 else 0.0
    if start > 1:
        return
    if known and known[0] <= 1:
        yield known[0], start, 2
    elif fitted <= 1:
        yield fitted, start, 6 + digits(fitted)
    # What is too small to be fitted is torch.optim's own.
    default = DEFAULTS[law.rule.kind]["epsilon"]
    if not known:
        yield default, start, 4
