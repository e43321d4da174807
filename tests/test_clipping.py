"""Clipping against `torch.nn.utils`, in either order of updates, with batches, momentum and gradients that are kept."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

import engine
from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.clipping import Clipping
from engine.experiment.data import Dataset
from engine.experiment.discrepancies import find
from engine.networks.numpy_model import NumpyModel, RecordedNumpyModel
from engine.networks.numpy_stack import NumpyStack
from engine.networks.places import Kind, Place
from engine.networks.stacked_runs import Logged, StackedRun
from engine.networks.torch_model import TorchModel
from engine.networks.torch_replay import ReplayedTorchModel
from engine.networks.torch_stack import TorchStack
from engine.step.trace import trace_epoch
from tests.examples import one_in, some_of
from tests.tensors import assert_same_bits

N, RATE = 7, 0.5
X = np.random.RandomState(3).uniform(-1, 1, (N, 3))
Y = np.random.RandomState(4).uniform(0, 1, (N, 2))
RULES = ["norm:0.05", "tensor-norm:0.03", "value:0.01", "norm:100"]
"""The last reaches no gradient; the others every first one."""


def experiment(rule, **choices):
    settings = replace(engine.preset("pytorch"), data=Dataset("d", X, Y), hidden=(4,), epochs=30)
    for side in SideName:
        settings = settings.with_side(side, precision="float64", learning_rate=RATE, clipping=rule, **choices)
    return settings


def clip(model, rule):
    kind, bound = rule.split(":")
    if kind == "norm":
        return nn.utils.clip_grad_norm_(model.parameters(), float(bound))
    if kind == "value":
        return nn.utils.clip_grad_value_(model.parameters(), float(bound))
    return [nn.utils.clip_grad_norm_(parameter, float(bound)) for parameter in model.parameters()]


@one_in(3)
@pytest.mark.parametrize(
    ("rule", "decay", "optimizer"), some_of(product(RULES, (0.0, 0.1), ("sgd", "adam")), 3), ids=str
)
def test_both_sides_are_torchs_own(rule, decay, optimizer):
    """After the backward pass, before decay and step."""
    settings = experiment(rule, batch=3, weight_decay=str(decay), momentum="0.5", optimizer=optimizer)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 2), nn.Sigmoid()).double()
    options = {"lr": RATE, "weight_decay": decay}
    own = (
        torch.optim.Adam(model.parameters(), **options)
        if optimizer == "adam"
        else torch.optim.SGD(model.parameters(), momentum=0.5, **options)
    )
    losses, inputs, targets = [], torch.tensor(X), torch.tensor(Y)
    for _ in range(settings.epochs):
        total = 0.0
        for start in range(0, N, 3):
            own.zero_grad()
            loss = nn.functional.mse_loss(model(inputs[start : start + 3]), targets[start : start + 3])
            loss.backward()
            clip(model, rule)
            own.step()
            total += loss.item()
        losses.append(total / 3)
    run = engine.train(settings)
    np.testing.assert_allclose(run.pytorch.losses, losses, rtol=1e-13)
    np.testing.assert_allclose(run.numpy.losses, losses, rtol=1e-9)


def test_a_bound_that_is_reached_changes_the_run_and_one_that_is_not_does_not():
    plain = engine.train(experiment("none"))
    for side in ("numpy", "pytorch"):
        losses = {rule: getattr(engine.train(experiment(rule)), side).losses for rule in RULES}
        assert all(np.abs(losses[rule] - getattr(plain, side).losses).max() > 1e-3 for rule in RULES[:-1])
        np.testing.assert_array_equal(losses[RULES[-1]], getattr(plain, side).losses)


@pytest.mark.parametrize("rule", RULES[:-1])
def test_gradients_are_clipped_as_it_says(rule):
    model = NumpyModel(experiment(rule))
    model.step()
    gradients = [*model.network.dW.values(), *model.network.db.values()]
    bound = float(rule.split(":")[1])
    if rule.startswith("value"):
        assert max(np.abs(one).max() for one in gradients) == bound
    elif rule.startswith("tensor"):
        np.testing.assert_allclose(sorted(np.linalg.norm(one) for one in gradients)[-2:], bound, rtol=1e-4)
    else:
        np.testing.assert_allclose(np.sqrt(sum(np.square(one).sum() for one in gradients)), bound, rtol=1e-4)


@pytest.mark.parametrize("rule", RULES)
def test_layers_updated_in_turn_have_a_norm_each(rule):
    """All that is known when a layer moves is that layer's gradient."""
    settings = experiment(rule, update_order="in-turn")
    run = engine.train(settings)
    np.testing.assert_allclose(run.numpy.losses, run.pytorch.losses, rtol=1e-10)
    if rule == "norm:0.05":
        model = NumpyModel(settings)
        model.step()
        for layer in (1, 2):
            both = np.square(model.network.dW[layer]).sum() + np.square(model.network.db[layer]).sum()
            assert np.sqrt(both) <= 0.05


CHOICES = [{}, {"zero_grad": "forgotten"}, {"batch": 3}, {"precision": "float32"}, {"momentum": "textbook-0.5"}]


@one_in(5)
@pytest.mark.parametrize(("rule", "choices"), some_of(product(RULES, CHOICES), 3), ids=str)
def test_fast_steps_and_stacks_have_the_plain_steps_bits(rule, choices):
    settings = experiment(rule)
    for side in SideName:
        settings = settings.with_side(side, **choices)
    for plain_kind, fast_kind in ((NumpyModel, RecordedNumpyModel), (TorchModel, ReplayedTorchModel)):
        plain, fast = plain_kind(settings), fast_kind(settings)
        assert [plain.step() for _ in range(25)] == [fast.step() for _ in range(25)]
        assert_same_bits(fast.state(), plain.state())
    for stack_kind, kind, name in ((NumpyStack, NumpyModel, "numpy"), (TorchStack, TorchModel, "pytorch")):
        side = getattr(settings, name)
        runs = [StackedRun.of(side, 0), StackedRun.of(side, 4)]
        stack, alone = stack_kind(settings, runs, [Logged.of(side)]), []
        alone = [kind(replace(settings, seed=run.seed)) for run in runs]
        exact = name == "numpy" and side.precision.value == "float64"
        for _ in range(10):
            expected = [[model.step() for model in alone]]
            np.testing.assert_allclose(stack.step(), expected, rtol=0 if exact else 1e-4)


@one_in(7)
@pytest.mark.parametrize("rule", ["norm:0.5", "norm:0.2", "exact-norm:0.3", "tensor-norm:0.3"])
@pytest.mark.parametrize("choices", [{"zero_grad": "forgotten"}, {"learning_rate": 5.0, "momentum": "0.5"}], ids=str)
def test_a_bound_that_is_first_reached_late_is_kept(rule, choices):
    """Steps that are recorded before it must not go on unclipped."""
    settings = experiment(rule)
    for side in SideName:
        settings = settings.with_side(side, **choices)
    for plain_kind, fast_kind in ((NumpyModel, RecordedNumpyModel), (TorchModel, ReplayedTorchModel)):
        plain, fast = plain_kind(settings), fast_kind(settings)
        assert [plain.step() for _ in range(60)] == [fast.step() for _ in range(60)]
        assert fast.steps_from_now.trusted is not None
    stack = TorchStack(
        settings, [StackedRun.of(settings.pytorch, seed) for seed in (0, 4)], [Logged.of(settings.pytorch)]
    )
    alone = [TorchModel(replace(settings, seed=seed)) for seed in (0, 4)]
    for _ in range(60):
        np.testing.assert_allclose(stack.step(), [[model.step() for model in alone]], rtol=1e-7)


@one_in(5)
@pytest.mark.parametrize("rule", ["norm:0.05", "exact-norm:0.05", "tensor-norm:0.02", "value:0.005"])
@pytest.mark.parametrize("batch", [1, 4])
def test_a_stack_clips_no_error_that_is_yet_to_be_sent_down(rule, batch):
    """Of one sample, alone or in a smaller last batch, the gradient of a bias is δ itself."""
    settings = experiment(rule)
    for side in SideName:
        settings = settings.with_side(side, batch=batch, update_order="in-turn", precision="float64")
    settings = replace(settings, data=Dataset("five", X[:5], Y[:5]))
    stack = TorchStack(
        settings, [StackedRun.of(settings.pytorch, seed) for seed in (0, 4)], [Logged.of(settings.pytorch)]
    )
    alone = [TorchModel(replace(settings, seed=seed)) for seed in (0, 4)]
    for _ in range(10):
        np.testing.assert_allclose(stack.step(), [[model.step() for model in alone]], rtol=1e-9)


def test_an_opened_step_names_it_and_shows_the_clipped_gradients():
    settings = experiment("norm:0.05").with_side(SideName.NUMPY, clipping="tensor-norm:0.05")
    step = trace_epoch(settings, 2, matched_start=True)
    found = [reason.discrepancies for reason in (step.reason, step.meaning) if reason is not None]
    assert (find("clipping"),) in found
    gradient = next(one for one in step.operations if one.place == Place(Kind.WEIGHT_GRADIENT, 2))
    assert gradient.formula.endswith(", clipped")
    assert np.linalg.norm(gradient.pytorch) <= 0.05


@pytest.mark.parametrize("text", ["none", "norm:1.0", "exact-norm:0.5", "tensor-norm:0.25", "value:1e-05"])
def test_every_name_reads_back(text):
    assert str(Clipping.parse(text)) == text
    discrepancy = find("clipping")
    value = discrepancy.parse(text, SideName.NUMPY)
    assert discrepancy.parse(discrepancy.name(value), SideName.PYTORCH) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("norm:0", "clipping's bound cannot be 0.0; it is a number from 1e-30 to 1e+30."),
        ("norm:-1", "clipping's bound cannot be -1.0; it is a number from 1e-30 to 1e+30."),
        ("norm", "it is none, norm:1, exact-norm:1, tensor-norm:1 or value:0.5."),
        ("none:1", "it is none, norm:1, exact-norm:1, tensor-norm:1 or value:0.5."),
        ("l2:1", "it is none, norm:1, exact-norm:1, tensor-norm:1 or value:0.5."),
    ],
)
def test_what_cannot_be_is_said(text, said):
    with pytest.raises(SettingsError) as caught:
        find("clipping").parse(text, SideName.NUMPY)
    assert str(caught.value).endswith(said)
