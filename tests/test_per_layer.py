"""A choice of its own for each layer: against networks written out in PyTorch, typed, written to files, read again."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import engine
from engine.errors import InputError, SettingsError
from engine.experiment.choices import DerivativeAt, InitialWeights
from engine.experiment.discrepancies import find
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side
from engine.export.run_file import read_settings, settings_document, write_run
from engine.networks.numpy_model import NumpyModel
from engine.networks.torch_model import TorchModel
from tests.test_exports import opened

SIDE = Side(precision="float64", bias=(True, False, True))
SETTINGS = Settings(engine.built_in("regression"), SIDE, SIDE, hidden=(5, 4), activation="relu,tanh", epochs=30)


def reference():
    """The same network as one writes it."""
    torch.manual_seed(SETTINGS.seed)
    model = nn.Sequential(
        nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 4, bias=False), nn.Tanh(), nn.Linear(4, 3), nn.Sigmoid()
    )
    return model.double()


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_it_is_the_network_written_out(model_type):
    model, reference_model = model_type(SETTINGS), reference()
    optimizer = torch.optim.SGD(reference_model.parameters(), lr=SIDE.learning_rate)
    X, Y = torch.tensor(SETTINGS.data.X), torch.tensor(SETTINGS.data.Y)
    for ours, theirs in zip(model.parameters().values(), reference_model.parameters(), strict=True):
        np.testing.assert_array_equal(ours, theirs.detach().numpy())
    for _ in range(30):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(reference_model(X), Y)
        loss.backward()
        optimizer.step()
        assert model.step() == pytest.approx(loss.item(), rel=1e-13)
    for ours, theirs in zip(model.parameters().values(), reference_model.parameters(), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-12, atol=1e-13)


def test_each_stream_gives_a_layer_what_its_program_would():
    """PyTorch's stream passes layers that are replaced afterwards; NumPy's is only drawn from for its own layers."""
    starts = (InitialWeights.UNIT_UNIFORM, InitialWeights.PYTORCH, InitialWeights.TRUNCATED_NORMAL)
    side = replace(SIDE, initial_weights=starts, bias=True)
    for model in (NumpyModel(replace(SETTINGS, numpy=side)), TorchModel(replace(SETTINGS, pytorch=side))):
        (first, bias, second, *_) = model.parameters().values()
        torch.manual_seed(SETTINGS.seed)
        layers = [nn.Linear(2, 5), nn.Linear(5, 4)]
        np.testing.assert_array_equal(second, layers[1].weight.detach().double().numpy())
        random = np.random.RandomState(SETTINGS.seed)
        np.testing.assert_array_equal(first, random.random_sample((2, 5)).T)
        random.random_sample((4, 3))
        np.testing.assert_array_equal(bias, random.random_sample(5))


def test_the_slip_in_one_layer_alone():
    """δ of the first layer alone is computed from z."""
    side = replace(SIDE, derivative_at=("pre-activation", "output", "output"))
    settings = replace(SETTINGS, numpy=side, activation="sigmoid")
    step = NumpyModel(settings).opened_step()
    np.testing.assert_array_equal(step.delta[1], step.dlayer[1] * (step.z[1] * (1 - step.z[1])))
    np.testing.assert_array_equal(step.delta[2], step.dlayer[2] * (step.layer[2] * (1 - step.layer[2])))
    explanation = find("derivative_at").explain(settings)
    assert explanation.what == (
        "σ′ is computed from the pre-activation z in layer 1 and the output s in layers 2 and 3 by hand, "
        "from the output s in PyTorch."
    )
    assert explanation.numbers.startswith("Layers affected: 1 of 3. ")


def test_one_value_is_kept_where_all_layers_have_it():
    alike = replace(SETTINGS, activation=["relu", "relu"], numpy=replace(SIDE, bias=(True, True, True)))
    assert alike.activation is Activation.RELU
    assert alike.numpy.bias is True
    assert SETTINGS.activations == (Activation.RELU, Activation.TANH, Activation.SIGMOID)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hidden": (5,)}, "activation has 2 values, and there is 1 hidden layer; give one for all, or one for each."),
        ({"activation": "relu,tanh,relu"}, "activation has 3 values, and there are 2 hidden layers;"),
        ({"activation": ()}, "activation has 0 values, and there are 2 hidden layers;"),
        (
            {"activation": "relu,selu"},
            "activation cannot be 'selu'; it is one of sigmoid, tanh, relu, leaky-relu, identity, softmax.",
        ),
        ({"numpy": replace(SIDE, bias=(True, False))}, "numpy.bias has 2 values, and there are 3 layers;"),
    ],
)
def test_as_many_values_as_layers(changes, said):
    with pytest.raises(SettingsError) as caught:
        replace(SETTINGS, **changes)
    assert said in str(caught.value)


def test_it_is_typed():
    typed = ["--hidden", "5,4", "--activation", "relu, tanh", "--set", "numpy.bias=no,yes,no"]
    settings = opened([*typed, "--set", "both.derivative_at=output,pre-activation,output"])
    assert settings.activation == (Activation.RELU, Activation.TANH)
    assert settings.numpy.bias == (False, True, False)
    slip, right = DerivativeAt.PRE_ACTIVATION, DerivativeAt.OUTPUT
    assert settings.numpy.derivative_at == settings.pytorch.derivative_at == (right, slip, right)
    with pytest.raises(SettingsError, match=r"it is one of no, yes, or one for each layer: no,yes[.]"):
        find("bias").parse("no,maybe", engine.SideName.NUMPY)


def test_a_file_has_lists(tmp_path):
    document = settings_document(SETTINGS)
    assert document["activation"] == ["relu", "tanh"]
    assert document["numpy"]["bias"] == [True, False, True]
    assert document["numpy"]["objective"] == "squared-error"
    write_run(engine.train(SETTINGS), tmp_path / "run.json")
    assert replace(read_settings(tmp_path / "run.json"), threads=None) == SETTINGS


def test_a_file_with_too_many_values_is_refused(tmp_path):
    file = tmp_path / "run.json"
    write_run(engine.train(SETTINGS), file)
    document = json.loads(file.read_text())
    document["settings"]["numpy"]["bias"] = [True, False]
    file.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"numpy.bias has 2 values, and there are 3 layers"):
        read_settings(file)
