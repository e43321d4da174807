"""A learning rate that changes, as the program itself has it: a variable that it calls a rate, step by step.

The rules by which rates change are `rates.py`'s. T steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.diagnosis.numbers import RATE_WORDS, Named, rounded
from engine.diagnosis.observed import Observed
from engine.diagnosis.rates import schedules_behind
from engine.diagnosis.recording import Recording
from engine.experiment.schedules import LARGEST, MOST_FACTORS, Schedule, ScheduleKind
from engine.types import FloatArray


@dataclass(frozen=True, eq=False)
class ProgramRates:
    """A number of the program that changes as its steps do: of the first step, and of each what it is of that, (T,)."""

    first: Named
    factors: FloatArray


def rates_named(recording: Recording) -> dict[str, FloatArray]:
    """The numbers that a program calls a rate, and that change: (T,) each, NaN where it stayed."""
    logged = recording.logged.items()
    return {
        name: values
        for name, values in logged
        if np.isfinite(values).any() and any(word in name.lower() for word in RATE_WORDS)
    }


def program_rates(observed: Observed, rates: FloatArray) -> ProgramRates | None:
    """The one that goes as these rates (T,) of the gradients do, if one does."""
    if rates[0] == 0:
        return None
    exact = 1e-9 if observed.eps < 1e-10 else 1e-6
    found = (_going_along(name, one, rates / rates[0], exact) for name, one in rates_named(observed.recording).items())
    return next((one for one in found if one is not None), None)


def schedules_of(observed: Observed, rates: FloatArray) -> Iterator[Schedule]:
    """The schedules by which these learning rates (T,) change; where no rule gives them, but a number that the program
    calls a rate changes just so, they are given one by one.
    """
    known = False
    for one in schedules_behind(rates, observed.batches_of_epoch, observed.numbers):
        known = True
        yield one
    own = None if known or len(rates) > MOST_FACTORS else program_rates(observed, rates)
    if own is not None and own.factors.min() >= 0 and own.factors.max() <= LARGEST:
        per_batch = observed.batches_of_epoch > 1
        yield Schedule(ScheduleKind.GIVEN, factors=tuple(map(float, own.factors)), per_batch=per_batch)


def _going_along(name: str, series: FloatArray, shares: FloatArray, exact: float) -> ProgramRates | None:
    """Of a series, (T,) with NaN where it stayed: as it is in each step, or as the step before has left it. Rates are
    `shares` of the first, which is known but for so much of it.
    """
    last = np.maximum.accumulate(np.where(np.isnan(series), -1, np.arange(len(series))))
    filled = np.where(last >= 0, series[last], np.nan)
    for theirs in (filled, np.append(np.nan, filled[:-1])):
        told = ~np.isnan(theirs) & (theirs != 0)
        if len(np.unique(theirs[told])) > 1:
            ratios = shares[told] / theirs[told]
            if np.ptp(ratios) <= 1e-6 * np.abs(ratios).max():
                start = float(theirs[0] if told[0] else rounded(1 / ratios[0], exact))
                return ProgramRates(Named(start, 0, name), np.where(np.isnan(theirs), shares, theirs / start))
    return None
