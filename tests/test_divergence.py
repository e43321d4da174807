"""Why a run diverged: what is named is tried again with `engine.train`."""

from dataclasses import replace

import pytest

import engine
from engine.discrepancies import find, match_toward, remaining
from engine.divergence import SECONDS, CauseStudy, Divergence, find_cause
from engine.lockstep import build_models
from engine.settings import Activation, SideName
from tests.made_up import MadeUpClock

SEVEN = replace(engine.preset("no-bias"), data=engine.built_in("regression"), output_activation=Activation.IDENTITY)
"""The hand-written step is 10.5 times PyTorch's."""

FAST = SEVEN.with_side(SideName.NUMPY, learning_rate=0.6).with_side(SideName.PYTORCH, learning_rate=0.6)
SLIP = replace(FAST, hidden=(20, 20)).with_side(SideName.NUMPY, derivative_at="pre-activation")


@pytest.mark.parametrize("settings", [FAST, SLIP], ids=["gradient", "slip"])
def test_what_is_named_ends_it_and_nothing_else_does(settings):
    run = engine.train(settings)
    assert run.divergence is not None
    assert run.divergence.side is SideName.NUMPY
    assert set(run.cause.left) == set(remaining(settings))
    assert run.cause.untried == ()
    assert run.cause.ends_it
    for discrepancy in remaining(settings):
        matched, _ = match_toward(discrepancy, settings, SideName.PYTORCH)
        again = engine.train(replace(matched, epochs=2 * run.divergence.epoch))
        assert (again.divergence is None) is (discrepancy in run.cause.ends_it)


def test_the_gradients_factor_is_the_cause_where_pytorch_with_the_same_rate_goes_on():
    run = engine.train(FAST)
    assert run.cause.ends_it == (find("reduction"),)
    assert run.verdict.left == "The cause: gradient. Matched alone, it ends the divergence."
    assert "too large" not in run.verdict.detail


def test_without_a_difference_no_cause_is_made_up():
    same = engine.preset("exact").with_side(SideName.NUMPY, learning_rate=1e20)
    same = same.with_side(SideName.PYTORCH, learning_rate=1e20)
    same = replace(same, output_activation=Activation.IDENTITY)
    run = engine.train(same)
    assert run.divergence is not None
    assert run.cause.ends_it == ()
    assert run.verdict.left.startswith("Both sides have the same settings and do the same")


def test_where_none_alone_ends_it_that_is_said():
    wild = replace(engine.preset("exact"), output_activation=Activation.IDENTITY)
    wild = wild.with_side(SideName.NUMPY, learning_rate=1e30, bias=True)
    run = engine.train(wild.with_side(SideName.PYTORCH, learning_rate=1e29))
    assert run.divergence is not None
    assert {one.field for one in run.cause.left} == {"bias", "learning_rate"}
    assert run.cause.ends_it == ()
    assert run.verdict.left == "Matching one difference alone does not end it."


def test_it_ends_when_time_is_up_and_says_what_was_not_tried():
    clock = MadeUpClock()
    study = CauseStudy(FAST, Divergence(SideName.NUMPY, 10**6, float("nan")), build_models, clock)
    study.work()
    clock.now = SECONDS
    while not study.cause.finished:
        study.work()
    assert study.cause.untried
    assert "Not tried in 2 seconds" in study.cause.sentence(Divergence(SideName.NUMPY, 10**6, float("nan")))


def test_all_at_once_is_the_same_as_bit_by_bit():
    divergence = engine.train(FAST).divergence
    assert find_cause(FAST, divergence, build_models) == engine.train(FAST).cause


def test_a_difference_that_makes_the_other_side_diverge_ends_nothing():
    """Matched toward the side that went on, the rate is right; matched the other way round both would diverge."""
    settings = engine.preset("exact").with_side(SideName.NUMPY, learning_rate=1e20)
    settings = replace(settings, output_activation=Activation.IDENTITY)
    divergence = engine.train(settings).divergence
    steps = []

    def build(matched):
        numpy, pytorch = build_models(matched)
        step = pytorch.step

        def counted():
            steps.append(matched)
            return step() if len(steps) < 3 else float("inf")

        pytorch.step = counted
        return numpy, pytorch

    assert find_cause(settings, divergence, build).ends_it == ()
    assert find_cause(settings, divergence, build_models).ends_it == (find("learning_rate"),)


def test_no_trial_begins_when_time_is_up():
    clock, built = MadeUpClock(), []

    def build(settings):
        built.append(settings)
        clock.now += SECONDS
        numpy, pytorch = build_models(settings)
        numpy.step = lambda: float("nan")
        return numpy, pytorch

    study = CauseStudy(SLIP, Divergence(SideName.NUMPY, 5, float("nan")), build, clock)
    while not study.cause.finished:
        study.work()
    assert len(built) == 1
    assert len(study.cause.untried) == len(study.cause.left) - 1
