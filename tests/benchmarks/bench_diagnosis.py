"""What `mlp-tui diagnose` makes of the programs in `tests/programs`, each run in its child process and diagnosed, as a
table with every miss named. Not part of the test suite:

pytest tests/benchmarks/bench_diagnosis.py -s -n 0
"""

import time
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from engine.diagnosis.capture.program_runs import capture
from engine.diagnosis.diagnosis import Conclusion, diagnose
from engine.errors import InputError
from tests.diagnosis.test_programs import PARITY, PROGRAMS, SLIPS, has_value

MOST_SECONDS = 10.0
"""For 95 of 100 programs."""


@dataclass(frozen=True)
class Outcome:
    """What was said of one program, and in how many seconds."""

    kind: str
    network: bool
    first_cause: bool
    all_causes: bool
    verdict: bool
    seconds: float


def _kind(name):
    if name.startswith("refused_"):
        return "refused"
    return "slips" if name in SLIPS else "right code" if name in PARITY else "others"


def _outcome(name):
    kind, start = _kind(name), time.perf_counter()
    try:
        diagnosis = diagnose(capture(str(PROGRAMS / f"{name}.py")))
    except InputError:
        refused = kind == "refused"
        return Outcome(kind, refused, refused, refused, refused, time.perf_counter() - start)
    seconds = time.perf_counter() - start
    causes = [cause.field for cause in diagnosis.causes]
    truth = SLIPS.get(name, {})
    proved = kind != "refused" and diagnosis.conclusion is Conclusion.PROVED
    all_causes = proved and all(
        field in causes and has_value(diagnosis, field, value) for field, value in truth.items()
    )
    first_cause = all_causes and causes[0] in truth if truth else all_causes
    if kind == "right code":
        first_cause = all_causes = diagnosis.is_parity
    return Outcome(kind, diagnosis.reading is not None, first_cause, all_causes, proved, seconds)


def test_what_is_made_of_the_programs():
    outcomes = {name: _outcome(name) for name in sorted(path.stem for path in PROGRAMS.glob("*.py"))}
    kinds = defaultdict(list)
    for one in outcomes.values():
        kinds[one.kind].append(one)
    print(
        f"\n{'programs':12}{'tried':>7}{'network':>9}{'first':>7}{'all':>5}{'verdict':>9}{'median s':>10}{'most s':>8}"
    )
    for kind in ("slips", "right code", "others", "refused"):
        ones = kinds[kind]
        counts = [
            sum(getattr(one, what) for one in ones) for what in ("network", "first_cause", "all_causes", "verdict")
        ]
        times = [one.seconds for one in ones]
        print(
            f"{kind:12}{len(ones):7}{counts[0]:9}{counts[1]:7}{counts[2]:5}{counts[3]:9}"
            f"{np.median(times):10.1f}{max(times):8.1f}"
        )
    for name, one in outcomes.items():
        if not (one.first_cause and one.all_causes and one.verdict):
            print(f"missed: {name}: {one}")
    assert all(one.verdict for one in outcomes.values())
    assert np.percentile([one.seconds for one in outcomes.values()], 95) <= MOST_SECONDS
