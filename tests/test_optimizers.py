"""Adam, RMSprop and Adagrad against `torch.optim`; the ways in which people write them, against arithmetic by hand."""

from dataclasses import replace
from inspect import signature

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import engine
from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.data import Dataset
from engine.experiment.discrepancies import find
from engine.experiment.optimizers import (
    ADAMW_DECAY,
    DEFAULTS,
    LEARNING_RATES,
    PARAMETERS,
    BiasCorrection,
    EpsilonAt,
    Optimizer,
    OptimizerKind,
)
from engine.experiment.update_rules import WeightDecay
from engine.networks.numpy_model import NumpyModel, RecordedNumpyModel
from engine.networks.numpy_stack import NumpyStack
from engine.networks.places import Kind, Place
from engine.networks.programs import scripts
from engine.networks.stacked_runs import Logged, StackedRun
from engine.networks.torch_model import TorchModel
from engine.networks.torch_replay import ReplayedTorchModel
from engine.networks.torch_stack import TorchStack
from engine.step.reasons import ReasonKind
from engine.step.trace import trace_epoch
from tests.examples import hardest, one_in, some_of
from tests.tensors import assert_same_bits
from tests.test_trace import VECTORS
from tests.ulps import assert_equal_sides_stay_near
from tui_app.cli.options import settings_from

N = 7
X = np.random.RandomState(3).uniform(-1, 1, (N, 3))
Y = np.random.RandomState(4).uniform(0, 1, (N, 2))
RATE = 0.01
RULES = [
    "adam",
    "adam:beta1=0.5,beta2=0.9,epsilon=0.001",
    "rmsprop",
    "rmsprop:alpha=0.5,epsilon=1e-07",
    "adagrad",
    "adagrad:start=0.1,epsilon=1e-07",
]


def experiment(rule="adam", **choices):
    settings = replace(engine.preset("pytorch"), data=Dataset("d", X, Y), hidden=(4,), epochs=50)
    for side in SideName:
        settings = settings.with_side(side, precision="float64", learning_rate=RATE, optimizer=rule, **choices)
    return settings


def torchs_own(settings):
    """A fresh one and its optimizer."""
    rule, decay = settings.pytorch.optimizer, settings.pytorch.weight_decay
    torch.manual_seed(settings.seed)
    model = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 2), nn.Sigmoid()).double()
    numbers = {"lr": RATE, "eps": rule.epsilon, "weight_decay": decay.rate}
    if rule.kind is OptimizerKind.ADAM:
        kind = torch.optim.AdamW if decay.form.value == "decoupled" else torch.optim.Adam
        return model, kind(model.parameters(), betas=(rule.beta1, rule.beta2), **numbers)
    if rule.kind is OptimizerKind.RMSPROP:
        return model, torch.optim.RMSprop(model.parameters(), alpha=rule.beta2, **numbers)
    return model, torch.optim.Adagrad(model.parameters(), initial_accumulator_value=rule.start, **numbers)


def trained_alone(settings, batches, epochs):
    """Losses of whole epochs, by loops over batches as they lie."""
    model, optimizer = torchs_own(settings)
    inputs, targets, losses = torch.tensor(X), torch.tensor(Y), []
    for _ in range(epochs):
        of_batches = []
        for start in range(0, N, batches):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(inputs[start : start + batches]), targets[start : start + batches])
            loss.backward()
            optimizer.step()
            of_batches.append(loss.item())
        losses.append(sum(of_batches) / len(of_batches))
    return losses, model


DECAYS = [(rule, decay) for rule in RULES for decay in ("none", "0.1")]
DECAYS += [(rule, "decoupled-0.1") for rule in RULES[:2]]
"""Beside the step `torch.optim` has it with Adam alone."""


@one_in(5)
@pytest.mark.parametrize("batch", [N, 3])
@pytest.mark.parametrize(("rule", "decay"), some_of(DECAYS, 3))
def test_both_sides_are_torch_optims(rule, decay, batch):
    settings = experiment(rule, weight_decay=decay, batch=batch)
    losses, model = trained_alone(settings, batch, settings.epochs)
    run = engine.train(settings)
    np.testing.assert_allclose(run.pytorch.losses, losses, rtol=1e-14)
    np.testing.assert_allclose(run.numpy.losses, losses, rtol=1e-11)
    for name, expected in zip(run.numpy.parameters, model.parameters(), strict=True):
        np.testing.assert_allclose(run.pytorch.parameters[name], expected.detach().numpy(), rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(run.numpy.parameters[name], expected.detach().numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("rule", hardest(RULES))
def test_equal_sides_stay_near(rule):
    assert_equal_sides_stay_near(experiment(rule))


@one_in(5)
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("rule", some_of(RULES, 4))
def test_a_recorded_step_counts_on(rule, precision):
    """300 steps, with a learning rate that changes at the hundredth, have the plain steps' bits."""
    settings = experiment(rule)
    settings = settings.with_side(SideName.NUMPY, precision=precision).with_side(SideName.PYTORCH, precision=precision)
    for plain_kind, fast_kind in ((NumpyModel, RecordedNumpyModel), (TorchModel, ReplayedTorchModel)):
        plain, fast = plain_kind(settings), fast_kind(settings)
        for step in range(300):
            if step == 100:
                plain.set_learning_rate(RATE / 3)
                fast.set_learning_rate(RATE / 3)
            assert plain.step() == fast.step(), step
        assert fast.steps_from_now.trusted is not None
        assert_same_bits(fast.state(), plain.state())


@pytest.mark.parametrize("rule", RULES)
def test_a_state_is_gone_on_from(rule):
    """With its moments and its number of steps: by a fresh model, and by one that has gone further or not as far."""
    for kind in (RecordedNumpyModel, ReplayedTorchModel):
        model, fresh = kind(experiment(rule)), kind(experiment(rule))
        start = model.state()
        first = [model.step() for _ in range(9)]
        state = model.state()
        expected = [model.step() for _ in range(9)]
        for other in (fresh, model):
            other.set_state(state)
            assert [other.step() for _ in range(9)] == expected
        model.set_state(start)
        assert [model.step() for _ in range(9)] == first


def by_hand(gradients, rule, correction, epsilon_at):
    """What each step adds to a parameter, number by number."""
    m = v = 0.0
    moved = []
    for step, g in enumerate(gradients):
        t = {BiasCorrection.FROM_ZERO: step, BiasCorrection.PER_EPOCH: step // 3 + 1}.get(correction, step + 1)
        m, v = rule.beta1 * m + (1 - rule.beta1) * g, rule.beta2 * v + (1 - rule.beta2) * g * g
        first, second = {
            BiasCorrection.NONE: (1.0, 1.0),
            BiasCorrection.CONSTANT: (1 - rule.beta1, 1 - rule.beta2),
            BiasCorrection.FIRST_MOMENT: (1 - rule.beta1**t, 1.0),
            BiasCorrection.SECOND_MOMENT: (1.0, 1 - rule.beta2**t),
        }.get(correction, (1 - rule.beta1**t, 1 - rule.beta2**t))
        if first == 0:
            return [np.nan] * len(gradients)
        if epsilon_at is EpsilonAt.OUTSIDE:
            moved.append(-RATE * m / first / ((v / second) ** 0.5 + rule.epsilon))
        elif epsilon_at is EpsilonAt.INSIDE:
            moved.append(-RATE * m / first / (v / second + rule.epsilon) ** 0.5)
        else:
            moved.append(-RATE * second**0.5 / first * m / (v**0.5 + rule.epsilon))
    return moved


@pytest.mark.parametrize("epsilon_at", EpsilonAt)
@pytest.mark.parametrize("correction", BiasCorrection)
def test_each_way_to_write_adam_is_what_it_says(correction, epsilon_at):
    settings = experiment("adam:beta1=0.8,beta2=0.95,epsilon=0.02")
    side = replace(settings.numpy, bias_correction=correction, epsilon_at=epsilon_at, batch=3)
    model = NumpyModel(replace(settings, numpy=side))
    gradients, moved = [], []
    with np.errstate(all="ignore"):
        for _ in range(6):
            before = float(model.network.W[2][1, 0])
            model.update()
            gradients.append(float(model.network.dW[2][1, 0]))
            moved.append(float(model.network.W[2][1, 0]) - before)
    expected = by_hand(gradients, side.optimizer, correction, epsilon_at)
    np.testing.assert_allclose(moved, expected, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("epsilon_at", EpsilonAt)
def test_rmsprop_has_no_correction(epsilon_at):
    settings = experiment("rmsprop:alpha=0.9,epsilon=0.02")
    side = replace(settings.numpy, epsilon_at=epsilon_at, bias_correction="none")
    model = NumpyModel(replace(settings, numpy=side))
    before = model.network.b[1].copy()
    model.step()
    square = 0.1 * model.network.db[1] ** 2
    root = np.sqrt(square + 0.02) if epsilon_at is EpsilonAt.INSIDE else np.sqrt(square) + 0.02
    np.testing.assert_allclose(model.network.b[1] - before, -RATE * model.network.db[1] / root, rtol=1e-12)


@one_in(3)
@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"optimizer": "adam:epsilon=1e-07"}, "optimizer"),
        ({"optimizer": "rmsprop"}, "optimizer"),
        ({"optimizer": "sgd"}, "optimizer"),
        ({"epsilon_at": "inside"}, "epsilon_at"),
        ({"epsilon_at": "uncorrected"}, "epsilon_at"),
        ({"bias_correction": "none"}, "bias_correction"),
    ],
)
@pytest.mark.parametrize("epoch", [1, 4])
def test_an_opened_step_names_what_was_written_otherwise(choices, named, epoch):
    step = trace_epoch(experiment().with_side(SideName.NUMPY, **choices), epoch, matched_start=True)
    reasons = [step.reason, step.meaning]
    assert [named] in [[one.field for one in reason.discrepancies] for reason in reasons if reason is not None]


def test_where_nothing_differs_adams_first_difference_is_rounding():
    step = trace_epoch(experiment(), 3, matched_start=True)
    assert step.reason.kind is ReasonKind.ROUNDING
    assert step.meant is None
    places = {one.place for one in step.operations}
    assert {Place(Kind.WEIGHT_VELOCITY, 1), Place(Kind.WEIGHT_SQUARE, 1), Place(Kind.BIAS_SQUARE, 2)} <= places


@one_in(5)
@VECTORS
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("rule", some_of(RULES, 2))
def test_the_rounding_of_moments_and_steps_is_reproduced(rule, precision):
    """One weight and one sample: all before the moments is equal, and what then differs is explained, bit for bit."""
    one = Dataset("one", [[1.0]], [[0.3]])
    found = set()
    for seed in range(4):
        settings = replace(experiment(rule), data=one, hidden=(), output_activation="identity", seed=seed)
        for side in SideName:
            settings = settings.with_side(side, precision=precision, bias=False)
        for epoch in (1, 2, 5):
            step = trace_epoch(settings, epoch, matched_start=True)
            if step.first_operation is not None:
                found.add(step.first_operation.place.kind)
                assert step.reason.kind is ReasonKind.ROUNDING, (seed, epoch, step.reason)
    assert found <= {Kind.WEIGHT_VELOCITY, Kind.WEIGHT_SQUARE, Kind.WEIGHT_UPDATE, Kind.WEIGHT_AFTER}
    assert found


@one_in(3)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("stack_kind", [NumpyStack, TorchStack])
def test_a_stack_steps_as_its_runs_alone(stack_kind, rule):
    settings = experiment(rule)
    in_torch = stack_kind is TorchStack
    side, kind = (settings.pytorch, TorchModel) if in_torch else (settings.numpy, NumpyModel)
    runs = [StackedRun.of(side, 0), StackedRun.of(replace(side, initial_weights="glorot"), 3)]
    stack = stack_kind(settings, runs, [Logged.of(side)])
    name = "pytorch" if in_torch else "numpy"
    alone = [kind(replace(settings, seed=run.seed, **{name: run.side})) for run in runs]
    for _ in range(12):
        np.testing.assert_allclose(stack.step(), [[model.step() for model in alone]], rtol=1e-10 if in_torch else 0)
    for place, parameters in stack.parameters().items():
        for column, model in enumerate(alone):
            np.testing.assert_allclose(parameters[column], model.parameters()[place], rtol=1e-8, atol=1e-10)


def test_other_optimizers_are_other_stacks():
    adam, rms = (StackedRun.of(experiment(rule).numpy, 0) for rule in ("adam", "adam:beta1=0.5"))
    assert adam.structure(SideName.NUMPY) != rms.structure(SideName.NUMPY)


@given(
    kind=st.sampled_from(OptimizerKind),
    numbers=st.fixed_dictionaries(
        {name: st.floats(0, 0.999) for name in ("beta1", "beta2", "epsilon", "start")},
    ),
)
def test_every_optimizers_name_reads_back(kind, numbers):
    own = {name: number for name, number in numbers.items() if name in vars(Optimizer.of(kind))}
    known = {name: own[name] for name in own if getattr(Optimizer.of(kind), name) or name == "start"}
    known = {name: number for name, number in known.items() if kind is OptimizerKind.ADAGRAD or name != "start"}
    optimizer = Optimizer.of(kind, **known)
    assert Optimizer.parse(str(optimizer)) == optimizer
    discrepancy = find("optimizer")
    assert discrepancy.parse(discrepancy.name(optimizer), SideName.PYTORCH) == optimizer


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("adamw", "AdamW is adam with another weight decay: give optimizer=adam and weight_decay=decoupled-0.01."),
        ("adam:weight_decay=0.1", "weight decay is a setting of its own, such as weight_decay=decoupled-0.01."),
        ("adam:beta=1", "adam has no 'beta'; it has beta1=0.9, beta2=0.999, epsilon=1e-08."),
        ("adam:beta1=0.9,beta1=0.8", "beta1 is given twice."),
        ("adam:beta1=1", "adam's beta1 cannot be 1.0; it is a number from 0 to below 1."),
        ("adam:epsilon=2", "adam's epsilon cannot be 2.0; it is a number from 0 to 1."),
        ("adam:epsilon=-1", "adam's epsilon cannot be -1.0; it is a number from 0 to 1."),
        ("adam:epsilon=x", "epsilon is not a number in 'epsilon=x'."),
        ("sgd:beta1=0.9", "sgd has no 'beta1'; it has no numbers."),
        ("lamb", "it is sgd, adam, rmsprop or adagrad, or with numbers: adam:beta1=0.9,epsilon=1e-7."),
    ],
)
def test_what_cannot_be_is_said(text, said):
    with pytest.raises(SettingsError) as caught:
        find("optimizer").parse(text, SideName.NUMPY)
    assert str(caught.value).endswith(said)


def test_momentum_is_sgds_alone():
    """It stays, and has no effect beside another optimizer: the switch back has it again."""
    plain, kept = experiment(), experiment(momentum="0.9")
    np.testing.assert_array_equal(engine.train(plain).numpy.losses, engine.train(kept).numpy.losses)
    np.testing.assert_array_equal(engine.train(plain).pytorch.losses, engine.train(kept).pytorch.losses)
    momentum = find("momentum")
    assert not momentum.acts(kept.with_side(SideName.NUMPY, momentum="none"))
    assert "SGD's" in momentum.explain(kept).numbers


@pytest.mark.parametrize(
    ("options", "rule", "rate", "decay"),
    [
        ({"optimizer": "adam"}, "adam", 1e-3, "none"),
        ({"optimizer": "adamw"}, "adam", 1e-3, "decoupled-0.01"),
        ({"optimizer": "AdamW:epsilon=1e-07"}, "adam:epsilon=1e-07", 1e-3, "decoupled-0.01"),
        ({"optimizer": "rmsprop", "learning_rate": "0.5"}, "rmsprop", 0.5, "none"),
        ({"optimizer": "adagrad"}, "adagrad", 1e-2, "none"),
        ({"optimizer": "sgd"}, "sgd", 0.6, "none"),
        ({"optimizer": "adamw", "assignments": ("both.weight_decay=0.1",)}, "adam", 1e-3, "in-gradient-0.1"),
    ],
)
def test_an_option_sets_both_sides_and_torch_optims_rate(options, rule, rate, decay):
    given = dict.fromkeys(signature(settings_from).parameters) | {"preset_name": "exact", "assignments": ()} | options
    del given["_"]
    settings = settings_from(**given)
    for side in (settings.numpy, settings.pytorch):
        assert (str(side.optimizer), str(side.weight_decay)) == (rule, decay)
    assert settings.pytorch.learning_rate == rate


def test_torch_optims_rates_are_its_own():
    parameter = [nn.Parameter(torch.zeros(1))]
    for name, kind in (("adam", torch.optim.Adam), ("rmsprop", torch.optim.RMSprop), ("adagrad", torch.optim.Adagrad)):
        assert kind(parameter).defaults["lr"] == LEARNING_RATES[name]
        for typed, own in {"epsilon": "eps", "alpha": "alpha", "start": "initial_accumulator_value"}.items():
            if typed in PARAMETERS[OptimizerKind(name)]:
                number = DEFAULTS[OptimizerKind(name)][PARAMETERS[OptimizerKind(name)][typed]]
                assert kind(parameter).defaults[own] == number
    assert torch.optim.AdamW(parameter).defaults["weight_decay"] == WeightDecay.parse(ADAMW_DECAY).rate


@pytest.mark.parametrize("rule", ["adam:epsilon=0", "rmsprop:alpha=0,epsilon=0", "adagrad:epsilon=0", "adam:beta1=0"])
def test_a_number_of_0_is_written_in_the_program(rule):
    settings = replace(experiment(rule), epochs=12)
    printed = []
    exec(scripts(settings)[SideName.PYTORCH].text, {"print": lambda *values, sep: printed.extend(values)})
    np.testing.assert_array_equal(printed, engine.train(settings).pytorch.losses)


def test_epsilon_beside_a_root_that_nothing_corrects_is_epsilon_beside_the_root():
    epsilon = find("epsilon_at")
    for settings in (
        experiment("rmsprop").with_side(SideName.NUMPY, epsilon_at="uncorrected"),
        experiment().with_side(SideName.NUMPY, epsilon_at="uncorrected", bias_correction="none"),
    ):
        assert not epsilon.acts(settings)
        assert "come to the same here" in epsilon.explain(settings).numbers
    assert epsilon.acts(experiment().with_side(SideName.NUMPY, epsilon_at="uncorrected"))
