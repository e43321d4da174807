"""The verdict in words: for gaps made up by hand, and for runs whose gaps are known."""

from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import find
from engine.run.comparison import Comparison, LossGap, WeightsGap
from engine.run.divergence import Cause, Divergence
from engine.run.verdict import Level, judge
from tests.examples import one_in
from tests.runs import trained

SAME = WeightsGap(elements=15, different=0, max_absolute=0.0, moved=10.0)
ROUNDED = replace(SAME, different=9, max_absolute=5e-12)
APART = replace(SAME, different=9, max_absolute=2e-6)
FAR = replace(SAME, different=15, max_absolute=0.011, moved=0.022)
STILL = replace(SAME, moved=0.0)
EQUAL = LossGap(epochs=5000, largest_loss=0.25)
GAP = LossGap(5000, 4000, 3, 7.7e-8, 2144, 3e-7, 12, 0.25)
TINY = replace(GAP, max_absolute=4.4e-16, max_ulp=2)
LARGE = replace(GAP, max_absolute=0.1)
MOMENTUM = engine.preset("exact").with_side(SideName.NUMPY, momentum="textbook-0.9")
REPORT = engine.preset("exact").with_side(SideName.NUMPY, loss_report="half-sum")
BOTH_PLOTTED = REPORT.with_side(SideName.PYTORCH, log_moment="after-update")


def verdict(settings, losses, weights):
    return judge(settings, Comparison(losses, SAME, weights))


@pytest.mark.parametrize(
    ("settings", "losses", "weights", "level", "headline"),
    [
        ("exact", EQUAL, SAME, Level.IDENTICAL, "Identical: every bit of 5,000 losses and all weights"),
        ("exact", EQUAL, ROUNDED, Level.EQUAL, "Equal up to rounding: every bit of 5,000 losses, weights to 5.0e-12"),
        ("exact", TINY, ROUNDED, Level.EQUAL, "Equal up to rounding: 4.4e-16 (2 ULP)"),
        ("exact", replace(TINY, max_ulp=2_000_000), ROUNDED, Level.EQUAL, "Equal up to rounding: 4.4e-16"),
        ("exact", LARGE, ROUNDED, Level.DIFFERENT, "Equal settings, yet 0.10 apart"),
        ("answer", GAP, APART, Level.PLOTTING, "Equal on a plot: 7.7e-08"),
        ("answer", EQUAL, APART, Level.PLOTTING, "Equal on a plot: 0"),
        ("answer", GAP, FAR, Level.WEIGHTS, "Losses agree; the weights are 0.011 apart"),
        (
            "answer",
            replace(GAP, epochs=4999),
            FAR,
            Level.WEIGHTS,
            "Losses agree so far; the weights are 0.011 apart",
        ),
        (
            "answer",
            replace(GAP, epochs=1),
            FAR,
            Level.WEIGHTS,
            "First loss agrees; the weights are already 0.011 apart",
        ),
        (
            "answer",
            replace(EQUAL, epochs=1),
            FAR,
            Level.WEIGHTS,
            "First loss agrees; the weights are already 0.011 apart",
        ),
        ("answer", LARGE, APART, Level.DIFFERENT, "Different: 3 differences left"),
        ("answer", GAP, STILL, Level.UNMOVED, "Nothing has moved: every weight is where it started"),
        ("asked", LARGE, STILL, Level.DIFFERENT, "Different: 5 differences left"),
        (MOMENTUM, TINY, ROUNDED, Level.EQUAL, "Equal up to rounding: 4.4e-16 (2 ULP)"),
        (MOMENTUM, replace(TINY, max_absolute=1e-12), ROUNDED, Level.PLOTTING, "Equal on a plot: 1.0e-12"),
        (REPORT, LARGE, ROUNDED, Level.PLOTTED_NUMBER, "The networks are the same; only the plotted number differs"),
        (
            BOTH_PLOTTED,
            LARGE,
            ROUNDED,
            Level.PLOTTED_NUMBER,
            "The networks are the same; only the plotted number differs",
        ),
        (REPORT, LARGE, FAR, Level.DIFFERENT, "Different: 1 difference left"),
        ("asked", LossGap(), SAME, Level.DIFFERENT, "No epoch trained yet"),
    ],
)
def test_headlines(settings, losses, weights, level, headline):
    settings = engine.preset(settings) if isinstance(settings, str) else settings
    found = verdict(settings, losses, weights)
    assert (found.level, found.headline) == (level, headline)


@one_in(7)
@pytest.mark.parametrize(
    ("settings", "level"),
    [
        # The first losses agree to 1e-8 and the gradient's factor has already driven the weights 0.01 apart.
        (replace(engine.preset("no-bias"), epochs=1), Level.WEIGHTS),
        (replace(engine.preset("answer"), data=engine.built_in("regression"), epochs=1), Level.WEIGHTS),
        (engine.preset("answer"), Level.PLOTTING),
        (engine.preset("exact"), Level.EQUAL),
        (replace(engine.preset("pytorch"), epochs=1000), Level.EQUAL),
        (replace(REPORT, epochs=1000), Level.PLOTTED_NUMBER),
        (replace(MOMENTUM.with_side(SideName.PYTORCH, momentum="pytorch-0.9"), epochs=1000), Level.EQUAL),
        (engine.preset("asked"), Level.DIFFERENT),
    ],
)
def test_of_real_runs(settings, level):
    assert trained(settings).verdict.level is level


def test_a_learning_rate_that_is_next_to_nothing_does_not_make_two_runs_equal():
    settings = replace(engine.preset("exact"), epochs=50)
    for side, rate in zip(SideName, (1e-8, 2e-8), strict=True):
        settings = settings.with_side(side, learning_rate=rate)
    found = engine.train(settings).verdict
    assert found.level is Level.WEIGHTS
    assert found.headline.startswith("Losses agree; the weights are")


def test_details_name_what_is_left_and_where_it_parts():
    detail = verdict(engine.preset("answer"), GAP, APART).detail
    assert "Left: gradient, learning rate, precision." in detail
    assert "at epoch 2,144" in detail
    assert "max |ΔW| 2.0e-06" in detail
    assert "losses part at epoch 3" in detail
    assert detail.index("max |ΔW|") < detail.index("Left:")


def test_the_json_values_of_before_are_still_there():
    assert {"identical", "equal", "plotting", "different", "diverged"} < {level.value for level in Level}


def test_divergence_comes_first_and_its_cause_is_named():
    divergence = Divergence(SideName.PYTORCH, 12, float("nan"))
    comparison = Comparison(GAP, SAME, APART)
    found = judge(engine.preset("exact"), comparison, divergence)
    assert found.level is Level.DIVERGED
    assert found.headline == "Diverged at epoch 12"
    assert "The PyTorch loss became nan at epoch 12" in found.detail
    slip = find("derivative_at")
    found = judge(engine.preset("exact"), comparison, divergence, Cause((slip,), SideName.NUMPY, (slip,)))
    assert "The cause: derivative." in found.detail


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("gap", "moved"), [(NAN, 10.0), (INF, 10.0), (NAN, INF), (INF, INF), (1.0, INF), (1.0, NAN), (NAN, NAN)]
)
@pytest.mark.parametrize("settings", [engine.preset("answer"), engine.preset("exact"), MOMENTUM, REPORT])
def test_weights_that_are_no_numbers_are_never_equal(gap, moved, settings):
    weights = replace(APART, max_absolute=gap, moved=moved)
    for losses in (EQUAL, TINY, GAP):
        found = verdict(settings, losses, weights)
        assert found.level in (Level.WEIGHTS, Level.DIFFERENT), found.headline


def test_a_run_whose_weights_overflow_before_its_losses_do():
    settings = replace(engine.preset("exact"), hidden=(), epochs=6).with_side(SideName.NUMPY, momentum="0.5")
    for side in SideName:
        settings = settings.with_side(side, learning_rate=1e6, derivative_at="pre-activation")
    run = engine.train(settings)
    assert run.divergence is None
    weights = [*run.numpy.parameters.values(), *run.pytorch.parameters.values()]
    assert not all(np.isfinite(weight).all() for weight in weights)
    assert run.verdict.level in (Level.WEIGHTS, Level.DIFFERENT)
