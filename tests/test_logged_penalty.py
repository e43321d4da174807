"""The penalty of weight decay in the logged loss: against arithmetic of the weights, and without an effect on them."""

from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.experiment.choices import SideName
from engine.experiment.data import Dataset
from engine.experiment.discrepancies import find
from engine.experiment.held_out import hold_out
from engine.networks.numpy_model import NumpyModel
from engine.networks.numpy_stack import NumpyStack
from engine.networks.places import Kind
from engine.networks.stacked_runs import Logged, StackedRun
from engine.networks.torch_model import TorchModel
from engine.networks.torch_stack import TorchStack
from engine.run.verdict import Level
from tests.examples import one_in, some_of
from tests.test_scripts import losses_here

X = np.random.RandomState(8).uniform(-1, 1, (5, 2))
Y = np.random.RandomState(9).uniform(0, 1, (5, 3))
DECAYS = [
    ({"weight_decay": "0.05"}, 0.05, (Kind.WEIGHT, Kind.BIAS)),
    ({"weight_decay": "decoupled-0.05", "decayed": "weights"}, 0.05, (Kind.WEIGHT,)),
    ({"weight_decay": "0.05", "decay_factor": "twice-lambda"}, 0.1, (Kind.WEIGHT, Kind.BIAS)),
    ({"weight_decay": "0.05", "decay_factor": "lambda-per-sample"}, 0.01, (Kind.WEIGHT, Kind.BIAS)),
]


def experiment(epochs=10, **choices):
    settings = replace(engine.preset("pytorch"), data=Dataset("d", X, Y), hidden=(4,), epochs=epochs)
    for side in SideName:
        settings = settings.with_side(side, **({"precision": "float64", "logged_penalty": "added"} | choices))
    return settings


def left_out(settings):
    for side in SideName:
        settings = settings.with_side(side, logged_penalty="left-out")
    return settings


def penalty(model, rate, kinds):
    """½·λ·Σw² of the present parameters."""
    return rate / 2 * sum(np.sum(one**2) for place, one in model.parameters().items() if place.kind in kinds)


@pytest.mark.parametrize(("logged", "times"), [("added", 1), ("twice", 2)])
@pytest.mark.parametrize("moment", ["before-update", "after-update"])
@pytest.mark.parametrize(("choices", "rate", "kinds"), DECAYS)
@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_it_is_half_lambda_times_the_squares_of_what_decays(model_type, choices, rate, kinds, moment, logged, times):
    settings = experiment(**choices, log_moment=moment, logged_penalty=logged)
    added, plain = model_type(settings), model_type(left_out(settings))
    for _ in range(6):
        before = penalty(plain, rate, kinds)
        difference = added.step() - plain.step()
        of_weights = penalty(plain, rate, kinds) if moment == "after-update" else before
        assert difference == pytest.approx(times * of_weights, rel=1e-11)
        for place, parameter in added.parameters().items():
            np.testing.assert_array_equal(parameter, plain.parameters()[place])


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_of_an_epochs_batches_it_is_the_mean(model_type):
    settings = experiment(weight_decay="0.05", batch=2)
    added, plain = model_type(settings), model_type(left_out(settings))
    found, losses = [], (None, None)
    while losses[0] is None:
        found.append(penalty(plain, 0.05, (Kind.WEIGHT, Kind.BIAS)))
        losses = added.update(), plain.update()
    assert len(found) == 3
    assert losses[0] - losses[1] == pytest.approx(np.mean(found), rel=1e-11)


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_the_whole_set_and_the_rows_held_out_have_it_too(model_type):
    settings = replace(
        experiment(weight_decay="0.05", batch=2, epoch_loss="whole-set"), data=hold_out(Dataset("d", X, Y), 0.2)
    )
    added, plain = model_type(settings), model_type(left_out(settings))
    of_epoch = added.step() - plain.step()
    expected = penalty(plain, 0.05, (Kind.WEIGHT, Kind.BIAS))
    assert of_epoch == pytest.approx(expected, rel=1e-11)
    assert added.measure_held_out()[0] - plain.measure_held_out()[0] == pytest.approx(expected, rel=1e-11)


@one_in(7)
@pytest.mark.parametrize("hidden", [(4,), (3, 3, 2)])
@pytest.mark.parametrize("moment", ["before-update", "after-update"])
@pytest.mark.parametrize("of_epoch", ["mean-of-batches", "whole-set"])
@pytest.mark.parametrize("choices", some_of([choices for choices, *_ in DECAYS], 2), ids=str)
def test_the_programs_have_the_engines_bits(choices, of_epoch, moment, hidden):
    settings = experiment(4, **choices, batch=2, epoch_loss=of_epoch, log_moment=moment)
    losses_here(replace(settings, hidden=hidden))


@one_in(3)
@pytest.mark.parametrize("moment", ["before-update", "after-update"])
@pytest.mark.parametrize("of_epoch", ["mean-of-batches", "whole-set"])
@pytest.mark.parametrize("stack_kind", [NumpyStack, TorchStack])
def test_a_stack_logs_as_its_runs_alone(stack_kind, of_epoch, moment):
    in_torch = stack_kind is TorchStack
    choices = {"weight_decay": "0.05", "batch": 2, "log_moment": moment, "epoch_loss": of_epoch}
    settings = experiment(**choices)
    side, kind = (settings.pytorch, TorchModel) if in_torch else (settings.numpy, NumpyModel)
    ways = ("twice", "added", "left-out")
    logs = [Logged.of(replace(side, logged_penalty=one)) for one in ways]
    stack = stack_kind(settings, [StackedRun.of(side, seed) for seed in (0, 3)], logs)
    of_each = [experiment(**choices, logged_penalty=one) for one in ways]
    alone = [[kind(replace(one, seed=seed)) for seed in (0, 3)] for one in of_each]
    for _ in range(6):
        expected = [[model.step() for model in models] for models in alone]
        np.testing.assert_allclose(stack.step(), expected, rtol=1e-10 if in_torch else 0)


def test_it_moves_the_plotted_number_alone():
    settings = experiment(weight_decay="0.05").with_side(SideName.NUMPY, logged_penalty="left-out")
    run = engine.train(settings)
    assert run.verdict.level is Level.PLOTTED_NUMBER
    penalty = find("logged_penalty")
    assert penalty.acts(settings)
    without = replace(settings, pytorch=replace(settings.pytorch, weight_decay="none"))
    assert not penalty.acts(without)
    nowhere = replace(without, numpy=replace(without.numpy, weight_decay="none"))
    assert "no effect here" in penalty.explain(nowhere).numbers


def test_biases_that_nothing_moves_are_no_part_of_it():
    """They do not decay."""
    settings = experiment(weight_decay="0.05").with_side(SideName.NUMPY, bias_gradient="none")
    added, plain = NumpyModel(settings), NumpyModel(left_out(settings))
    before = penalty(plain, 0.05, (Kind.WEIGHT,))
    assert added.step() - plain.step() == pytest.approx(before, rel=1e-11)
