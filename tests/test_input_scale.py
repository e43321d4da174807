"""Inputs as they are, each from 0 to 1, or standardised: against arithmetic by hand, PyTorch's own, NumPy's, and data
scaled beforehand.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

import engine
from engine.experiment.choices import InputScale, SideName
from engine.experiment.data import Dataset
from engine.experiment.discrepancies import find, remaining
from engine.networks.numpy_model import NumpyModel
from engine.networks.torch_model import TorchModel
from engine.step.trace import trace_epoch
from tests.examples import one_in
from tests.test_scripts import losses_here

X = np.array([[2.0, -7, 100, 5], [4, -7, 300, 5], [3, -7, 1100, 5.5], [10, -7, 0, 7]])
Y = np.array([[0.1, 0.9], [0.4, 0.2], [0.8, 0.7], [0.3, 0.5]])
BY_HAND = [[0, 0, 1 / 11, 0], [1 / 4, 0, 3 / 11, 0], [1 / 8, 0, 1, 1 / 4], [1, 0, 0, 1]]
"""The second column is the same everywhere."""


def experiment(X=X, scale="0-to-1", precision="float64"):
    side = engine.Side(precision=precision, input_scale=scale)
    return engine.Settings(Dataset("measured", X, Y), side, side, hidden=(3,), epochs=40)


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_each_column_runs_from_0_to_1(model_type):
    np.testing.assert_allclose(np.asarray(model_type(experiment()).X), BY_HAND, rtol=1e-15)
    assert np.asarray(model_type(experiment(scale="raw")).X).tolist() == X.tolist()


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_it_is_what_people_write_in_pytorch(precision):
    varied = X[:, [0, 2, 3]]
    own = torch.tensor(varied, dtype=getattr(torch, precision))
    own = (own - own.amin(dim=0)) / (own.amax(dim=0) - own.amin(dim=0))
    for model_type in (NumpyModel, TorchModel):
        np.testing.assert_array_equal(np.asarray(model_type(experiment(varied, precision=precision)).X), own.numpy())


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
@pytest.mark.parametrize(("scale", "correction"), [("standardised", 0), ("standardised-sample", 1)])
def test_standardised_inputs_are_what_both_libraries_make_of_them(scale, correction, model_type):
    found = np.asarray(model_type(experiment(scale=scale)).X)
    varied = X[:, [0, 2, 3]]
    np.testing.assert_allclose(
        found[:, [0, 2, 3]], (varied - varied.mean(0)) / varied.std(0, ddof=correction), rtol=1e-14, atol=1e-15
    )
    own = torch.tensor(varied)
    own = (own - own.mean(0)) / own.std(0, correction=correction)
    np.testing.assert_allclose(found[:, [0, 2, 3]], own.numpy(), rtol=1e-14, atol=1e-15)
    np.testing.assert_array_equal(found[:, 1], 0)


def test_what_is_the_same_everywhere_becomes_0_though_its_mean_is_rounded():
    """Three times 0.1 are not 0.3."""
    tenths = np.column_stack([[0.1] * 3, [1.0, 2, 4]])
    found = NumpyModel(replace(experiment(scale="standardised"), data=Dataset("tenths", tenths, Y[:3]))).X
    assert np.abs(found[:, 0]).max() < 1e-16


@pytest.mark.parametrize("scale", ["standardised", "standardised-sample"])
def test_one_sample_becomes_0(scale):
    one = replace(experiment(scale=scale), data=Dataset("one", X[:1], Y[:1]))
    np.testing.assert_array_equal(NumpyModel(one).X, 0)
    losses_here(one)
    parted = one.with_side(SideName.NUMPY, input_scale="standardised").with_side(
        SideName.PYTORCH, input_scale="standardised-sample"
    )
    assert not find("input_scale").acts(parted)


@pytest.mark.parametrize("scale", ["0-to-1", "standardised"])
def test_the_run_is_that_on_data_scaled_beforehand(scale):
    run = engine.train(experiment(scale=scale))
    beforehand = engine.train(experiment(np.asarray(NumpyModel(experiment(scale=scale)).X), "raw"))
    for side in ("numpy", "pytorch"):
        ours, theirs = getattr(run, side), getattr(beforehand, side)
        np.testing.assert_array_equal(ours.losses, theirs.losses)
        for place, parameter in ours.parameters.items():
            np.testing.assert_array_equal(parameter, theirs.parameters[place])


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_other_inputs_are_scaled_as_the_data_were(model_type):
    model, raw = model_type(experiment()), model_type(experiment(np.array(BY_HAND), "raw"))
    others = np.array([[6.0, -7, 550, 6], [12, -8, -1100, 5]])
    np.testing.assert_allclose(
        model.predict(others), raw.predict(np.array([[0.5, 0, 0.5, 0.5], [1.25, -1, -1, 0]])), rtol=1e-14
    )


@one_in(5)
@pytest.mark.parametrize("columns", [[0, 1, 2, 3], [0, 2, 3]], ids=["one is the same everywhere", "all vary"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("scale", ["0-to-1", "standardised", "standardised-sample"])
def test_programs_have_the_same_bits(columns, precision, scale):
    losses_here(experiment(X[:, columns], scale, precision))


def test_where_all_inputs_run_from_0_to_1_it_is_no_difference_and_keeps_the_bits():
    for data in ("xor", "moons"):
        plain = replace(engine.preset("exact"), data=engine.built_in(data), epochs=30)
        parted = plain.with_side(SideName.NUMPY, input_scale="0-to-1")
        assert (remaining(parted) == ()) is (data == "xor")
        same = np.array_equal(engine.train(parted).numpy.losses, engine.train(plain).numpy.losses)
        assert same is (data == "xor")


@pytest.mark.parametrize("scale", [one for one in InputScale if one is not InputScale.RAW])
def test_step_names_it(scale):
    for side in SideName:
        opened = trace_epoch(experiment(scale="raw").with_side(side, input_scale=scale), 1)
        assert opened.reason.headline == "Meaning: input scale"


def test_what_overflows_diverges():
    wide = np.array([[-1e308, 0], [1e308, 1], [0, 2], [1, 3.0]])
    for precision in ("float64", "float32"):
        assert engine.train(experiment(wide, precision=precision)).divergence.epoch == 1
    assert engine.train(experiment(wide, "standardised", "float32")).divergence.epoch == 1


def test_a_deviation_that_overflows_leaves_nothing_as_in_numpy():
    wide = np.array([[-1e308, 0], [1e308, 1], [0, 2], [1, 3.0]])
    with np.errstate(over="ignore"):
        assert (wide[:, 0].std(), (NumpyModel(experiment(wide, "standardised")).X[:, 0] == 0).all()) == (np.inf, True)


def test_its_explanation_has_this_experiments_numbers():
    explain = find("input_scale").explain
    assert "D = 4, N = 4: the least of all inputs is −7, the greatest 1,100." in explain(experiment()).numbers
    parted = replace(experiment(scale="raw"), data=engine.built_in("xor"))
    assert "come to the same here" in explain(parted.with_side(SideName.NUMPY, input_scale="0-to-1")).numbers
    by_N = experiment(scale="standardised").with_side(SideName.PYTORCH, input_scale="standardised-sample")
    assert "by N − 1 is 1.1547 times" in explain(by_N).numbers


def test_the_scale_of_large_data_is_found_once():
    """At once where it is known; the sums of a column are rounded once."""
    data = Dataset("large", np.random.RandomState(0).uniform(0, 1, (20_000, 20)), np.zeros((20_000, 1)))
    settings = replace(experiment(scale="standardised"), data=data)
    first = NumpyModel(settings).X
    assert NumpyModel(settings)._form.columns[0] is NumpyModel(settings)._form.columns[0]
    exact = [sum(map(Fraction, column.tolist())) / len(column) for column in data.X.T[:2]]
    assert NumpyModel(settings)._form.columns[0][:2].tolist() == [float(mean) for mean in exact]
    np.testing.assert_allclose(first.std(axis=0), 1)
