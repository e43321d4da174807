"""The tour promises only what its own experiments show."""

import pytest

import engine
from engine.number_text import number
from engine.run.tour import TOUR
from engine.run.training import result_of
from tests.examples import long
from tests.runs import trained


@pytest.fixture(scope="module")
def runs():
    return [trained(step.settings) for step in TOUR]


def gap(run):
    return run.comparison.losses.max_absolute


def test_it_goes_from_asked_through_the_answer_to_nothing_left():
    path = [step.settings for step in TOUR]
    names = ("asked", "same-loss", "same-weights", "no-bias", "answer")
    assert path[:5] == [engine.preset(name) for name in names]
    assert engine.remaining(path[6]) == engine.remaining(path[7]) == ()
    for step in TOUR:
        assert step.field in {one.field for one in engine.CATALOGUE}


@long
def test_what_is_expected_happens(runs):
    question, same_loss, same_weights, no_bias, answer, seven, exact, own_start = runs
    assert question.numpy.losses.min() < 0
    assert same_loss.numpy.losses.min() > 0
    for first, second in zip(question.numpy.parameters.values(), same_loss.numpy.parameters.values(), strict=True):
        assert (first == second).all()

    def first_gap(run):
        return abs(run.numpy.losses[0] - run.pytorch.losses[0])

    assert first_gap(no_bias) < 1e-7 < first_gap(same_weights) < first_gap(same_loss)
    assert no_bias.numpy.losses[-1] < no_bias.pytorch.losses[-1]
    assert 1e-8 < gap(answer) < 1e-6
    assert gap(seven) > 1e-3
    assert gap(exact) < gap(answer) / 1e7
    assert own_start.comparison.initial_weights.same


@long
def test_what_happened_has_the_runs_numbers(runs):
    for step, run in zip(TOUR, runs, strict=True):
        said = step.happened(result_of(run).curves, run.comparison)
        assert any(
            number(value, digits) in said for value in (gap(run), float(run.numpy.losses[-1])) for digits in (2, 4)
        )


@long
def test_the_dip_below_zero_is_where_it_is_said_to_be(runs):
    losses = runs[0].numpy.losses
    said = TOUR[0].happened(result_of(runs[0]).curves, runs[0].comparison)
    assert f"was {number(losses.min())} at epoch {losses.argmin() + 1:,}, its least" in said
