"""The verdict in words, for gaps made up by hand."""

from dataclasses import replace

import pytest

import engine
from engine.comparison import Comparison, LossGap, ParameterGap
from engine.lockstep import Divergence
from engine.verdict import Level, judge

WEIGHT = ParameterGap("layer 1 weight", elements=10, different=0, max_absolute=0.0, max_relative=0.0, max_ulp=0)
APART = replace(WEIGHT, different=3, max_absolute=2e-5, max_ulp=9)
EQUAL = LossGap(epochs=5000, largest_loss=0.25)
GAP = LossGap(5000, 4000, 3, 7.7e-8, 2144, 3e-7, 12, 0.25)


def verdict(preset, losses, parameters=APART):
    return judge(engine.preset(preset), Comparison(losses, (WEIGHT,), (parameters,)))


@pytest.mark.parametrize(
    ("preset", "losses", "parameters", "level", "headline"),
    [
        ("exact", EQUAL, WEIGHT, Level.IDENTICAL, "Identical: every bit of 5,000 losses and of every weight"),
        ("exact", EQUAL, APART, Level.IDENTICAL, "Identical: every bit of 5,000 losses"),
        ("exact", replace(GAP, max_absolute=4.4e-16, max_ulp=2), APART, Level.EQUAL, "Equal to 4.4e-16 (2 ULP)"),
        ("exact", replace(GAP, max_absolute=0.1), APART, Level.DIFFERENT, "Equal settings, yet 1.0e-01 apart"),
        ("answer", GAP, APART, Level.PLOTTING, "Equal to plotting precision: 7.7e-08"),
        ("answer", replace(GAP, max_absolute=0.1), APART, Level.DIFFERENT, "Different: 3 differences left"),
        ("asked", LossGap(), WEIGHT, Level.DIFFERENT, "Nothing trained yet"),
    ],
)
def test_headlines(preset, losses, parameters, level, headline):
    found = verdict(preset, losses, parameters)
    assert (found.level, found.headline) == (level, headline)


def test_details_name_what_is_left_and_where_it_parts():
    detail = verdict("answer", GAP).detail
    assert "Left: gradient, learning rate, precision." in detail
    assert "at epoch 2,144" in detail
    assert "max |ΔW| 2.0e-05" in detail
    assert "bits part at epoch 3" in detail
    assert detail.index("max |ΔW|") < detail.index("Left:")


def test_one_difference_is_not_plural():
    settings = engine.preset("exact").with_side(engine.SideName.NUMPY, learning_rate=0.5)
    found = judge(settings, Comparison(replace(GAP, max_absolute=0.1), (WEIGHT,), (APART,)))
    assert found.headline == "Different: 1 difference left"


def test_divergence_comes_first():
    divergence = Divergence(engine.SideName.PYTORCH, 12, float("nan"), 1e9)
    found = judge(engine.preset("exact"), Comparison(GAP, (WEIGHT,), (APART,)), divergence)
    assert found.level is Level.DIVERGED
    assert found.headline == "Diverged at epoch 12"
    assert "PyTorch loss became nan" in found.detail
    assert "learning rate 1e+09" in found.detail
