"""Other readings than the one that was found: each of its choices made otherwise, and trained freely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

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

NOT_TRIED = frozenset(
    {"initial_weights", "bias", "batch", "order", "last_batch", "input_scale", "precision", "schedule"}
)
"""Choices that the recording itself has made, or that a run of this length may not show."""


SEEN = 1e-9
"""The ε from which it shows where it is added."""


def nearest_rival(observed: Observed, reading: Reading, enough: float) -> float:
    """The smallest gap of a reading that differs in one choice, and is not the same on these data."""
    least = np.inf
    for other in _others(reading):
        gaps = gaps_of(observed, other, stop_over=1.0, steps=PROOF_STEPS)
        gap = float(gaps.max()) if np.isfinite(gaps).all() else np.inf
        if gap > enough:
            least = min(least, gap)
    return least


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


def _possible(reading: Reading, side: Side) -> bool:
    return not is_fused(side) or OWN_LOSS.get(reading.activations[-1]) is side.objective
