"""From a recording to readings that were tried: each trained freely from the recorded start, the best first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from engine.diagnosis.adaptive import (
    LEAST_NUMBERS,
    adaptive_law_of,
    adaptive_like,
    averages_of,
    decayed_law_of,
    pulls_of,
)
from engine.diagnosis.adaptive_candidates import adaptive_candidates
from engine.diagnosis.clipped import Shortening, shortenings
from engine.diagnosis.cut_off import cut_off_candidates, cut_off_law_of, cut_off_like
from engine.diagnosis.free_run import gaps_of
from engine.diagnosis.gradients import Reading, tensor_steps
from engine.diagnosis.laws import goes_along, law_of, like
from engine.diagnosis.observed import Observed
from engine.diagnosis.reader import Found, Rule, find
from engine.diagnosis.recording import PROOF_STEPS
from engine.diagnosis.rolling import rolling_candidates, rolling_rule
from engine.diagnosis.stacked_steps import Series
from engine.diagnosis.updates import Candidate, candidates
from engine.experiment.choices import Precision
from engine.experiment.per_layer import of_layers
from engine.experiment.update_rules import ZeroGrad
from engine.types import FloatArray

HOPELESS = 1e-2
"""A free run that is further off ends."""

LONGEST = 4.0
"""Seconds that one kind of law is looked for."""

ALTOGETHER = 12.0
"""Seconds after which no further kind is begun."""

MOST_TRIALS = 60
"""Of each kind of law."""


@dataclass(frozen=True, eq=False)
class Trial:
    """A reading, how much speaks against it beside its gaps, and these: (T,), fewer where it was hopeless."""

    reading: Reading
    rank: int
    gaps: FloatArray
    steps: int

    @property
    def whole(self) -> bool:
        """Whether it was run to the end."""
        return len(self.gaps) == self.steps

    @property
    def gap(self) -> float:
        """The largest of the steps that a proof is about."""
        worst = float(self.gaps[:PROOF_STEPS].max())
        return worst if self.whole and np.isfinite(worst) else np.inf


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a search has come to: the trials, the best first, and the reading of which most is explained."""

    trials: tuple[Trial, ...]
    nearest: Found[Any] | None


@dataclass(frozen=True, eq=False)
class _Kind:
    """A kind of law, and what it may stand for."""

    rule: Rule[Any]
    candidates: Callable[[Observed, Found[Any]], list[Candidate]]


def search(observed: Observed, enough: float) -> Outcome:
    """Try one kind of law after the other until a free run is no further off than `enough`."""
    trials: list[Trial] = []
    nearest: Found[Any] | None = None
    end = time.monotonic() + ALTOGETHER
    for kind in _kinds(observed):
        if time.monotonic() > end:
            break
        for found in find(observed, kind.rule, time.monotonic() + LONGEST):
            if nearest is None or len(found.laws) > len(nearest.laws):
                nearest = found
            if not found.unexplained:
                trials += _tried(observed, found, kind)
        if any(one.gap <= enough for one in trials):
            break
    return Outcome(tuple(sorted(trials, key=lambda one: (one.gap > enough, one.rank, one.gap))), nearest)


def _kinds(observed: Observed) -> Iterator[_Kind]:
    yield _Kind(Rule(law_of, like, goes_along=goes_along), candidates)
    yield from _clipped(observed, Rule(law_of, like, goes_along=goes_along), candidates)
    yield _Kind(Rule(cut_off_law_of, cut_off_like, few=False), cut_off_candidates)
    law = partial(adaptive_law_of, named=averages_of(observed), updates_per_epoch=_updates_per_epoch(observed))
    pulls = pulls_of(observed)
    adaptive = Rule(law, partial(adaptive_like, pulls=pulls), least=LEAST_NUMBERS)
    changing = replace(adaptive, of=partial(law, changing=True))
    yield _Kind(adaptive, adaptive_candidates)
    yield _Kind(rolling_rule(observed), rolling_candidates)
    yield _Kind(changing, adaptive_candidates)
    yield from _clipped(observed, adaptive, adaptive_candidates)
    yield _Kind(replace(adaptive, prepared=_added_up), _forgetting)
    for changes in (False, True):
        decayed = partial(decayed_law_of, pulls=pulls, changing=changes)
        yield _Kind(replace(adaptive, of=decayed), adaptive_candidates)


def _updates_per_epoch(observed: Observed) -> int:
    """Where a recording has more than one epoch; 1 where a count of epochs cannot be seen."""
    batches = observed.batches_of_epoch
    return batches if batches < observed.recording.steps else 1


def _added_up(observed: Observed, reading: Reading, gradients: Series) -> Series:
    """Each step's with those of all steps before."""
    return {place: np.cumsum(one, axis=0) for place, one in gradients.items()}


def _forgetting(observed: Observed, found: Found[Any]) -> list[Candidate]:
    made = adaptive_candidates(observed, found)
    return [replace(one, side=replace(one.side, zero_grad=ZeroGrad.FORGOTTEN)) for one in made]


def _clipped(
    observed: Observed, rule: Rule[Any], candidates: Callable[[Observed, Found[Any]], list[Candidate]]
) -> Iterator[_Kind]:
    """The same law of gradients that were clipped before."""

    def of_clipped(one: Shortening) -> _Kind:
        return _Kind(
            replace(rule, prepared=one.series), lambda observed, found: one.fitting(candidates(observed, found))
        )

    return map(of_clipped, shortenings(observed))


def _tried(observed: Observed, found: Found[Any], kind: _Kind) -> list[Trial]:
    made: list[Trial] = []
    for one in (found, *_alike(observed, found)):
        for candidate in kind.candidates(observed, one)[:MOST_TRIALS]:
            made += [
                try_out(observed, _reading(one.reading, candidate, kept), candidate.rank)
                for kept in precisions(observed)
            ]
    return made


def _reading(reading: Reading, candidate: Candidate, precision: Precision) -> Reading:
    """With all that a candidate says of it."""
    steps = tensor_steps(candidate.factors)
    return replace(reading, side=replace(candidate.side, precision=precision, tensor_steps=steps))


def _alike(observed: Observed, found: Found[Any]) -> Iterator[Found[Any]]:
    """The same with the outputs' form of each reading that has the same gradients."""
    layers, above = observed.layers, observed.leading.layer - 1
    for other in found.alike:
        derivatives = of_layers(found.reading.side.derivative_at, layers)
        own = of_layers(other.side.derivative_at, layers)
        side = replace(
            found.reading.side,
            objective=other.side.objective,
            loss_input=other.side.loss_input,
            loss_epsilon=other.side.loss_epsilon,
            softmax_form=other.side.softmax_form,
            sent_down=other.side.sent_down if above < layers - 1 else found.reading.side.sent_down,
            derivative_at=(*derivatives[:above], *own[above:]),
        )
        yield replace(found, reading=Reading(other.activations, side))


def precisions(observed: Observed) -> Sequence[Precision]:
    """In which the recorded run may have been computed."""
    if observed.eps < 1e-10:
        return (Precision.FLOAT64,)
    wide = any(array.dtype == np.float64 for array in observed.recording.inputs)
    return (Precision.MIXED, Precision.FLOAT32) if wide else (Precision.FLOAT32, Precision.MIXED)


def try_out(observed: Observed, reading: Reading, rank: int) -> Trial:
    """Its free run."""
    return Trial(reading, rank, gaps_of(observed, reading, HOPELESS), observed.recording.steps)
