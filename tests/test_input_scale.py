"""Inputs as they are, or each from 0 to 1: against arithmetic by hand, PyTorch's own, and data scaled beforehand."""

from dataclasses import replace

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


def test_the_run_is_that_on_data_scaled_beforehand():
    run = engine.train(experiment())
    beforehand = engine.train(experiment(np.asarray(NumpyModel(experiment()).X), "raw"))
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


@pytest.mark.parametrize("columns", [[0, 1, 2, 3], [0, 2, 3]], ids=["one is the same everywhere", "all vary"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_programs_have_the_same_bits(columns, precision):
    losses_here(experiment(X[:, columns], precision=precision))


def test_where_all_inputs_run_from_0_to_1_it_is_no_difference_and_keeps_the_bits():
    for data in ("xor", "moons"):
        plain = replace(engine.preset("exact"), data=engine.built_in(data), epochs=30)
        parted = plain.with_side(SideName.NUMPY, input_scale="0-to-1")
        assert (remaining(parted) == ()) is (data == "xor")
        same = np.array_equal(engine.train(parted).numpy.losses, engine.train(plain).numpy.losses)
        assert same is (data == "xor")


def test_step_names_it():
    for side in SideName:
        opened = trace_epoch(experiment(scale="raw").with_side(side, input_scale=InputScale.UNIT), 1)
        assert opened.reason.headline == "Meaning: input scale"


def test_what_overflows_diverges():
    wide = np.array([[-1e308, 0], [1e308, 1], [0, 2], [1, 3.0]])
    for precision in ("float64", "float32"):
        assert engine.train(experiment(wide, precision=precision)).divergence.epoch == 1


def test_its_explanation_has_this_experiments_numbers():
    explain = find("input_scale").explain
    assert "D = 4, N = 4: the least of all inputs is −7, the greatest 1,100." in explain(experiment()).numbers
    assert "it has no effect here" in explain(replace(experiment(), data=engine.built_in("xor"))).numbers
