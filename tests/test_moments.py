"""What becomes of velocities and moments from step to step: against PyTorch's own loop, and arithmetic by hand."""

import re
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
from engine.experiment.update_rules import Moments
from engine.networks.numpy_model import NumpyModel, RecordedNumpyModel
from engine.networks.numpy_stack import NumpyStack
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

X = np.random.RandomState(5).uniform(-1, 1, (7, 3))
Y = np.random.RandomState(6).uniform(0, 1, (7, 2))
RATE = 0.01
RULES = {
    "adam": {"optimizer": "adam:beta1=0.8,beta2=0.9,epsilon=0.001"},
    "rmsprop": {"optimizer": "rmsprop:alpha=0.9,epsilon=0.001"},
    "adagrad": {"optimizer": "adagrad:start=0.1,epsilon=0.001"},
    "momentum": {"momentum": "0.75"},
    "dampened": {"momentum": "pytorch-0.75-dampened-0.5"},
    "nesterov": {"momentum": "nesterov-0.75"},
    "textbook": {"momentum": "textbook-0.75-dampened-0.5"},
    "textbook-nesterov": {"momentum": "textbook-nesterov-0.75"},
    "averaged": {"momentum": "averaged-0.75"},
}
TORCHS_OWN = ("adam", "rmsprop", "adagrad", "momentum", "dampened", "nesterov")


def experiment(rule="adam", epochs=20, **choices):
    settings = replace(engine.preset("pytorch"), data=Dataset("d", X, Y), hidden=(4,), epochs=epochs)
    for side in SideName:
        settings = settings.with_side(side, precision="float64", learning_rate=RATE, **RULES[rule] | choices)
    return settings


def torchs_own(rule, parameters):
    return {
        "adam": lambda: torch.optim.Adam(parameters, lr=RATE, betas=(0.8, 0.9), eps=0.001),
        "rmsprop": lambda: torch.optim.RMSprop(parameters, lr=RATE, alpha=0.9, eps=0.001),
        "adagrad": lambda: torch.optim.Adagrad(parameters, lr=RATE, initial_accumulator_value=0.1, eps=0.001),
        "momentum": lambda: torch.optim.SGD(parameters, lr=RATE, momentum=0.75),
        "dampened": lambda: torch.optim.SGD(parameters, lr=RATE, momentum=0.75, dampening=0.5),
        "nesterov": lambda: torch.optim.SGD(parameters, lr=RATE, momentum=0.75, nesterov=True),
    }[rule]()


@pytest.mark.parametrize("rule", TORCHS_OWN)
def test_an_optimizer_made_in_the_loop_is_torchs_own_made_there(rule):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 2), nn.Sigmoid()).double()
    losses = []
    for _ in range(20):
        model.zero_grad()
        loss = nn.functional.mse_loss(model(torch.tensor(X)), torch.tensor(Y))
        loss.backward()
        torchs_own(rule, list(model.parameters())).step()
        losses.append(loss.item())
    run = engine.train(experiment(rule, moments="new-optimizer"))
    assert run.pytorch.losses.tolist() == losses
    np.testing.assert_allclose(run.numpy.losses, losses, rtol=1e-13)


def moved(rule, moments, gradients):
    """What each step adds to a parameter, number by number, from the gradients alone."""
    v = square = 0.0
    steps = []
    if moments == "first-dropped":
        gradients = [0.0, *gradients[1:]]
    for t, g in enumerate(gradients, start=1):
        if moments in ("reset", "new-optimizer"):
            v, square = 0.0, 0.0
        count = 1 if moments == "new-optimizer" else t
        if rule == "adam":
            v, square = 0.8 * v + 0.2 * g, 0.9 * square + 0.1 * g * g
            step = v / (1 - 0.8**count) / ((square / (1 - 0.9**count)) ** 0.5 + 0.001)
        elif rule == "rmsprop":
            square = 0.9 * square + 0.1 * g * g
            step = g / (square**0.5 + 0.001)
        elif rule == "adagrad":
            square = square + g * g
            step = g / ((0.1 + square) ** 0.5 + 0.001)
        elif rule in ("momentum", "nesterov"):
            v = 0.75 * v + g
            step = g + 0.75 * v if rule == "nesterov" else v
        elif rule == "dampened":
            v = 0.75 * v + (g if count == 1 else 0.5 * g)
            step = v
        elif rule == "textbook":
            v = 0.75 * v + 0.5 * g
            step = v
        elif rule == "textbook-nesterov":
            before, v = v, 0.75 * v + g
            step = -0.75 * before + 1.75 * v
        else:
            v = 0.75 * v + 0.25 * g
            step = v
        steps.append(-RATE * step)
    return steps


@one_in(5)
@pytest.mark.parametrize("moments", [one.value for one in Moments])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", [NumpyModel, RecordedNumpyModel])
def test_each_way_is_what_it_says(kind, rule, moments):
    settings = experiment(rule).with_side(SideName.NUMPY, moments=moments)
    model, plain = kind(settings), NumpyModel(settings)
    gradients, steps = [], []
    for _ in range(9):
        before = float(model.network.W[2][1, 0])
        plain.set_state(model.state())
        plain.step()
        model.step()
        gradients.append(float(plain.network.dW[2][1, 0]))
        steps.append(float(model.network.W[2][1, 0]) - before)
    np.testing.assert_allclose(steps, moved(rule, moments, gradients), rtol=1e-9, atol=1e-15)


@one_in(3)
@pytest.mark.parametrize("kinds", [(NumpyModel, RecordedNumpyModel), (TorchModel, ReplayedTorchModel)])
@pytest.mark.parametrize("moments", ["first-dropped", "reset", "new-optimizer"])
@pytest.mark.parametrize("rule", some_of(list(RULES), 3))
def test_the_fast_step_has_the_plain_ones_bits(rule, moments, kinds):
    settings = experiment(rule).with_side(SideName.NUMPY, moments=moments)
    settings = settings.with_side(SideName.PYTORCH, moments="new-optimizer")
    plain, fast = (kind(settings) for kind in kinds)
    for step in range(60):
        if step == 20:
            plain.set_learning_rate(RATE / 3)
            fast.set_learning_rate(RATE / 3)
        if step == 40:
            state = fast.state()
        assert plain.step() == fast.step(), step
    assert_same_bits(fast.state(), plain.state())
    for model in (fast, kinds[1](settings)):
        model.set_state(state)
        model.set_learning_rate(RATE / 3)
        for _ in range(20):
            model.step()
        assert_same_bits(model.state(), plain.state())


@one_in(3)
@pytest.mark.parametrize("moments", ["first-dropped", "reset", "new-optimizer"])
@pytest.mark.parametrize("rule", some_of(list(RULES), 3))
@pytest.mark.parametrize("stack_kind", [NumpyStack, TorchStack])
def test_a_stack_steps_as_its_runs_alone(stack_kind, rule, moments):
    in_torch = stack_kind is TorchStack
    settings = experiment(rule, moments="new-optimizer")
    settings = settings if in_torch else settings.with_side(SideName.NUMPY, moments=moments)
    side, kind = (settings.pytorch, TorchModel) if in_torch else (settings.numpy, NumpyModel)
    runs = [StackedRun.of(side, 0), StackedRun.of(replace(side, initial_weights="glorot"), 3)]
    stack = stack_kind(settings, runs, [Logged.of(side)])
    name = "pytorch" if in_torch else "numpy"
    alone = [kind(replace(settings, seed=run.seed, **{name: run.side})) for run in runs]
    for _ in range(8):
        np.testing.assert_allclose(stack.step(), [[model.step() for model in alone]], rtol=1e-10 if in_torch else 0)


@one_in(5)
@pytest.mark.parametrize("order", ["together", "in-turn"])
@pytest.mark.parametrize("rule", some_of(list(RULES), 3))
@pytest.mark.parametrize("moments", ["first-dropped", "reset", "new-optimizer"])
def test_the_programs_have_the_engines_bits(moments, rule, order):
    settings = experiment(rule, epochs=8, update_order=order, schedule="step:every=3,factor=0.5")
    settings = settings.with_side(SideName.NUMPY, moments=moments)
    settings = settings.with_side(SideName.PYTORCH, moments="new-optimizer")
    run = engine.train(settings)
    for side, trained in ((SideName.NUMPY, run.numpy), (SideName.PYTORCH, run.pytorch)):
        printed = []
        exec(scripts(settings)[side].text, {"print": lambda *values, sep, printed=printed: printed.extend(values)})
        assert printed == trained.losses.tolist()


def test_the_program_makes_its_optimizer_in_the_loop_alone():
    lines = scripts(experiment(moments="new-optimizer"))[SideName.PYTORCH].text.split("\n")
    (made,) = [line for line in lines if "torch.optim.Adam(" in line]
    assert lines.index(made) > next(place for place, line in enumerate(lines) if line.startswith("for epoch"))
    by_hand = scripts(experiment(moments="new-optimizer"))[SideName.NUMPY].text
    assert "V1 = V2 = 0.0" not in by_hand
    assert "    V1 = 0.0\n" in by_hand


def test_a_running_mean_is_torchs_momentum_with_another_rate():
    """With η·(1 − μ), first step included; the explanation gives that rate."""
    averaged = experiment("averaged", epochs=300)
    averaged = averaged.with_side(SideName.NUMPY, learning_rate=0.5)
    plain = averaged.with_side(SideName.PYTORCH, momentum="0.75", learning_rate=0.125)
    run = engine.train(plain)
    np.testing.assert_allclose(run.numpy.losses, run.pytorch.losses, rtol=1e-12)
    assert "lr=0.125" in find("momentum").explain(plain).numbers


@pytest.mark.parametrize(
    "apart",
    [
        {"moments": "reset"},
        {"moments": "first-dropped"},
        {"schedule": "step:every=5,factor=0.5"},
        {"rate_in": "delta"},
        {"weight_decay": "decoupled-0.05"},
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["averaged", "textbook"])
def test_what_momentum_promises_it_does_not_where_something_else_is_apart(form, apart):
    settings = experiment(form).with_side(SideName.PYTORCH, momentum="0.75")
    momentum = find("momentum")
    assert re.search(
        "with lr=|same steps",
        momentum.explain(
            experiment(form, momentum=f"{form}-0.75").with_side(SideName.PYTORCH, momentum="0.75")
        ).numbers,
    )
    said = momentum.explain(settings.with_side(SideName.NUMPY, **apart)).numbers
    assert not re.search("with lr=|same steps", said)


def test_a_running_mean_has_no_dampening():
    with pytest.raises(SettingsError, match=r"an averaged momentum has no dampening; without it, it is averaged-0\.9"):
        find("momentum").parse("averaged-0.9-dampened-0.5", SideName.NUMPY)


@pytest.mark.parametrize("moments", ["first-dropped", "reset", "new-optimizer"])
@pytest.mark.parametrize("epoch", [2, 4])
def test_an_opened_step_names_it(moments, epoch):
    """At a first step nothing has been kept; only what is lost of it differs."""
    settings = experiment().with_side(SideName.NUMPY, moments=moments)
    step = trace_epoch(settings, epoch if moments != "first-dropped" else 1, matched_start=True)
    reasons = [step.reason, step.meaning]
    assert ["moments"] in [[one.field for one in reason.discrepancies] for reason in reasons if reason is not None]


@pytest.mark.parametrize("rule", hardest(["dampened", "momentum", "nesterov", "averaged"]))
def test_equal_sides_stay_near(rule):
    """Steps along a gradient's sign do not: they jump where it is near 0."""
    assert_equal_sides_stay_near(experiment(rule, moments="kept" if rule == "averaged" else "new-optimizer"))


@one_in(5)
@VECTORS
@pytest.mark.parametrize("rule", TORCHS_OWN)
def test_where_both_make_them_anew_rounding_alone_differs_and_is_reproduced(rule):
    """Of one weight and one sample, all before the moments is equal. How often they part depends on the processor."""
    settings = replace(experiment(rule, moments="new-optimizer", bias=False), data=Dataset("one", [[1.0]], [[0.3]]))
    settings = replace(settings, hidden=(), output_activation="identity")
    for side in SideName:
        settings = settings.with_side(side, precision="float32")
    steps = [trace_epoch(replace(settings, seed=seed), epoch, True) for seed in range(8) for epoch in (1, 2, 5)]
    reasons = [step.reason for step in steps if step.reason is not None]
    if not reasons:
        pytest.skip("this processor rounds both sides alike")
    for reason in reasons:
        assert reason.kind is ReasonKind.ROUNDING
        assert "no way" not in reason.text


def test_what_makes_no_difference_says_so():
    moments = find("moments")
    plain = experiment("momentum", momentum="none", moments="kept").with_side(SideName.NUMPY, moments="reset")
    assert not moments.acts(plain)
    assert "no effect here" in moments.explain(plain).numbers
    both = experiment("rmsprop", moments="new-optimizer").with_side(SideName.NUMPY, moments="reset")
    assert not moments.acts(both)
    assert "come to the same here" in moments.explain(both).numbers
    run = engine.train(both)
    np.testing.assert_allclose(run.numpy.losses, run.pytorch.losses, rtol=1e-13)
    counting = experiment("adam", moments="new-optimizer").with_side(SideName.NUMPY, moments="reset")
    assert moments.acts(counting)


@pytest.mark.parametrize(
    ("rule", "choices", "length"),
    [
        ("adam", {"moments": "reset"}, 0.2 / 0.1**0.5),
        ("adam", {"moments": "new-optimizer"}, 1),
        ("adam", {"moments": "reset", "bias_correction": "constant"}, 1),
        ("adam", {"moments": "new-optimizer", "bias_correction": "none"}, 0.2 / 0.1**0.5),
        ("adam", {"bias_correction": "constant"}, 0.1**0.5 / 0.2),
        ("rmsprop", {"moments": "reset"}, 10**0.5),
        ("dampened", {"moments": "reset"}, 0.5),
        ("dampened", {"moments": "new-optimizer"}, 1),
        ("dampened", {}, 2),
        ("nesterov", {"moments": "reset"}, 1.75),
        ("averaged", {"moments": "reset"}, 0.25),
        ("averaged", {}, 1),
        ("textbook", {"moments": "new-optimizer"}, 0.5),
        ("adam", {"bias_correction": "from-zero"}, np.nan),
        ("adam", {"bias_correction": "from-zero", "moments": "new-optimizer"}, np.nan),
        ("averaged", {"momentum": "averaged-1.0"}, 0),
        ("textbook", {"momentum": "textbook-1.0-dampened-1.0"}, 0),
        ("dampened", {"momentum": "pytorch-1.0-dampened-1.0"}, 1),
        ("adam", {"optimizer": "adam:beta1=0.8,beta2=0.9,epsilon=1", "moments": "reset"}, 0.2 / (0.1**0.5 + 1)),
        ("adam", {"optimizer": "adam:beta1=0.8,beta2=0.9,epsilon=0.5", "epsilon_at": "inside"}, 1.5**-0.5),
        (
            "adam",
            {
                "optimizer": "adam:beta1=0.8,beta2=0.9,epsilon=0.5",
                "epsilon_at": "uncorrected",
                "bias_correction": "constant",
            },
            0.1**0.5 / 0.2 / 1.5,
        ),
        ("adagrad", {"optimizer": "adagrad:start=0.5,epsilon=0.25", "moments": "reset"}, 1 / (1.5**0.5 + 0.25)),
        ("rmsprop", {"optimizer": "rmsprop:alpha=0.9,epsilon=0.25"}, 1 / 1.25),
    ],
)
def test_the_length_of_a_late_step_is_what_it_says(rule, choices, length):
    """Of a parameter whose gradient is 1 at every step: of one sample, x = 1, under a sum of errors held at 1."""
    settings = experiment(rule).with_side(SideName.NUMPY, **choices)
    network = NumpyModel(settings).network
    network.dW[1] = np.ones_like(network.W[1])
    network.db[1] = np.ones_like(network.b[1])
    with np.errstate(all="ignore"):
        for t in range(1, 400):
            before = network.W[1].copy()
            network.update(1, RATE, t)
    lengths = (before - network.W[1]) / RATE
    np.testing.assert_allclose(lengths, length, rtol=0.011, atol=1e-12)
    said = find("moments").explain(settings).numbers.split("learning rates: ")[1]
    if np.isnan(length):
        assert said.startswith("no number by hand")
        return
    said = said.split(" ")[0]
    assert float(said.rstrip(".")) == pytest.approx(length, rel=0.005)
    if settings.numpy.optimizer.is_sgd:
        assert f"so many plain ones: {said} by hand" in find("momentum").explain(settings).numbers.replace(
            " on both sides", " by hand"
        )
