"""A probe: the program run again with another number of samples, and of outputs if it can, and which readings go on.

Running it is `capture/`'s; here the two runs are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from engine.diagnosis.data_places import Probe, other_count
from engine.diagnosis.experiment_of import experiment_of
from engine.diagnosis.free_pairs import Beside, resized
from engine.diagnosis.free_run import gaps_of
from engine.diagnosis.gradients import Reading
from engine.diagnosis.number_forms import forms_of, value_of
from engine.diagnosis.numbers import near
from engine.diagnosis.observed import Observed
from engine.diagnosis.rates import REDUCTIONS
from engine.diagnosis.ratios import gradient_ratios
from engine.diagnosis.recording import PROOF_STEPS, Recording
from engine.errors import InputError
from engine.experiment.choices import Reduction
from engine.experiment.gradient_factors import gradient_factor
from engine.experiment.tensor_steps import TensorSteps
from engine.networks.places import Place

OUTPUTS = 3
"""As many as a probe asks for, if there are not so many already."""

SAME = 1e-9
"""Ratios that differ by no more, of their size, are one."""

NO_NAMES = "no variable of the program holds all of its inputs, and another all of its targets, before it trains"

RunAgain = Callable[[Probe], Recording]


@dataclass(frozen=True)
class Factor:
    """What multiplies the gradients of some tensors, compared with PyTorch's, in both runs: which numbers it is, by
    their names, and which it could have been of the first run alone. Neither names a constant.
    """

    places: tuple[Place, ...]
    before: float
    after: float
    forms: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def is_constant(self) -> bool:
        """Whether it is the same number in both runs."""
        return near(self.before, self.after, SAME)


@dataclass(frozen=True)
class RuledOut:
    """A reading that fitted the first run, and how far it is off in the second."""

    reading: Reading
    gap: float


@dataclass(frozen=True)
class ProbeResult:
    """What the second run settles."""

    samples: tuple[int, int] = (0, 0)
    """N of a step, before and after; outputs alike."""
    outputs: tuple[int, int] = (0, 0)
    kept: tuple[Reading, ...] = ()
    """Readings of the first run that the second one follows too, the likeliest first."""
    ruled_out: tuple[RuledOut, ...] = ()
    factors: tuple[Factor, ...] = ()
    refused: str = ""
    """Why there is no second run, or none with other outputs."""
    left_as_it_was: tuple[str, ...] = ()
    """Names of the program's numbers that are still the first run's N."""
    is_taken: bool = True
    """Whether the reading that was taken goes on, or was given up for one that does; not where the program itself has
    numbers that belong to its own data.
    """

    @property
    def has_run(self) -> bool:
        """Whether there is a second run."""
        return self.samples[1] > 0

    @property
    def settles(self) -> bool:
        """Whether it tells anything that the first run does not."""
        return self.samples[0] != self.samples[1] or self.outputs[0] != self.outputs[1]


def run_again(recording: Recording, run: RunAgain) -> tuple[Recording | None, str]:
    """The second run, with other outputs if it can; and why there is none, or none with other outputs."""
    if not recording.data:
        return None, NO_NAMES
    refused = ""
    for probe in _attempts(recording):
        try:
            found = run(probe)
        except InputError as error:
            reason = str(error).removeprefix(f"{recording.program}: ").removesuffix(".")
            refused = refused if refused and probe.outputs is None else reason
            continue
        if len(found.layers) == len(recording.layers):
            return found, "" if probe.outputs is not None else refused
        refused = "another network was found in it"
    return None, refused


def _attempts(recording: Recording) -> Iterator[Probe]:
    first, *more = recording.data
    x, y = first.places
    C = recording.targets[0].shape[1]
    if y.width == C != OUTPUTS and (x.name, x.line) != (y.name, y.line):
        yield replace(first, outputs=OUTPUTS)
    yield from (first, *more)


def compared(recording: Recording, again: Recording, readings: Sequence[Reading], enough: float) -> ProbeResult:
    """Which of these readings of the first run the second one follows."""
    before, after = Observed(recording), Observed(again)
    kept: list[Reading] = []
    ruled_out: list[RuledOut] = []
    best: Reading | None = None
    with np.errstate(all="ignore"):
        for reading in readings:
            tries = [(one, _gap(after, one)) for one in _transferred(before, after, reading)]
            followed = next((one for one, gap in tries if gap <= enough), None)
            if followed is None:
                ruled_out.append(RuledOut(reading, min(gap for _, gap in tries)))
                continue
            kept.append(reading)
            best = followed if best is None else best
        factors = () if best is None else _factors(before, after, _ratios(before, kept[0]), _ratios(after, best))
    N = before.samples[0]
    left = [name for name, value in again.constants.items() if value == N == recording.constants.get(name)]
    return ProbeResult(
        (N, after.samples[0]),
        (before.outputs, after.outputs),
        tuple(kept),
        tuple(ruled_out),
        factors,
        left_as_it_was=tuple(name for name in left if name.isidentifier()),
    )


def would_separate(observed: Observed, reading: Reading, others: Sequence[Reading]) -> bool:
    """Whether a probe might tell one of the others from the reading, on rows and outputs made of the recorded ones."""
    if not others:
        return False
    N, C = observed.samples[0], observed.outputs
    for outputs in dict.fromkeys((C, OUTPUTS)):
        beside = Beside(Observed(resized(observed.recording, other_count(N, N), outputs)), reading)
        if any(beside.is_another(one) for one in others):
            return True
    return False


def same_factors(observed: Observed, reading: Reading) -> Iterator[Reading]:
    """With each other reduction that has the same factor on these data, and so the same run: 1/N where N = 1."""
    for reduction in (one for one in REDUCTIONS if one is not Reduction.TWICE_MEAN):
        side = replace(reading.side, reduction=reduction)
        one, other = (gradient_factor(each, observed.sizes()) for each in (side, reading.side))
        if reduction is not reading.side.reduction and near(one, other, SAME) and len(set(observed.samples)) == 1:
            yield replace(reading, side=side)


def _gap(observed: Observed, reading: Reading) -> float:
    gaps = gaps_of(observed, reading, stop_over=1.0)
    worst = float(gaps[:PROOF_STEPS].max())
    return worst if math.isfinite(worst) else math.inf


def _transferred(before: Observed, after: Observed, reading: Reading) -> Iterator[Reading]:
    """The reading in the second run: with the rate that has the same name there, and each factor of a tensor as a
    number or as what it may be of N and C.
    """
    rate = reading.side.learning_rate
    named = [name for name, value in before.recording.constants.items() if value == rate]
    rates = [after.recording.constants[name] for name in named if name in after.recording.constants]
    side = replace(reading.side, learning_rate=next(iter(rates), rate))
    tensors = side.tensor_steps.factors
    values = list(dict.fromkeys(factor for _, factor in tensors))
    choices = []
    for value in values:
        forms = forms_of(value, before.samples[0], before.outputs) if value not in (0, 1, -1) else ()
        choices.append([value, *(value_of(form, value, after.samples[0], after.outputs) for form in forms)])
    for chosen in product(*choices):
        new = dict(zip(values, chosen, strict=True))
        steps = TensorSteps(tuple((name, new[factor]) for name, factor in tensors))
        yield replace(reading, side=replace(side, tensor_steps=steps))


def _ratios(observed: Observed, reading: Reading) -> Mapping[Place, float]:
    try:
        return gradient_ratios(observed, reading, experiment_of(observed, reading, {}).settings)
    except InputError:
        return {}


def _factors(
    before: Observed, after: Observed, first: Mapping[Place, float], second: Mapping[Place, float]
) -> tuple[Factor, ...]:
    """One for all tensors that have the same in both runs; those that are 1 in both say nothing."""
    grouped: dict[tuple[float, float], list[Place]] = {}
    for place in first:
        if place in second:
            pair = first[place], second[place]
            known = next((one for one in grouped if all(map(_alike, one, pair))), pair)
            grouped.setdefault(known, []).append(place)
    found = []
    for (one, other), places in grouped.items():
        if not (_alike(one, 1.0) and _alike(other, 1.0)):
            could = forms_of(one, before.samples[0], before.outputs)
            are = forms_of(other, after.samples[0], after.outputs)
            forms = tuple(form for form in could if form in are)
            others = tuple(form for form in could if form not in are)
            found.append(Factor(tuple(places), one, other, forms, others))
    return tuple(found)


def _alike(one: float, other: float) -> bool:
    return near(one, other, SAME)
