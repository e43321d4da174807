"""Both models against PyTorch's autograd, arithmetic by hand, and their own plain forms."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.numpy_buffers import BufferedNumpyMLP
from engine.numpy_mlp import Layer, NumpyMLP, backward, forward, report_loss
from engine.settings import Activation, GradientScale, InitialWeights, LossReport, Precision, SideName
from engine.torch_mlp import HalfSumLoss, TorchMLP, build_model
from engine.torch_replay import ReplayedTorchMLP
from tests.strategies import experiments

TORCH_ACTIVATIONS = {
    Activation.SIGMOID: torch.sigmoid,
    Activation.TANH: torch.tanh,
    Activation.RELU: torch.relu,
    Activation.IDENTITY: lambda z: z,
}


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=5),
    kinds=st.lists(st.sampled_from(Activation), min_size=4, max_size=4),
    bias=st.booleans(),
    samples=st.integers(1, 7),
    seed=st.integers(0, 10_000),
)
def test_forward_and_every_gradient_are_autograds(sizes, kinds, bias, samples, seed):
    random = np.random.RandomState(seed)
    layers = [
        Layer(random.normal(size=(fan_in, fan_out)), random.normal(size=fan_out) if bias else None, kind)
        for fan_in, fan_out, kind in zip(sizes, sizes[1:], kinds, strict=False)
    ]
    X, Y = random.normal(size=(samples, sizes[0])), random.normal(size=(samples, sizes[-1]))
    passed = forward(layers, X)
    gradients = list(backward(layers, passed, passed.prediction - Y))[::-1]

    parameters = []
    activation = torch.tensor(X)
    for layer in layers:
        weight = torch.tensor(layer.weight, requires_grad=True)
        parameters.append(weight)
        activation = activation @ weight
        if bias:
            offset = torch.tensor(layer.bias, requires_grad=True)
            parameters.append(offset)
            activation = activation + offset
        activation = TORCH_ACTIVATIONS[layer.activation](activation)
    expected = torch.autograd.grad(0.5 * (activation - torch.tensor(Y)).square().sum(), parameters)
    np.testing.assert_allclose(passed.prediction, activation.detach().numpy(), rtol=1e-12, atol=1e-14)
    found = [part for gradient in gradients for part in (gradient.weight, gradient.bias) if part is not None]
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-12)


@given(experiments())
def test_the_fast_steps_have_the_plain_steps_bits(settings):
    pairs = ((NumpyMLP, BufferedNumpyMLP), (TorchMLP, ReplayedTorchMLP))
    with np.errstate(all="ignore"):
        for plain_type, fast_type in pairs:
            plain, fast = plain_type(settings), fast_type(settings)
            for epoch in range(settings.epochs):
                np.testing.assert_array_equal(plain.step(), fast.step(), err_msg=f"{fast_type.__name__} {epoch}")
            for ours, theirs in zip(fast.state(), plain.state(), strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_a_recording_that_does_not_agree_is_not_used(monkeypatch):
    settings = engine.preset("answer")
    monkeypatch.setattr("engine.torch_replay.Program.run", lambda self: 0.0)
    fast, plain = ReplayedTorchMLP(settings), TorchMLP(settings)
    assert [fast.step() for _ in range(10)] == [plain.step() for _ in range(10)]


def test_a_recording_is_used_when_it_agrees(monkeypatch):
    fast = ReplayedTorchMLP(engine.preset("pytorch"))
    for _ in range(5):
        fast.step()
    monkeypatch.setattr(TorchMLP, "step", lambda self: pytest.fail("the plain step ran"))
    fast.step()


@given(experiments())
def test_one_step_in_float64_is_the_same_step_on_both_sides(settings):
    """Whatever the choices, equal sides take equal steps, up to rounding."""
    side = replace(settings.pytorch, precision=Precision.FLOAT64)
    settings = replace(settings, numpy=side, pytorch=side)
    ours, theirs = NumpyMLP(settings), TorchMLP(settings)
    for first, second in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_array_equal(first, second)
    assert ours.step() == pytest.approx(theirs.step(), rel=1e-10, abs=1e-14)
    for first, second in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-10, atol=1e-13)


def test_xors_first_step_by_hand():
    """One hidden unit, identity throughout, weights 1: every number can be checked on paper."""
    X, Y = engine.built_in("xor").X, engine.built_in("xor").Y
    layers = [Layer(np.ones((2, 1)), None, Activation.IDENTITY), Layer(np.ones((1, 1)), None, Activation.IDENTITY)]
    passed = forward(layers, X)
    assert passed.outputs[1].ravel().tolist() == passed.outputs[2].ravel().tolist() == [0, 1, 1, 2]
    error = passed.prediction - Y
    assert error.ravel().tolist() == [0, 0, 0, 2]
    second, first = backward(layers, passed, error)
    assert second.weight.tolist() == [[4]]
    assert first.weight.tolist() == [[2], [2]]
    assert report_loss(LossReport.MSE, error) == 1
    assert report_loss(LossReport.HALF_SUM, error) == 2
    assert report_loss(LossReport.ERROR_TIMES_LOSS, error) == 0.25


def test_the_half_sum_has_the_error_for_its_gradient():
    prediction = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    target = torch.randn(5, 3, dtype=torch.float64)
    HalfSumLoss()(prediction, target).backward()
    torch.testing.assert_close(prediction.grad, (prediction - target).detach(), rtol=0, atol=0)


@pytest.mark.parametrize("report", LossReport)
def test_each_report_says_the_same_on_both_sides(report):
    side = replace(engine.preset("exact").numpy, loss_report=report)
    run = engine.train(replace(engine.preset("exact"), numpy=side, pytorch=side, epochs=50))
    assert run.comparison.losses.max_absolute < 1e-15


def test_the_report_does_not_move_the_weights():
    settings = engine.preset("exact").with_side(SideName.NUMPY, loss_report=LossReport.ERROR_TIMES_LOSS)
    odd, plain = engine.train(replace(settings, epochs=100)), engine.train(replace(engine.preset("exact"), epochs=100))
    for first, second in zip(odd.numpy.parameters, plain.numpy.parameters, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("start", InitialWeights)
@pytest.mark.parametrize("bias", [True, False])
def test_the_same_start_means_the_same_weights(start, bias):
    side = replace(engine.preset("pytorch").numpy, initial_weights=start, bias=bias)
    settings = replace(engine.preset("pytorch"), numpy=side, pytorch=side, hidden=(7, 3), seed=11)
    ours, theirs = NumpyMLP(settings).parameters(), TorchMLP(settings).parameters()
    for first, second in zip(ours, theirs, strict=True):
        assert first.dtype == second.dtype == np.float32
        np.testing.assert_array_equal(first, second)


def test_starts_lie_where_they_should():
    from engine.initial_weights import initial_layers

    def weights(start):
        settings = replace(engine.preset("exact"), hidden=(400,))
        side = replace(settings.numpy, initial_weights=start)
        return initial_layers(settings, side)[1].weight

    unit = weights(InitialWeights.UNIT_UNIFORM)
    assert 0 <= unit.min() < 0.01
    assert 0.99 < unit.max() < 1
    for start in (InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64, InitialWeights.TRUNCATED_NORMAL):
        assert 0.95 / 20 < np.abs(weights(start)).max() <= 1 / 20 * (1 + 1e-6)
    assert not np.array_equal(weights(InitialWeights.PYTORCH), weights(InitialWeights.PYTORCH_FLOAT64))


def test_building_a_model_leaves_torchs_random_state_alone():
    torch.manual_seed(123)
    expected = torch.rand(3)
    torch.manual_seed(123)
    build_model(engine.preset("asked"))
    assert torch.equal(torch.rand(3), expected)


def test_parameters_are_copies():
    for model in (NumpyMLP(engine.preset("pytorch")), TorchMLP(engine.preset("pytorch"))):
        before = model.parameters()
        kept = [parameter.copy() for parameter in before]
        model.step()
        for first, second in zip(before, kept, strict=True):
            np.testing.assert_array_equal(first, second)
        assert any(not np.array_equal(first, second) for first, second in zip(before, model.parameters(), strict=True))


def test_precisions_are_what_they_say():
    def dtypes(precision):
        side = replace(engine.preset("exact").numpy, precision=precision)
        model = NumpyMLP(replace(engine.preset("answer"), numpy=side))
        return model.layers[0].weight.dtype, forward(model.layers, model.X).prediction.dtype

    assert dtypes(Precision.FLOAT64) == (np.float64, np.float64)
    assert dtypes(Precision.FLOAT32) == (np.float32, np.float32)
    assert dtypes(Precision.MIXED) == (np.float32, np.float64)


def test_the_scale_of_the_gradient_is_n_times_c_over_two():
    for name, factor in (("xor", 2.0), ("regression", 10.5)):
        settings = replace(engine.preset("exact"), data=engine.built_in(name))
        start = NumpyMLP(settings).parameters()
        steps = []
        for scale in GradientScale:
            model = NumpyMLP(settings.with_side(SideName.NUMPY, gradient_scale=scale))
            model.step()
            steps.append(model.parameters()[0] - start[0])
        np.testing.assert_allclose(steps[0], factor * steps[1], rtol=1e-9)
