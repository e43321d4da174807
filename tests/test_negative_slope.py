"""A leaky ReLU of any slope, against PyTorch's own module and arithmetic by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import engine
from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.data import Dataset
from engine.experiment.discrepancies import find
from engine.networks.numpy_model import NumpyModel, RecordedNumpyModel
from engine.networks.torch_model import TorchModel
from engine.networks.torch_replay import ReplayedTorchModel

random = np.random.RandomState(2)
DATA = Dataset("leaky", random.normal(size=(9, 3)), random.normal(size=(9, 2)))


def experiment(slope, derivative_at="output"):
    settings = replace(engine.preset("pytorch"), data=DATA, hidden=(6,), activation="leaky-relu")
    settings = replace(settings, output_activation="identity")
    choices = {"negative_slope": slope, "precision": "float64", "learning_rate": 0.1, "derivative_at": derivative_at}
    side = replace(settings.pytorch, initial_weights="pytorch", **choices)
    return replace(settings, numpy=side, pytorch=side)


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.3, 1.0])
@pytest.mark.parametrize("model_type", [NumpyModel, RecordedNumpyModel, TorchModel, ReplayedTorchModel])
def test_it_is_pytorchs_own_module(model_type, slope):
    model = model_type(experiment(slope))
    own = nn.Sequential(nn.Linear(3, 6), nn.LeakyReLU(slope), nn.Linear(6, 2)).double()
    with torch.no_grad():
        for parameter, start in zip(own.parameters(), model.parameters().values(), strict=True):
            parameter.copy_(torch.from_numpy(start))
    optimizer = torch.optim.SGD(own.parameters(), lr=0.1)
    X, Y = torch.tensor(DATA.X), torch.tensor(DATA.Y)
    for _ in range(30):
        optimizer.zero_grad()
        nn.functional.mse_loss(own(X), Y).backward()
        optimizer.step()
        model.step()
    for found, expected in zip(model.parameters().values(), own.parameters(), strict=True):
        np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_beside_a_slip_of_its_derivative_too():
    """Forward it leaks, backward it is ReLU's derivative: on both sides."""
    settings = experiment(0.3, ("of-relu", "output"))
    ours, theirs = NumpyModel(settings), TorchModel(settings)
    for _ in range(20):
        assert ours.step() == pytest.approx(theirs.step(), rel=1e-12)
    plain = NumpyModel(experiment(0.3))
    for _ in range(20):
        plain.step()
    assert np.abs(plain.network.W[1] - ours.network.W[1]).max() > 1e-4


def test_two_slopes_are_a_difference_where_a_layer_leaks():
    settings = experiment(0.2).with_side(SideName.PYTORCH, negative_slope=0.01)
    discrepancy = find("negative_slope")
    assert discrepancy is find("leaky slope")
    assert discrepancy.acts(settings)
    explanation = discrepancy.explain(settings)
    assert "slope below 0 is 0.2 by hand, 0.01 in PyTorch" in explanation.what
    assert "Leaky in 1 of 2 layers. Of z = −1 it makes: −0.2 by hand, −0.01 in PyTorch." in explanation.numbers
    assert not discrepancy.acts(replace(settings, activation="tanh"))


@pytest.mark.parametrize("slope", [-0.1, 1.5, float("nan"), "steep", True])
def test_another_slope_is_refused(slope):
    with pytest.raises(SettingsError, match=r"negative_slope cannot be .*; it is a number from 0 to 1"):
        replace(engine.preset("exact").numpy, negative_slope=slope)
