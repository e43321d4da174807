"""The preset `answer` against the answer's own two listings, bit for bit; `exact` within rounding."""

from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.networks.places import Kind, Place
from tests.examples import one_in
from tests.runs import trained


def test_all_losses_are_the_listings_own(answer_run, listings):
    (numpy_losses, _), (torch_losses, _) = listings
    different = np.count_nonzero(answer_run.numpy.losses != np.array(numpy_losses))
    different += np.count_nonzero(answer_run.pytorch.losses != np.array(torch_losses))
    assert (different, len(numpy_losses) + len(torch_losses)) == (0, 10_000)


def test_final_weights_are_the_listings_own(answer_run, listings):
    (_, numpy_weights), (_, torch_parameters) = listings
    for ours, theirs in zip(answer_run.numpy.parameters.values(), numpy_weights, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_array_equal(ours, theirs.T)
    for ours, theirs in zip(answer_run.pytorch.parameters.values(), torch_parameters, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_first_losses_are_the_published_ones(answer_run):
    assert answer_run.numpy.losses[0] == 0.26973519506749455
    assert answer_run.pytorch.losses[0] == 0.2697352170944214


def test_the_gap_is_below_what_a_plot_can_show(answer_run):
    gap = answer_run.comparison.losses
    differences = np.abs(answer_run.numpy.losses - answer_run.pytorch.losses)
    assert gap.max_absolute == differences.max()
    assert gap.max_absolute_epoch == differences.argmax() + 1
    assert 1e-8 < gap.max_absolute < 2e-7
    assert answer_run.verdict.level is engine.Level.PLOTTING


@one_in(3)
@pytest.mark.parametrize("data", ["xor", "regression"])
def test_exact_stays_within_rounding(data):
    run = trained(replace(engine.preset("exact"), data=engine.built_in(data)))
    assert len(run.numpy.losses) == 5000
    assert np.abs(run.numpy.losses - run.pytorch.losses).max() <= 1e-14
    assert not engine.remaining(run.settings)
    assert run.verdict.level in (engine.Level.EQUAL, engine.Level.IDENTICAL)


def test_doubling_the_learning_rate_is_a_coincidence_of_four_samples():
    run = trained(replace(engine.preset("answer"), data=engine.built_in("regression")))
    assert run.comparison.losses.max_absolute > 1e-3
    # The rule is × N·C/2.
    rate = 0.3 * run.settings.elements / 2
    mended = run.settings.with_side(engine.SideName.PYTORCH, learning_rate=rate)
    assert trained(mended).comparison.losses.max_absolute < 1e-6


def test_asked_reports_the_questions_own_number():
    """The formula by hand: layer2_error.mean() of the question's code, its first epoch."""
    run = engine.train(replace(engine.preset("asked"), epochs=1))
    np.random.seed(0)
    first, second = np.random.random((2, 5)), np.random.random((5, 1))
    inputs, targets = run.settings.data.X, run.settings.data.Y
    output = 1 / (1 + np.exp(-(1 / (1 + np.exp(-inputs @ first))) @ second))
    error = output - targets
    assert run.numpy.losses[0] == pytest.approx(np.sum(0.5 * error * (error**2).mean()) / 4, rel=1e-14)
    np.testing.assert_array_equal(run.numpy.initial_parameters[Place(Kind.WEIGHT, 1)], first.T)
    np.testing.assert_array_equal(run.numpy.initial_parameters[Place(Kind.WEIGHT, 2)], second.T)


def test_each_preset_mends_one_more_of_the_answers_differences():
    left = {name: {one.field for one in engine.remaining(preset.settings)} for name, preset in engine.PRESETS.items()}
    assert left["asked"] == {"loss_report", "initial_weights", "bias", "reduction", "precision"}
    assert left["same-loss"] == left["asked"] - {"loss_report"}
    assert left["same-weights"] == left["same-loss"] - {"initial_weights"}
    assert left["no-bias"] == left["same-weights"] - {"bias"}
    assert left["answer"] == left["no-bias"] | {"learning_rate"}
    assert left["exact"] == left["pytorch"] == set()
