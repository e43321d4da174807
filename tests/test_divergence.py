"""Why a run diverged: what is named is tried again with `engine.train`."""

from dataclasses import replace

import pytest

import engine
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import find, match_toward, remaining
from engine.experiment.settings import Activation
from engine.run.divergence import SECONDS, CauseStudy, Divergence, find_cause
from engine.run.lockstep import build_models
from engine.worker.snapshot import Snapshot, State
from engine.worker.worker import Worker
from tests.examples import long
from tests.made_up import MadeUpClock
from tests.runs import trained
from tui_app.widgets.verdict_panel import verdict_content

SEVEN = replace(
    engine.preset("no-bias"), data=engine.built_in("regression"), output_activation=Activation.IDENTITY, epochs=1000
)
"""The hand-written step is 10.5 times PyTorch's."""

FAST = SEVEN.with_side(SideName.NUMPY, learning_rate=0.6).with_side(SideName.PYTORCH, learning_rate=0.6)
SLIP = replace(FAST, hidden=(20, 20)).with_side(SideName.NUMPY, derivative_at="pre-activation")


@pytest.mark.parametrize("settings", [FAST, pytest.param(SLIP, marks=long)], ids=["gradient", "slip"])
def test_what_is_named_ends_it_and_nothing_else_does(settings):
    run = trained(settings)
    assert run.divergence is not None
    assert run.divergence.side is SideName.NUMPY
    assert set(run.cause.left) == set(remaining(settings))
    assert run.cause.untried == ()
    assert run.cause.ends_it
    for discrepancy in remaining(settings):
        matched, _ = match_toward(discrepancy, settings, SideName.PYTORCH)
        again = engine.train(replace(matched, epochs=run.cause.epochs or settings.epochs))
        assert (again.divergence is None) is (discrepancy in run.cause.ends_it)


def test_the_gradients_factor_is_the_cause_where_pytorch_with_the_same_rate_goes_on():
    run = trained(FAST)
    assert run.cause.ends_it == (find("reduction"),)
    assert run.verdict.left.startswith("The cause: gradient. Matched alone toward PyTorch, it ends the divergence")
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
    assert run.verdict.left == "Matching one difference alone toward PyTorch does not end it."


def test_it_ends_when_time_is_up_and_says_what_was_not_tried():
    clock = MadeUpClock()
    study = CauseStudy(FAST, Divergence(SideName.NUMPY, 10**6, float("nan")), build_models, clock)
    study.work()
    clock.now = SECONDS
    while not study.cause.finished:
        study.work()
    assert study.cause.untried
    names = ", ".join(one.title.lower() for one in study.cause.left)
    assert study.cause.sentence() == f"Not tried in 2 seconds: {names}."


def test_all_at_once_is_the_same_as_bit_by_bit():
    short = replace(FAST, epochs=60)
    divergence = engine.train(short).divergence
    assert find_cause(short, divergence, build_models) == engine.train(short).cause


def test_a_difference_that_makes_the_other_side_diverge_ends_nothing():
    """Matched toward the side that went on, the rate is right; matched the other way round both would diverge."""
    settings = engine.preset("exact").with_side(SideName.NUMPY, learning_rate=1e20)
    settings = replace(settings, output_activation=Activation.IDENTITY, epochs=500)
    divergence = engine.train(settings).divergence
    steps = []

    def build(matched):
        numpy, pytorch = build_models(matched)
        update = pytorch.update

        def counted():
            steps.append(matched)
            return update() if len(steps) < 3 else float("inf")

        pytorch.update = counted
        return numpy, pytorch

    assert find_cause(settings, divergence, build).ends_it == ()
    assert find_cause(settings, divergence, build_models).ends_it == (find("learning_rate"),)


WILD = replace(engine.preset("asked"), activation=Activation.RELU, output_activation=Activation.IDENTITY)
WILD = WILD.with_side(SideName.NUMPY, learning_rate=50.0, derivative_at="pre-activation")
WILD = WILD.with_side(SideName.PYTORCH, learning_rate=50.0)
"""PyTorch diverges at epoch 11. Without its bias it does not; in float64 it does at epoch 79."""


def studied(settings, steps_a_second=None):
    """The study of a divergence to its end; the clock moves with its steps, or stands still."""
    divergence, clock = engine.train(replace(settings, epochs=100)).divergence, MadeUpClock()
    study = CauseStudy(settings, divergence, build_models, clock)
    while not study.cause.finished:
        study.work()
        clock.now += 0 if steps_a_second is None else 1 / steps_a_second
    return study.cause


def test_the_side_toward_which_it_was_matched_is_said():
    cause = studied(replace(WILD, epochs=500))
    assert cause.ends_it == (find("bias"),)
    assert cause.sentence() == ("The cause: bias. Matched alone toward the hand-written side, it ends the divergence.")
    for side in SideName:
        matched, _ = match_toward(find("bias"), replace(WILD, epochs=500), side)
        assert (engine.train(matched).divergence is None) is (side is cause.toward)


def test_up_to_which_epoch_it_was_tried_is_said():
    steps = 22 * 7
    cause = studied(WILD, steps_a_second=steps / SECONDS)
    assert cause.untried == ()
    assert cause.epochs == 22
    assert cause.sentence() == (
        "Any one of these, matched alone toward the hand-written side, ends it for the 22 epochs tried: "
        "bias, precision."
    )
    one = replace(cause, ends_it=(find("bias"),), epochs=1234)
    assert one.sentence().endswith("it ends the divergence for the 1,234 epochs tried.")


def test_what_cannot_go_toward_that_side_is_named():
    """PyTorch has no mixed precision."""
    settings = WILD.with_side(SideName.NUMPY, precision="mixed")
    cause = studied(replace(settings, epochs=100))
    assert cause.elsewhere == (find("precision"),)
    both = replace(cause, ends_it=(find("bias"), find("precision")), epochs=None)
    assert both.sentence() == (
        "Any one of these, matched alone toward the hand-written side (precision toward PyTorch), ends it: "
        "bias, precision."
    )
    alone = replace(both, ends_it=cause.elsewhere)
    assert alone.sentence() == "The cause: precision. Matched alone toward PyTorch, it ends the divergence."


@pytest.mark.parametrize(("toward", "key"), [(SideName.NUMPY, "M"), (SideName.PYTORCH, "m")])
def test_the_key_that_ends_it_is_said(toward, key):
    run = engine.train(replace(FAST, epochs=60))
    snapshot = Snapshot(1, FAST, State.DIVERGED, verdict=run.verdict, cause=replace(run.cause, toward=toward))
    assert verdict_content(snapshot).plain.endswith(f" D selects it, {key} matches it.")
    more = replace(snapshot.cause, ends_it=(find("bias"), find("reduction")))
    assert verdict_content(replace(snapshot, cause=more)).plain.endswith(f" D selects one, {key} matches it.")


def test_a_divergence_at_the_last_epoch_has_a_cause():
    settings = replace(FAST, epochs=trained(FAST).divergence.epoch)
    cause = engine.train(settings).cause
    assert (cause.ends_it, cause.epochs) == ((find("reduction"),), None)


def test_no_trial_begins_when_time_is_up():
    clock, built = MadeUpClock(), []

    def build(settings):
        built.append(settings)
        clock.now += SECONDS
        numpy, pytorch = build_models(settings)
        numpy.update = lambda: float("nan")
        return numpy, pytorch

    study = CauseStudy(SLIP, Divergence(SideName.NUMPY, 5, float("nan")), build, clock)
    while not study.cause.finished:
        study.work()
    assert len(built) == 1
    assert len(study.cause.untried) == len(study.cause.left) - 1


@pytest.mark.parametrize("tick", [1e-5, 1e-3, 3e-3, 0.05])
def test_the_cause_is_shown_also_where_its_last_trial_ends_a_chunk(tick):
    now = [0.0]

    def clock():
        now[0] += tick
        return now[0]

    settings = replace(engine.preset("exact"), epochs=60, activation="identity", output_activation="identity")
    worker = Worker(settings.with_side(SideName.PYTORCH, learning_rate=1e6), clock=clock)
    worker.work_until_idle()
    assert worker.snapshot.state is State.DIVERGED
    assert worker.snapshot.cause.finished
