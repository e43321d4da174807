"""What stands behind the coefficients of the gradients: reduction and learning rate, a schedule, a bound."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.diagnosis.numbers import Named, Numbers, near
from engine.diagnosis.observed import Observed
from engine.experiment.choices import Reduction
from engine.experiment.gradient_factors import Sizes, gradient_factor
from engine.experiment.schedules import Schedule, ScheduleKind
from engine.experiment.side import Side
from engine.types import FloatArray

REDUCTIONS = (
    Reduction.MEAN,
    Reduction.SUM,
    Reduction.PER_SAMPLE,
    Reduction.TWICE_SUM,
    Reduction.MEAN_OF_SUMS,
    Reduction.TWICE_MEAN,
    Reduction.PER_OUTPUT,
    Reduction.PER_SAMPLE_TWICE,
)
"""Those that are told apart by the rate alone, likely ones first."""


@dataclass(frozen=True)
class Rate:
    """A reading of the gradient's coefficient."""

    reduction: Reduction
    learning_rate: Named


def power_of(side: Side, reduction: Reduction) -> int:
    """To which power of N the reduction divides."""
    one = replace(side, reduction=reduction)
    return round(math.log2(gradient_factor(one, Sizes(1, 1, 1, 1)) / gradient_factor(one, Sizes(2, 1, 1, 1))))


def rates_behind(
    observed: Observed, side: Side, coefficient: float, power: int | None, own: Named | None = None
) -> list[Rate]:
    """The reductions and rates that give this coefficient, which is that of sums divided by N to that power, or where
    every batch has the same N (then `power` is none) of sums; the likeliest first. `own` is the program's own rate of
    that step, where it is known.
    """
    found: list[Rate] = []
    for reduction in REDUCTIONS:
        one = replace(side, reduction=reduction)
        if power is not None and power_of(side, reduction) != power:
            continue
        factor = gradient_factor(one, observed.sizes(None if power is None else 1))
        value = abs(coefficient) / factor
        rate = own if own and observed.numbers.near(own.value, value) else observed.numbers.as_rate(value)
        if power == 0 and rate.rank > 1:
            rate = observed.numbers.as_part_of_rate(value, max(observed.samples)) or rate
        if power in (None, 0) and rate.rank > 1 and reduction is Reduction.SUM:
            parts = (observed.numbers.as_part_of_rate(value, count) for count in _counts(observed))
            rate = next((one for one in parts if one is not None), rate)
        if reduction is Reduction.TWICE_MEAN and rate.rank > 1:
            # Beside a rate that nobody wrote it is the mean.
            continue
        if not any(observed.numbers.near(rate.value, other.learning_rate.value) for other in found):
            found.append(Rate(reduction, rate))
    if power == 0:
        # Divided by what a batch should have, a smaller last one too.
        whole = observed.numbers.as_rate(abs(coefficient) * max(observed.samples))
        found += [Rate(Reduction.PER_BATCH_SIZE, whole)] if whole.rank == 0 else []
    if power in (None, 0) and _sees_all_samples(observed):
        # Each batch is divided by all samples there are.
        whole = observed.numbers.as_rate(abs(coefficient) * observed.data_samples)
        found += [Rate(Reduction.PER_DATA_SET, whole)] if whole.rank <= 1 else []
    if power in (None, 0) and all(one.learning_rate.rank > 1 for one in found):
        # Where no rate that the program names fits otherwise, the inputs may be taken for the samples.
        divided = replace(side, reduction=Reduction.PER_INPUT)
        own_rate = observed.numbers.as_rate(abs(coefficient) / gradient_factor(divided, observed.sizes()))
        found += [Rate(Reduction.PER_INPUT, own_rate)] if own_rate.rank <= 1 else []
    return sorted(found, key=lambda one: one.learning_rate.rank)


def _sees_all_samples(observed: Observed) -> bool:
    """Whether the data come in several batches, all of which were seen."""
    return 1 < observed.batches_of_epoch < observed.recording.steps


def _counts(observed: Observed) -> list[int]:
    """Of samples that the program may divide by where not all were seen."""
    if observed.batches_of_epoch < observed.recording.steps:
        return []
    values = {round(one) for one in observed.recording.constants.values() if one == round(one)}
    return sorted(one for one in values if one > max(observed.samples))


def named_rates(observed: Observed) -> list[Rate]:
    """The learning rates that the program names, with each reduction: where no step shows the whole rate."""
    constants = observed.recording.constants.values()
    rates = [observed.numbers.as_rate(one) for one in dict.fromkeys(constants) if one > 0]
    found = [Rate(reduction, rate) for rate in rates for reduction in REDUCTIONS]
    return sorted(found, key=lambda one: one.learning_rate.rank)


def schedules_behind(rates: FloatArray, batches_of_epoch: int, numbers: Numbers) -> Iterator[Schedule]:
    """The schedules by which these learning rates (T,) change."""
    if rates[0] == 0:
        return
    shares = rates / rates[0]
    steps = np.arange(len(rates), dtype=np.float64)
    counts = {False: steps // batches_of_epoch}
    if batches_of_epoch > 1:
        counts[True] = steps
    for per_batch, k in counts.items():
        is_named = False
        for one in (*_inverse(shares, k, numbers), *_stepwise(shares, k, numbers), *_cosine(shares, k)):
            schedule = replace(one, per_batch=per_batch)
            length = schedule.length or int(k[-1]) + 1
            again = np.array([schedule.rate_at(1.0, int(value), length) for value in k])
            if np.abs(again - shares).max() <= 10 * numbers.accuracy:
                # A decay that the program names is no other that is fitted to the same steps.
                if not (is_named and schedule.kind is ScheduleKind.INVERSE):
                    yield schedule
                is_named = is_named or schedule.decay in numbers.constants.values()


def _inverse(shares: FloatArray, k: FloatArray, numbers: Numbers) -> Iterator[Schedule]:
    later = (k > 0) & (shares > 0)
    decays = (1 / shares[later] - 1) / k[later]
    if len(decays) and 0 < decays[-1] <= 1:
        # A decay that hardly shows in so few steps is fitted but roughly.
        named = [one for one in dict.fromkeys(numbers.constants.values()) if near(one, decays[-1], 0.01)]
        # Each step gives a decay, the later ones the more exactly.
        fitted = float(np.sum(decays * k[later]) / np.sum(k[later]))
        likely = (*named, numbers.round(float(decays[-1])), fitted)
        for decay in dict.fromkeys(one for one in likely if 0 < one <= 1):
            yield Schedule(ScheduleKind.INVERSE, decay=decay)


def _stepwise(shares: FloatArray, k: FloatArray, numbers: Numbers) -> Iterator[Schedule]:
    changed = np.flatnonzero(np.abs(shares - 1) > numbers.accuracy)
    if len(changed) and 0 < shares[changed[0]] < 1 and k[changed[0]] >= 1:
        factor = numbers.round(float(shares[changed[0]]))
        first = int(k[changed[0]])
        again = np.flatnonzero(np.abs(shares - shares[changed[0]]) > numbers.accuracy)
        second = next((int(k[at]) for at in again if at > changed[0]), 2 * first)
        if first <= second - first:
            yield Schedule(ScheduleKind.STEP, every=second - first, factor=factor, offset=second - 2 * first)


def _cosine(shares: FloatArray, k: FloatArray) -> Iterator[Schedule]:
    later = (k > 0) & (np.abs(shares) < 1)
    if later.any():
        at = np.flatnonzero(later)[0]
        length = math.pi * k[at] / math.acos(2 * shares[at] - 1) if 0 <= shares[at] < 1 else 0.0
        if round(length) >= 1 and near(length, round(length), 1e-3):
            yield Schedule(ScheduleKind.COSINE, length=round(length))


def bounds_behind(rates: FloatArray, divisors: FloatArray, whole: float, numbers: Numbers) -> Iterator[float]:
    """The bound by which these coefficients (T,) were made smaller than `whole`: it is divided by norms (T,)."""
    clipped = rates < whole * (1 - numbers.accuracy)
    if clipped.any() and not (rates > whole * (1 + numbers.accuracy)).any():
        bounds = rates[clipped] / whole * divisors[clipped]
        if bounds[0] > 0 and np.ptp(bounds) <= 100 * numbers.accuracy * bounds[0]:
            yield numbers.likely(float(np.median(bounds)))


def norms_of(gradients: Sequence[FloatArray]) -> FloatArray:
    """Of all these gradients (T, n) together, at each step: (T,)."""
    norms: FloatArray = np.sqrt(sum((one * one).sum(axis=1) for one in gradients))
    return norms
