"""Settings are checked when made and say what would be right."""

from dataclasses import replace

import pytest

import engine
from engine.errors import SettingsError
from engine.experiment.settings import MAX_PARAMETERS, Settings
from engine.experiment.side import Side


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 0}, "epochs cannot be 0; it is a whole number from 1"),
        ({"epochs": 1.5}, "epochs cannot be 1.5"),
        ({"epochs": True}, "epochs cannot be True"),
        ({"seed": -1}, "seed cannot be -1; it is a whole number from 0"),
        ({"seed": 2**64}, "seed cannot be"),
        ({"hidden": (5, 0)}, "a hidden layer's size cannot be 0"),
        ({"hidden": 5}, "it is a sequence of layer sizes"),
        ({"hidden": (MAX_PARAMETERS,)}, "parameters; at most"),
        ({"hidden": (1,) * 51}, "at most 50"),
        ({"activation": "selu"}, "activation cannot be 'selu'; it is one of sigmoid, tanh, relu, leaky-relu, identity"),
        ({"device": "gpu"}, "PyTorch has no device of that name; an NVIDIA or AMD card is 'cuda'"),
        ({"device": "tpu"}, "device cannot be 'tpu'; it is one of cpu, cuda, mps"),
        ({"device": "cuda:x"}, "device cannot be 'cuda:x'"),
        ({"device": "mps", "pytorch": Side(precision="float64")}, "'mps' has no float64"),
        ({"pytorch": Side(precision="mixed")}, "PyTorch refuses to multiply float32 by float64"),
    ],
)
def test_settings_say_what_would_be_right(changes, said):
    with pytest.raises(SettingsError) as caught:
        replace(engine.preset("asked"), **changes)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loss_report": "mae"}, "it is one of error-times-loss, mse, half-sum"),
        ({"initial_weights": "xavier"}, "it is one of unit-uniform, pytorch"),
        ({"bias": "yes"}, "bias cannot be 'yes'; it is True or False"),
        ({"reduction": 2}, "it is one of sum, twice-sum, mean"),
        ({"precision": "float16"}, "it is one of float64, float32, mixed"),
        ({"learning_rate": 0}, "learning_rate cannot be 0"),
        ({"learning_rate": float("nan")}, "learning_rate cannot be nan"),
        ({"learning_rate": float("inf")}, "learning_rate cannot be inf"),
        ({"learning_rate": "0.3"}, "learning_rate cannot be '0.3'"),
    ],
)
def test_sides_say_what_would_be_right(changes, said):
    with pytest.raises(SettingsError) as caught:
        Side(**changes)
    assert said in str(caught.value)


def test_names_may_be_given_as_text():
    assert Side(precision="float64").precision is engine.Precision.FLOAT64


def test_shapes_and_counts():
    settings = Settings(engine.built_in("regression"), Side(), Side(), hidden=(5, 4))
    assert settings.layer_sizes == (2, 5, 4, 3)
    assert settings.elements == 21
    assert settings.parameter_count == 3 * 5 + 6 * 4 + 5 * 3
    assert len(settings.activations) == 3


def test_no_hidden_layer_learns_or_but_not_xor():
    plain = replace(engine.preset("pytorch"), hidden=(), data=engine.built_in("or"))
    assert engine.train(plain).numpy.losses[-1] < 0.02
    assert engine.train(replace(plain, data=engine.built_in("xor"))).numpy.losses[-1] > 0.2


def test_a_device_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(engine.DeviceError, match="PyTorch has no device 'cuda:77' on this machine; it has cpu"):
        engine.train(replace(engine.preset("answer"), device="cuda:77"))


def test_there_is_no_such_preset():
    with pytest.raises(SettingsError, match="there are asked, same-loss"):
        engine.preset("none")


@pytest.mark.parametrize("text", ["1e-05", "textbook-1e-05", "pytorch-0.5-dampened-1e-05", "textbook-0.9"])
def test_a_momentum_with_an_exponent_is_read(text):
    from engine.experiment.update_rules import Momentum

    momentum = Momentum.parse(text)
    assert Momentum.parse(str(momentum)) == momentum
    assert momentum.coefficient == float(text.split("-dampened")[0].split("k-")[-1].split("h-")[-1])
