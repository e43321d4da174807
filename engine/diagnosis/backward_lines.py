"""Where a program computes what the backward pass of a reading computes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.diagnosis.gradients import Reading, backward_pass
from engine.diagnosis.observed import Observed
from engine.networks.places import Place

MOST_LINES = 3
"""Of one array: more make it anew in every way that there is."""

LEAST_NUMBERS = 3
"""Fewer are many an array's, but for a factor."""


def backward_lines(observed: Observed, reading: Reading) -> Mapping[Place, tuple[int, ...]]:
    """By δ, or the gradient of a weight or a bias: the lines that make it, but for a factor, in their order."""
    recording = observed.recording
    if not recording.made:
        return {}
    allowed = 1e-8 if observed.eps < 1e-10 else 1e-4
    found: dict[Place, tuple[int, ...]] = {}
    with np.errstate(all="ignore"):
        arrays = backward_pass(recording, reading, recording.made_at)
    for place, array in arrays.items():
        if array.size < LEAST_NUMBERS or not np.isfinite(array).all():
            continue
        same = [one for one in recording.made if one.is_multiple_of(array, allowed)]
        named = [one.line for one in same if one.is_named] or [one.line for one in same]
        if named:
            # What is handed on stands in more lines: the first has made it.
            found[place] = tuple(sorted(set(named))) if len(set(named)) <= MOST_LINES else (named[0],)
    return found
