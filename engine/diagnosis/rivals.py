"""Other readings than the one that was found: each of its choices made otherwise, and trained freely."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from engine.diagnosis.free_pairs import MOST_GROWN, Beside, alike_up_to
from engine.diagnosis.free_run import gaps_of
from engine.diagnosis.gradients import Reading
from engine.diagnosis.observed import Observed
from engine.diagnosis.recording import PROOF_STEPS
from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import CATALOGUE
from engine.experiment.discrepancies.base import Moves
from engine.experiment.settings import OWN_LOSS
from engine.experiment.side import Side, is_fused
from engine.experiment.update_rules import WeightDecay

NOT_TRIED = frozenset(
    {"initial_weights", "bias", "batch", "order", "last_batch", "input_scale", "precision", "schedule"}
)
"""Choices that the recording itself has made, or that a run of this length may not show."""


DECAY = re.compile(r"decay|lambd|reg|l2|penalt|(^|_)wd($|_)", re.IGNORECASE)
"""In the names that people give weight decays."""

SEEN = 1e-9
"""The ε from which it shows where it is added."""


@dataclass(frozen=True)
class Rivals:
    """Readings that differ in one choice: the smallest gap of those that are too far off, and those that are not,
    though they are another function.
    """

    nearest: float
    within: tuple[Reading, ...]


def rivals(observed: Observed, reading: Reading, gap: float, enough: float) -> Rivals:
    """Of a reading that has this gap itself."""
    nearest: float = np.inf
    within: list[Reading] = []
    beyond: dict[Reading, float] = {}
    for other in (*_others(reading), *_with_named_decay(observed, reading)):
        # One that is further off already than the nearest is not looked at any longer.
        gaps = gaps_of(observed, other, stop_over=min(1.0, nearest), steps=PROOF_STEPS)
        own = float(gaps.max()) if np.isfinite(gaps).all() else np.inf
        if enough < own <= MOST_GROWN:
            # As near as roundings may grow: perhaps it is the same function.
            beyond[other] = own
        elif own > enough:
            nearest = min(nearest, own)
        elif own + gap > alike_up_to(observed):
            within.append(other)
    nearest = min((nearest, *(beyond[one] for one in other_functions(observed, reading, list(beyond)))))
    return Rivals(nearest, tuple(other_functions(observed, reading, within)))


def other_functions(observed: Observed, reading: Reading, others: Sequence[Reading]) -> list[Reading]:
    """Those that are not the same function on these data; readings that differ in precision alone are."""
    beside = Beside(observed, reading) if others else None
    return [one for one in dict.fromkeys(others) if beside is not None and beside.is_another(one)]


def _others(reading: Reading) -> Iterator[Reading]:
    for discrepancy in CATALOGUE:
        if discrepancy.field in NOT_TRIED or discrepancy.moves is not Moves.WEIGHTS:
            continue
        if discrepancy.field == "epsilon_at" and reading.side.optimizer.epsilon < SEEN:
            continue
        for choice in discrepancy.choices_for(SideName.NUMPY):
            if choice.value != getattr(reading.side, discrepancy.field):
                try:
                    side = replace(reading.side, **{discrepancy.field: choice.value})
                except SettingsError:
                    continue
                if _possible(reading, side):
                    yield replace(reading, side=side)


def _with_named_decay(observed: Observed, reading: Reading) -> Iterator[Reading]:
    """With a weight decay that the program names and the reading has none of: one too weak to be seen, perhaps."""
    if reading.side.weight_decay.rate:
        return
    for name, value in observed.recording.constants.items():
        if DECAY.search(name) and 0 < value < 1:
            with suppress(SettingsError):
                yield replace(reading, side=replace(reading.side, weight_decay=WeightDecay(value)))


def _possible(reading: Reading, side: Side) -> bool:
    return not is_fused(side) or OWN_LOSS.get(reading.activations[-1]) is side.objective
