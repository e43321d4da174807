"""`probed`: a diagnosis with what a second run of the program, on other data, settles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.diagnosis.diagnosis import ENOUGH, UNNAMED, Diagnosis, explained, while_finite
from engine.diagnosis.observed import Observed
from engine.diagnosis.probe import ProbeResult, RunAgain, compared, run_again, same_factors
from engine.diagnosis.search import Trial
from engine.errors import DataError


def probed(diagnosis: Diagnosis, run: RunAgain) -> Diagnosis:
    """With what a second run of the program settles, which `run` gives; raises what `diagnose` does."""
    if not diagnosis.fitting:
        return replace(diagnosis, probe=ProbeResult(refused="there is no reading that gives its own run"))
    again, refused = run_again(diagnosis.recording, run)
    if again is None:
        return replace(diagnosis, probe=ProbeResult(refused=refused))
    try:
        again = while_finite(again)
    except DataError:
        return replace(diagnosis, probe=ProbeResult(refused="it diverges with other data"))
    observed = Observed(diagnosis.recording)
    enough = ENOUGH[observed.dtype]
    fitting = list(diagnosis.fitting)
    for one in diagnosis.fitting:
        fitting += [replace(one, reading=other, rank=one.rank + 1) for other in same_factors(observed, one.reading)]
    readings = dict.fromkeys([*(one.reading for one in fitting), *diagnosis.undecided])
    result = compared(observed.recording, again, list(readings), enough)
    rate = None if diagnosis.reading is None else diagnosis.reading.side.learning_rate
    # With the rate that was taken, before others.
    kept = [one for one in fitting if one.reading in result.kept]
    kept.sort(key=lambda one: one.reading.side.learning_rate != rate)
    if kept and result.ruled_out and _may_be(kept[0], diagnosis, result):
        ruled_out = frozenset(one.reading for one in result.ruled_out)
        with np.errstate(all="ignore"):
            diagnosis = explained(observed, kept[0], kept[1:], enough, ruled_out)
    return replace(diagnosis, probe=replace(result, refused=refused, is_taken=diagnosis.reading in result.kept))


def _may_be(kept: Trial, diagnosis: Diagnosis, result: ProbeResult) -> bool:
    """Whether a reading that goes on is likelier than the one that was taken: not if only that one has a rate that the
    program names, and not if the program itself has a number that only fits its own data.
    """
    taken = next((one for one in diagnosis.fitting if one.reading == diagnosis.reading), kept)
    if taken.reading in result.kept:
        return kept.reading == taken.reading
    same_rate = kept.reading.side.learning_rate == taken.reading.side.learning_rate
    is_as_sure = kept.rank < UNNAMED or taken.rank >= UNNAMED
    return not result.left_as_it_was and (same_rate or is_as_sure)
