"""The slips of the hand-written backward pass, each against the same slip written out anew."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import engine
from engine.experiment.choices import Precision, SideName
from engine.experiment.discrepancies import find, match_toward, remaining
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side
from engine.networks.numpy_model import NumpyModel
from engine.networks.torch_model import TorchModel
from engine.step.trace import trace_epoch
from tests.strategies import WITHOUT_SLIPS, classes

N, SIZES, RATE = 5, (2, 4, 3, 2), 0.5
X = np.random.RandomState(3).uniform(-1, 1, (N, 2))
Y = np.random.RandomState(4).uniform(0, 1, (N, 2))


def test_relus_derivative_at_zero_is_told_by_a_sample_of_zeros():
    """Beside biases of 0: autograd's own where the forward pass says z ≥ 0, and where it says max(z, 0)."""
    X = np.array([[0.0, 0.0], [0.5, -1.0], [-0.25, 0.5]])
    side = Side(precision=Precision.FLOAT64, learning_rate=RATE, initial_weights="he")
    settings = Settings(engine.Dataset("d", X, Y[:3]), side, side, hidden=(4,), activation=Activation.RELU)
    for at, relu in (
        ("output", torch.relu),
        ("one-at-zero,output", lambda z: torch.where(z >= 0, z, torch.zeros_like(z))),
    ):
        both = settings.with_side(SideName.NUMPY, derivative_at=at).with_side(SideName.PYTORCH, derivative_at=at)
        start = NumpyModel(both).parameters()
        W1, b1, W2, b2 = (torch.from_numpy(one).requires_grad_() for one in start.values())
        output = torch.sigmoid(relu(torch.from_numpy(X) @ W1.T + b1) @ W2.T + b2)
        ((output - torch.from_numpy(Y[:3])) ** 2).mean().backward()
        for model in (NumpyModel(both), TorchModel(both)):
            model.step()
            for old, new, parameter in zip(start.values(), model.parameters().values(), (W1, b1, W2, b2), strict=True):
                np.testing.assert_allclose(new, old - RATE * parameter.grad.numpy(), rtol=1e-12, atol=1e-15)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def experiment(activation=Activation.SIGMOID, **slips):
    side = Side(precision=Precision.FLOAT64, learning_rate=RATE)
    settings = Settings(engine.Dataset("d", X, Y), side, side, hidden=SIZES[1:-1], activation=activation)
    return settings.with_side(SideName.NUMPY, **slips)


def moved(settings):
    """How far the first step moves each layer's weight (fan_in, fan_out) and bias."""
    model = NumpyModel(settings)
    before = model.parameters()
    model.step()
    changes = [(new - before[place]).T for place, new in model.parameters().items()]
    return changes[0::2], changes[1::2]


def written_out(
    settings, derivatives, send=lambda delta, error: delta, bias=lambda delta: delta.sum(axis=0), rates=None
):
    """One step of mean squared errors over three layers, loop by loop; `derivatives` are of each layer's z and a."""
    start = list(NumpyModel(settings).parameters().values())
    weights, biases = [w.T for w in start[0::2]], start[1::2]
    hidden = (lambda z: np.maximum(z, 0)) if settings.activation is Activation.RELU else sigmoid
    z, a = [], [X]
    for layer in range(3):
        z.append(a[-1] @ weights[layer] + biases[layer])
        a.append((sigmoid if layer == 2 else hidden)(z[-1]))
    error = 2 / (N * SIZES[-1]) * (a[3] - Y)
    changes = []
    for layer in (2, 1, 0):
        delta = error * derivatives[layer](z[layer], a[layer + 1])
        rate = RATE if rates is None else rates[layer]
        changes.insert(0, (-rate * a[layer].T @ delta, -rate * bias(delta)))
        error = send(delta, error) @ weights[layer].T
    return [weight for weight, _ in changes], [bias for _, bias in changes]


def right(z, a):
    return a * (1 - a)


def relu_right(z, a):
    return z > 0


def one(z, a):
    return np.ones_like(a)


CASES = {
    "nothing": ({}, {"derivatives": [right] * 3}),
    "no derivative at the output": (
        {"derivative_at": ("output", "output", "none")},
        {"derivatives": [right, right, one]},
    ),
    "none in the hidden layers": (
        {"derivative_at": ("none", "none", "output")},
        {"derivatives": [one, one, right]},
    ),
    "sigma twice": (
        {"derivative_at": "output-again"},
        {"derivatives": [lambda z, a: sigmoid(a) * (1 - sigmoid(a))] * 3},
    ),
    "the error sent down": (
        {"sent_down": "error"},
        {"derivatives": [right] * 3, "send": lambda delta, error: error},
    ),
    "one number for all biases": (
        {"bias_gradient": "scalar"},
        {"derivatives": [right] * 3, "bias": lambda delta: np.full(delta.shape[1], delta.sum())},
    ),
    "the mean for biases": (
        {"bias_gradient": "mean"},
        {"derivatives": [right] * 3, "bias": lambda delta: delta.sum(axis=0) / N},
    ),
    "biases that do not move": (
        {"bias_gradient": "none"},
        {"derivatives": [right] * 3, "bias": lambda delta: np.zeros(delta.shape[1])},
    ),
    "the rate in every delta": (
        {"rate_in": "delta"},
        {"derivatives": [right] * 3, "rates": [RATE**3, RATE**2, RATE]},
    ),
    "relu where the output is not negative": (
        {"activation": Activation.RELU, "derivative_at": "not-negative"},
        {"derivatives": [one, one, right]},
    ),
    "relu": ({"activation": Activation.RELU}, {"derivatives": [relu_right, relu_right, right]}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_step_is_the_slips_own(name):
    slips, expected = CASES[name]
    settings = experiment(**slips)
    for ours, anew in zip(moved(settings), written_out(settings, **expected), strict=True):
        for change, by_hand in zip(ours, anew, strict=True):
            np.testing.assert_allclose(change, by_hand, rtol=1e-9, atol=1e-15)


def test_the_diagonal_alone_forgets_the_other_outputs():
    settings = replace(classes(), hidden=()).with_side(SideName.NUMPY, loss_input="probabilities")
    slipped = settings.with_side(SideName.NUMPY, derivative_at="diagonal")
    start = list(NumpyModel(settings).parameters().values())
    z = settings.data.X @ start[0].T + start[1]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    Y = settings.data.Y
    for one_of, delta in ((settings, (p - Y) / 5), (slipped, -Y / p / 5 * p * (1 - p))):
        (weight,), (bias,) = moved(one_of)
        np.testing.assert_allclose(weight, -0.3 * settings.data.X.T @ delta, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(bias, -0.3 * delta.sum(axis=0), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("nothing", "relu")])
def test_the_step_opened_names_the_slip_alone(name):
    settings = experiment(**CASES[name][0])
    (slip,) = remaining(settings)
    opened = trace_epoch(settings, 1)
    named = [reason.discrepancies for reason in (opened.reason, opened.meaning) if reason is not None]
    assert (slip,) in named


@pytest.mark.parametrize("field", WITHOUT_SLIPS)
def test_pytorch_can_make_each_of_them_and_is_matched_with_it(field):
    discrepancy = find(field)
    assert discrepancy.choices_for(SideName.PYTORCH) == discrepancy.choices
    assert discrepancy.choices[0].value is WITHOUT_SLIPS[field]
    slip = discrepancy.choices[-1].value
    settings = experiment().with_side(SideName.NUMPY, **{field: slip})
    matched, reached = match_toward(discrepancy, settings, SideName.NUMPY)
    assert reached is SideName.NUMPY
    assert matched == experiment().with_side(SideName.NUMPY, **{field: slip}).with_side(
        SideName.PYTORCH, **{field: slip}
    )


@pytest.mark.parametrize(
    ("slips", "shared"),
    [
        ({"sent_down": "error"}, {"hidden": ()}),
        ({"bias_gradient": "scalar", "bias": False}, {}),
        ({"derivative_at": "not-negative"}, {}),
        ({"derivative_at": "diagonal"}, {}),
    ],
)
def test_a_slip_without_effect_is_no_difference_and_keeps_the_bits(slips, shared):
    settings = replace(experiment(**slips), **shared, epochs=30)
    plain = replace(experiment(**{key: value for key, value in slips.items() if key == "bias"}), **shared, epochs=30)
    assert remaining(settings) == remaining(plain)
    np.testing.assert_array_equal(engine.train(settings).numpy.losses, engine.train(plain).numpy.losses)


def test_the_states_of_a_scalar_bias_are_gone_on_from():
    """Its velocity is one number until somebody keeps it."""
    settings = experiment(bias_gradient="scalar", momentum="0.9")
    through, kept = NumpyModel(settings), NumpyModel(settings)
    for _ in range(6):
        again = NumpyModel(settings)
        again.set_state(kept.state())
        kept = again
        assert kept.step() == through.step()


def test_the_rates_that_are_said_are_those_that_move_the_layers():
    said = find("rate_in").explain(experiment(rate_in="delta")).numbers
    assert "the layers move by 0.125, 0.25, 0.5" in said


def test_pytorchs_own_step_is_that_without_slips():
    model = TorchModel(experiment())
    before = model.parameters()
    model.step()
    weights, _ = written_out(experiment(), [right] * 3)
    changes = [(new - before[place]).T for place, new in model.parameters().items()][0::2]
    for change, by_hand in zip(changes, weights, strict=True):
        np.testing.assert_allclose(change, by_hand, rtol=1e-9, atol=1e-15)
