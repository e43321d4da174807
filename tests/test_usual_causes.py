"""What costs nothing but a name: gradients never set to zero, flat targets, reductions, starts, Nesterov's momentum and
whose weights decay by how much; each against PyTorch's own loop, or the same written out anew.
"""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
import torch
from torch import nn

import engine
from engine.errors import SettingsError
from engine.experiment.choices import InitialWeights, Precision, Reduction, SideName
from engine.experiment.discrepancies import find, match_toward, remaining
from engine.experiment.one_side_alone import ALONE
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.networks.initial_weights import initial_layers
from engine.networks.numpy_model import NumpyModel, RecordedNumpyModel
from engine.networks.torch_model import TorchModel
from engine.networks.torch_replay import ReplayedTorchModel
from engine.run.explained import explained
from engine.run.start_units import start_units
from engine.step.trace import trace_epoch
from tests.examples import one_in, some_of
from tests.strategies import decaying, one_output
from tests.ulps import assert_equal_sides_stay_near

MODELS = (NumpyModel, RecordedNumpyModel, TorchModel, ReplayedTorchModel)


def both(settings, **choices):
    """Both sides with these choices."""
    numpy, pytorch = (replace(side, **choices) for side in (settings.numpy, settings.pytorch))
    return replace(settings, numpy=numpy, pytorch=pytorch)


def own_network(settings):
    """PyTorch's modules with the weights that the engine starts from, and the data."""
    sizes = settings.layer_sizes
    model = nn.Sequential(*(one for pair in pairwise(sizes) for one in (nn.Linear(*pair), nn.Sigmoid()))).double()
    with torch.no_grad():
        for parameter, start in zip(model.parameters(), TorchModel(settings).parameters().values(), strict=True):
            parameter.copy_(torch.from_numpy(start))
    return model, torch.tensor(settings.data.X), torch.tensor(settings.data.Y)


def own_loop(settings, optimizer, loss_of, epochs=20, zero_grad=True):
    """The parameters after so many epochs of a loop as people write it."""
    model, X, Y = own_network(settings)
    optimizer = optimizer(model)
    for _ in range(epochs):
        if zero_grad:
            optimizer.zero_grad()
        loss_of(model(X), Y).backward()
        optimizer.step()
    return [parameter.detach().numpy() for parameter in model.parameters()]


def trained(model_type, settings, epochs=20):
    model = model_type(settings)
    losses = [model.step() for _ in range(epochs)]
    return list(model.parameters().values()), losses


def assert_near(found, expected):
    for ours, own in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, own, rtol=1e-11, atol=1e-14)


def sgd(rate=0.3, **options):
    return lambda model: torch.optim.SGD(model.parameters(), lr=rate, **options)


@pytest.mark.parametrize("model_type", MODELS)
def test_a_forgotten_zero_grad_is_pytorchs_own_loop_without_it(model_type):
    settings = both(one_output(), zero_grad="forgotten")
    expected = own_loop(settings, sgd(), nn.MSELoss(), zero_grad=False)
    assert_near(trained(model_type, settings)[0], expected)
    assert not np.allclose(expected[0], own_loop(settings, sgd(), nn.MSELoss())[0])


@one_in(5)
@pytest.mark.parametrize("model_type", MODELS)
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_forgotten_zero_grad_is_a_momentum_of_one_to_the_last_bit(model_type, precision):
    forgotten, momentum = (
        both(one_output(), precision=precision, **one) for one in ({"zero_grad": "forgotten"}, {"momentum": "1.0"})
    )
    (ours, losses), (theirs, other) = (trained(model_type, one, 300) for one in (forgotten, momentum))
    assert losses == other
    for one, two in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, two)
    assert "exactly a momentum of 1.0" in find("zero_grad").explain(forgotten).numbers
    beside = both(forgotten, weight_decay="decoupled-0.1")
    assert "exactly a momentum of 1.0" in find("zero_grad").explain(beside).numbers
    with_beside = both(momentum, weight_decay="decoupled-0.1")
    assert trained(model_type, beside, 20)[1] == trained(model_type, with_beside, 20)[1]
    decaying = both(forgotten, weight_decay="0.1")
    assert "no momentum of 1 any more" in find("zero_grad").explain(decaying).numbers
    with_decay = both(momentum, weight_decay="0.1")
    assert trained(model_type, decaying, 20)[1] != trained(model_type, with_decay, 20)[1]


@pytest.mark.parametrize("model_type", MODELS)
@pytest.mark.parametrize("choices", [{}, {"momentum": "0.5"}, {"update_order": "in-turn"}])
def test_gathered_gradients_are_part_of_a_state(model_type, choices):
    settings = both(one_output(), zero_grad="forgotten", **choices)
    through, kept = model_type(settings), model_type(settings)
    for _ in range(8):
        again = model_type(settings)
        again.set_state(kept.state())
        kept = again
        assert kept.step() == through.step()


@pytest.mark.parametrize("model_type", [TorchModel, ReplayedTorchModel])
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_flat_targets_teach_the_mean(model_type):
    settings = one_output().with_side(SideName.PYTORCH, target_shape="flat", learning_rate=2.0)
    expected = own_loop(settings, sgd(2.0), lambda prediction, Y: nn.MSELoss()(prediction, Y[:, 0]))
    parameters, losses = trained(model_type, settings)
    assert_near(parameters, expected)
    model, X, Y = own_network(settings)
    prediction = model(X)
    (gradient,) = torch.autograd.grad(nn.MSELoss()(prediction, Y[:, 0]), prediction)
    np.testing.assert_allclose(gradient, (2 / 5 * (prediction - Y.mean())).detach(), rtol=1e-12)
    assert losses[0] == pytest.approx((prediction - Y[:, 0]).square().mean().item(), rel=1e-12)


def test_with_flat_targets_the_loss_ends_at_the_targets_variance():
    settings = one_output().with_side(SideName.PYTORCH, target_shape="flat", learning_rate=2.0)
    _, long = trained(ReplayedTorchModel, settings, 5000)
    variance = float(settings.data.Y.var())
    assert long[-1] == pytest.approx(variance, rel=1e-3)
    assert long[-1] >= variance
    said = find("target_shape").explain(settings).numbers
    assert f"{variance:.6f}"[:6] in said
    assert f"{settings.data.Y.mean():.6f}"[:6] in said


def test_no_warning_of_the_targets_shape_reaches_the_terminal(recwarn):
    for report, moment in product(("mse", "half-sum", "error-times-loss"), ("before-update", "after-update")):
        settings = one_output().with_side(SideName.PYTORCH, target_shape="flat", loss_report=report, log_moment=moment)
        trained(ReplayedTorchModel, settings, 5)
    assert [str(one.message) for one in recwarn if "target size" in str(one.message)] == []


def test_flat_targets_are_found_and_named_alone_and_matched_by_the_other_side():
    settings = one_output().with_side(SideName.PYTORCH, target_shape="flat")
    (only,) = remaining(settings)
    opened = trace_epoch(settings, 1)
    assert (only,) in [one.discrepancies for one in (opened.reason, opened.meaning) if one is not None]
    matched, reached = match_toward(only, settings, SideName.PYTORCH)
    assert reached is SideName.NUMPY
    assert matched == one_output()


def test_flat_targets_that_pytorch_refuses_are_refused_in_one_sentence():
    with pytest.raises(SettingsError, match=r"'flat' with 3 outputs: targets \(N,\) fit only outputs \(N, 1\)"):
        decaying().with_side(SideName.PYTORCH, target_shape="flat")
    with pytest.raises(SettingsError, match="'flat' with the objective binary-cross-entropy: PyTorch's loss refuses"):
        one_output().with_side(SideName.PYTORCH, target_shape="flat", objective="binary-cross-entropy")
    with pytest.raises(SettingsError, match=r"numpy.target_shape cannot be 'flat': by hand .* it is as-output"):
        one_output().with_side(SideName.NUMPY, target_shape="flat")


SQUARED = {
    Reduction.SUM: lambda p, Y: (p - Y).square().sum() / 2,
    Reduction.TWICE_SUM: lambda p, Y: (p - Y).square().sum(),
    Reduction.MEAN: lambda p, Y: (p - Y).square().mean(),
    Reduction.MEAN_OF_SUMS: lambda p, Y: (p - Y).square().sum(dim=1).mean(),
    Reduction.PER_SAMPLE: lambda p, Y: (p - Y).square().sum(dim=1).mean() / 2,
    Reduction.PER_BATCH_SIZE: lambda p, Y: (p - Y).square().sum() / 2 / len(Y),
    Reduction.TWICE_MEAN: lambda p, Y: 2 * (p - Y).square().mean(),
    Reduction.PER_DATA_SET: lambda p, Y: (p - Y).square().sum() / 2 / len(Y),
    # Two inputs.
    Reduction.PER_INPUT: lambda p, Y: (p - Y).square().sum() / 2 / 2,
    Reduction.PER_SAMPLE_TWICE: lambda p, Y: (p - Y).square().sum(dim=1).mean() / 2 / len(Y),
    Reduction.PER_OUTPUT: lambda p, Y: (p - Y).square().mean(dim=1).sum(),
}


@one_in(5)
@pytest.mark.parametrize("model_type", MODELS)
@pytest.mark.parametrize("reduction", Reduction)
def test_each_reduction_of_squared_errors(model_type, reduction):
    settings = both(decaying(), reduction=reduction, weight_decay="none")
    assert_near(trained(model_type, settings)[0], own_loop(settings, sgd(), SQUARED[reduction]))


@pytest.mark.parametrize(
    ("one", "other", "outputs"), [("mean", "per-sample", 2), ("twice-sum", "per-output", 1), ("sum", "per-output", 2)]
)
def test_reductions_of_one_factor_are_no_difference_and_have_the_same_bits(one, other, outputs):
    three = decaying()
    data = engine.Dataset("fewer", three.data.X, three.data.Y[:, :outputs])
    settings = replace(both(replace(three, data=data), reduction=one), epochs=30)
    parted = settings.with_side(SideName.NUMPY, reduction=other)
    assert remaining(parted) == ()
    assert "nothing to change" in find("reduction").explain(parted).numbers
    for side in SideName:
        theirs = engine.train(settings.with_side(side, reduction=other))
        ours = engine.train(settings)
        np.testing.assert_array_equal(theirs.numpy.losses, ours.numpy.losses)
        np.testing.assert_array_equal(theirs.pytorch.losses, ours.pytorch.losses)


def written_start(start, random, shape):
    """A weight (fan_in, fan_out) or a bias (fan_out,), as scripts write it; without biases of zero."""
    fan_in, fan_out = shape
    return {
        InitialWeights.UNIT_UNIFORM: lambda *size: random.random(size),
        InitialWeights.NORMAL: random.randn,
        InitialWeights.SMALL_NORMAL: lambda *size: 0.01 * random.randn(*size),
        InitialWeights.UNIFORM_HALF: lambda *size: random.rand(*size) - 0.5,
        InitialWeights.UNIFORM_ONE: lambda *size: 2 * random.rand(*size) - 1,
        InitialWeights.HE: lambda *size: random.randn(*size) * np.sqrt(2 / fan_in),
        InitialWeights.GLOROT: lambda *size: random.uniform(-1, 1, size) * np.sqrt(6 / (fan_in + fan_out)),
        InitialWeights.SCALED_NORMAL: lambda *size: random.randn(*size) / np.sqrt(fan_in),
        InitialWeights.ZEROS: lambda *size: np.zeros(size),
    }[start]


DRAWN_BIASES = {"unit-uniform", "normal", "uniform-half", "uniform-one"}


@pytest.mark.parametrize(
    "start", [one for one in InitialWeights if one.numpys_stream and one.value != "truncated-normal"]
)
def test_each_start_is_what_scripts_draw_and_both_sides_have_it(start):
    settings = both(replace(decaying(), hidden=(7, 4), seed=3), initial_weights=start)
    random, sizes = np.random.RandomState(3), list(pairwise(settings.layer_sizes))
    weights = [written_start(start, random, pair)(*pair) for pair in sizes]
    drawn = start.value in DRAWN_BIASES
    biases = [written_start(start, random, pair)(pair[1]) if drawn else np.zeros(pair[1]) for pair in sizes]
    for layer, weight, bias in zip(initial_layers(settings, settings.numpy), weights, biases, strict=True):
        np.testing.assert_allclose(layer.weight, weight.T, rtol=1e-15)
        np.testing.assert_allclose(layer.bias, bias, rtol=1e-15)
    ours, theirs = NumpyModel(settings).parameters(), TorchModel(settings).parameters()
    for place, tensor in ours.items():
        np.testing.assert_array_equal(tensor, theirs[place])


def test_glorots_start_has_kerass_bound():
    settings = replace(decaying(), hidden=(400,), numpy=Side(initial_weights="glorot", precision="float64"))
    first = initial_layers(settings, settings.numpy)[0].weight
    bound = np.sqrt(6 / 402)
    assert np.abs(first).max() < bound
    assert np.abs(first).max() > 0.98 * bound
    scaled = replace(settings, numpy=Side(initial_weights="he", precision="float64"))
    assert initial_layers(scaled, scaled.numpy)[1].weight.std() == pytest.approx(np.sqrt(2 / 400), rel=0.05)


def test_zeros_keep_all_units_of_a_layer_alike():
    settings = both(one_output(), initial_weights="zeros")
    parameters, _ = trained(NumpyModel, settings, 200)
    hidden = parameters[0]
    assert np.all(hidden == hidden[0])
    assert np.abs(parameters[2]).min() > 0


@pytest.mark.parametrize("model_type", MODELS)
@pytest.mark.parametrize("form", ["nesterov-0.9", "textbook-nesterov-0.9"])
@pytest.mark.parametrize("decay", [0.0, 0.05])
def test_nesterovs_momentum_is_pytorchs(model_type, form, decay):
    settings = both(decaying(), momentum=form, weight_decay=f"{decay}" if decay else "none", learning_rate=0.1)
    optimizer = sgd(0.1, momentum=0.9, nesterov=True, weight_decay=decay)
    assert_near(trained(model_type, settings)[0], own_loop(settings, optimizer, nn.MSELoss()))


def test_nesterovs_momentum_has_no_dampening():
    with pytest.raises(SettingsError, match=r"Nesterov's momentum has no dampening; without it, it is nesterov-0\.9"):
        find("momentum").parse("nesterov-0.9-dampened-0.5", SideName.NUMPY)


def test_numbers_may_stand_after_a_colon():
    def parsed(field, text):
        return find(field).parse(text, SideName.NUMPY)

    assert parsed("momentum", "nesterov:0.9") == parsed("momentum", "nesterov-0.9")
    assert parsed("momentum", "pytorch:0.9,dampening=0.5") == parsed("momentum", "pytorch-0.9-dampened-0.5")
    assert parsed("weight_decay", "decoupled:0.01") == parsed("weight_decay", "decoupled-0.01")
    for wrong in ("nesterov:", "nesterov:x", ":0.9", "pytorch::0.9", "pytorch:0.9,damped=1"):
        with pytest.raises(SettingsError, match=r"numpy\.momentum cannot be '"):
            parsed("momentum", wrong)


FACTORS = {"lambda": 0.05, "twice-lambda": 0.1, "lambda-per-sample": 0.01}


def decayed_optimizer(decayed, rate, momentum):
    """The optimizer with a group for each tensor, as people build it of weights and biases."""
    of_layers = decayed.split(",") if "," in decayed else [decayed, decayed]

    def built(model):
        groups = []
        for layer, own in zip((model[0], model[2]), of_layers, strict=True):
            groups.append({"params": [layer.weight], "weight_decay": 0.0 if own == "none" else rate})
            groups.append({"params": [layer.bias], "weight_decay": rate if own == "weights-and-biases" else 0.0})
        return torch.optim.SGD(groups, lr=0.3, momentum=momentum)

    return built


@one_in(9)
@pytest.mark.parametrize("model_type", MODELS)
@pytest.mark.parametrize(
    "decayed",
    ["weights-and-biases", "weights", "none", "weights,none", "none,weights-and-biases", "weights-and-biases,weights"],
)
@pytest.mark.parametrize("factor", FACTORS)
def test_what_decays_and_by_how_much(model_type, decayed, factor):
    for momentum, order in (("none", "together"), ("0.5", "together"), ("textbook-0.5", "together")):
        settings = both(
            decaying(), weight_decay="0.05", decayed=decayed, decay_factor=factor, momentum=momentum, update_order=order
        )
        optimizer = decayed_optimizer(decayed, FACTORS[factor], settings.numpy.momentum.coefficient)
        assert_near(trained(model_type, settings)[0], own_loop(settings, optimizer, nn.MSELoss()))


@pytest.mark.parametrize("model_type", MODELS)
def test_decay_beside_the_step_leaves_the_biases_out(model_type):
    settings = both(decaying(), weight_decay="decoupled-0.05", decayed="weights", momentum="0.5")
    model, X, Y = own_network(settings)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.5)
    for _ in range(20):
        optimizer.zero_grad()
        nn.MSELoss()(model(X), Y).backward()
        with torch.no_grad():
            for layer in (model[0], model[2]):
                layer.weight *= 1 - 0.3 * 0.05
        optimizer.step()
    assert_near(trained(model_type, settings)[0], [one.detach().numpy() for one in model.parameters()])


@pytest.mark.parametrize("field", ["decayed", "decay_factor"])
def test_without_a_decay_its_form_is_no_difference_and_keeps_the_bits(field):
    plain = replace(one_output(), epochs=30)
    parted = plain.with_side(SideName.NUMPY, **{field: find(field).choices[1].value})
    assert remaining(parted) == ()
    np.testing.assert_array_equal(engine.train(parted).numpy.losses, engine.train(plain).numpy.losses)


CHOICES = {
    "zero_grad": {"zero_grad": "forgotten"},
    "nesterov": {"momentum": "nesterov-0.9"},
    "textbook nesterov": {"momentum": "textbook-nesterov-0.9"},
    "weights alone": {"weight_decay": "0.01", "decayed": "weights", "decay_factor": "twice-lambda"},
    "per sample": {"reduction": "per-sample"},
    "he": {"initial_weights": "he"},
}


@pytest.mark.parametrize("name", some_of(CHOICES, 9))
def test_equal_sides_stay_as_near_as_one_ulp_in_the_start_lets_them(name):
    settings = Settings(decaying().data, *[Side(precision=Precision.FLOAT64)] * 2, hidden=(4,))
    assert_equal_sides_stay_near(both(settings, **CHOICES[name]))


def units(hidden, activation, start):
    """Counted for the hand-written side, of a network without biases started so."""
    side = Side(precision=Precision.FLOAT64, initial_weights=start, bias=False)
    settings = Settings(decaying().data, side, Side(), hidden=hidden, activation=activation)
    return start_units(settings, SideName.NUMPY), settings


def test_the_units_at_the_start_are_counted_as_by_hand():
    zeros, _ = units((4,), "sigmoid", "zeros")
    assert (zeros.units, zeros.saturated, zeros.dead, zeros.alike) == (7, 0, 0, 4)
    dead, _ = units((4,), "relu", "zeros")
    assert (dead.dead, dead.alike) == (4, 0)
    # Of one layer's zeros the weights above make units of their own; outputs have targets of their own.
    assert units((4,), "sigmoid", ("zeros", "normal"))[0].alike == 0
    assert units((), "sigmoid", "zeros")[0].alike == 0
    assert str(units((4,), "tanh", "glorot")[0]) == "none is saturated, dead or alike"
    counted, settings = units((60, 50), "relu", "normal")
    first, second, _ = (layer.weight.T for layer in initial_layers(settings, settings.numpy))
    below = np.maximum(settings.data.X @ first, 0)
    by_hand = (below == 0).all(axis=0).sum() + (below @ second <= 0).all(axis=0).sum()
    assert counted.dead == by_hand > 0
    tanh, settings = units((60, 50), "tanh", "normal")
    first, second, _ = (layer.weight.T for layer in initial_layers(settings, settings.numpy))
    z = np.tanh(settings.data.X @ first) @ second
    assert tanh.saturated == (1 - np.tanh(z) ** 2 <= 0.01).all(axis=0).sum() > 0


def test_the_explanation_of_a_start_says_what_it_does_to_this_network():
    settings = one_output().with_side(SideName.NUMPY, initial_weights="zeros")
    assert "Of 5 units at the start: 4 alike by hand, none is saturated" in explained(find("start"), settings).numbers
    assert "every unit of a hidden layer computes the same" in explained(find("start"), settings).theory
    large = replace(settings, hidden=(300, 800))
    assert "units at the start" not in explained(find("start"), large).numbers
    assert explained(find("bias"), settings) == find("bias").explain(settings)


@pytest.mark.parametrize("loss_input", ["logits", "probabilities", "twice"])
def test_a_binary_cross_entropys_reductions_of_one_factor_round_otherwise_and_are_told_apart(loss_input):
    """PyTorch's mean and a sum divided by as much differ in the last bit: that is not 'nothing to change'."""
    random = np.random.RandomState(0)
    data = engine.Dataset("three", random.uniform(-1, 1, (3, 2)), random.randint(0, 2, (3, 1)).astype(float))
    side = Side(objective="binary-cross-entropy", loss_input=loss_input, precision="float64")
    settings = Settings(data, replace(side, reduction="per-sample"), side, hidden=(3,), epochs=200)
    assert remaining(settings) == (find("reduction"),)
    assert "nothing to change" not in find("reduction").explain(settings).numbers


def test_why_a_side_cannot_have_a_value_is_said_in_ascii_and_with_what_it_can_have():
    assert all(why.isascii() for values in ALONE.values() for why in values.values())
    with pytest.raises(SettingsError, match=r"target_shape cannot be 'x'; it is as-output\.$"):
        find("target_shape").parse("x", SideName.NUMPY)
