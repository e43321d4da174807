"""The impact's speed and memory, as ratios inside one run. Not part of the test suite:

pytest tests/benchmarks/bench_impact.py -s -n 0
"""

import resource
import time
from dataclasses import replace

import numpy as np

import engine
from engine.impact.effects import effects
from engine.impact.study import Measure, measure, plan

SIX = ["loss_report", "initial_weights", "bias", "reduction", "learning_rate", "precision"]
GIBIBYTE = 2**30 / 1e9

ONE_BY_ONE = 12
"""Runs trained with `engine.train` for comparison, spread over the combinations."""


def timed(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def test_64_combinations_over_20_seeds_take_a_hundredth_of_the_time():
    study = plan(engine.preset("asked"), SIX, seeds=20)
    engine.train(replace(study.combination(0), epochs=100))  # imports torch
    combinations = study.combinations[:: 64 // ONE_BY_ONE][:ONE_BY_ONE]
    ratios = []
    for _ in range(3):
        batched, impact = timed(lambda: measure(study))
        alone = [timed(lambda one=one: engine.train(one))[0] for one in combinations]
        ratios.append(np.mean(alone) / (batched / impact.runs))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    each, alone_each = 1000 * batched / impact.runs, 1000 * np.mean(alone)
    print(
        f"\n{impact.runs:,} runs of both sides, 5,000 epochs: {batched:.1f} s together, {each:.2f} ms a run; "
        f"engine.train {alone_each:.0f} ms a run, {np.median(ratios):.0f} times as long; "
        f"one by one {alone_each * impact.runs / 60_000:.1f} minutes; peak {peak:.2f} GB"
    )
    for effect in effects(impact, Measure.AREA).ranked:
        low, high = effect.spread
        print(
            f"  {effect.discrepancy.title:14} share {effect.share:9.4g}  over 20 seeds {low:9.4g} to {high:9.4g}  "
            f"first at {effect.first}"
        )
    assert np.median(ratios) >= 100
    assert peak < GIBIBYTE


def test_it_stays_within_its_memory_by_running_in_blocks():
    """A network whose trainings would take several times the limit at once."""
    data = engine.built_in("spirals")
    settings = replace(engine.preset("asked"), data=data, hidden=(128, 64), epochs=2)
    study = plan(settings, SIX, seeds=20)
    impact = measure(study)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    what = f"{settings.parameter_count:,} parameters on {data.samples} samples"
    print(f"\n{impact.runs:,} runs of {what}: peak {peak:.2f} GB")
    assert peak < GIBIBYTE
