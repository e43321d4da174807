"""Schedules against `torch.optim.lr_scheduler`, and what they do to two forms of momentum."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.optim import lr_scheduler

import engine
from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.data import Dataset
from engine.experiment.discrepancies import find
from engine.experiment.schedules import Schedule, ScheduleKind
from engine.networks.learning_rates import LearningRates
from engine.networks.numpy_model import NumpyModel, RecordedNumpyModel
from engine.networks.numpy_stack import NumpyStack
from engine.networks.stacked_runs import Logged, StackedRun
from engine.networks.torch_model import TorchModel
from engine.networks.torch_replay import ReplayedTorchModel
from engine.networks.torch_stack import TorchStack
from engine.step.trace import trace_epoch
from tests.examples import one_in, some_of
from tests.tensors import assert_same_bits

N, RATE, EPOCHS = 7, 0.2, 40
X = np.random.RandomState(3).uniform(-1, 1, (N, 3))
Y = np.random.RandomState(4).uniform(0, 1, (N, 2))
RULES = ["step:every=6,factor=0.5", "inverse:decay=0.1", "cosine", "cosine:length=55"]


def experiment(rule, **choices):
    settings = replace(engine.preset("pytorch"), data=Dataset("d", X, Y), hidden=(4,), epochs=EPOCHS)
    for side in SideName:
        settings = settings.with_side(side, precision="float64", learning_rate=RATE, schedule=rule, **choices)
    return settings


GIVEN = ("step:every=10,factor=0.9,offset=9", "given:factors=0.1/0.5/1.0/0.25")


def test_a_rate_that_drops_after_the_first_step_and_rates_that_are_given():
    """`if k % 10 == 0: rate *= 0.9` behind the step; a warm-up."""
    rate, early, given = RATE, *map(Schedule.parse, GIVEN)
    for k in range(35):
        assert early.rate_at(RATE, k, 35) == pytest.approx(rate, rel=1e-12)
        if k % 10 == 0:
            rate *= 0.9
    assert [given.rate_at(8.0, k, 35) for k in range(6)] == [0.8, 4.0, 8.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize("text", ["step:every=10,offset=10", "given:factors=", "given:factors=1/-1", "given:factors=x"])
def test_what_is_no_schedule_is_refused(text):
    with pytest.raises(SettingsError):
        Schedule.parse(text)


def torchs_own(optimizer, rule, length):
    if rule.startswith("step"):
        return lr_scheduler.StepLR(optimizer, 6, 0.5)
    if rule.startswith("inverse"):
        return lr_scheduler.LambdaLR(optimizer, lambda k: 1 / (1 + 0.1 * k))
    return lr_scheduler.CosineAnnealingLR(optimizer, 55 if "length" in rule else length)


@one_in(3)
@pytest.mark.parametrize(("rule", "per_batch", "optimizer"), some_of(product(RULES, (False, True), ("sgd", "adam")), 3))
def test_both_sides_are_lr_schedulers(rule, per_batch, optimizer):
    batch = 3
    text = f"{rule}{',' if ':' in rule else ':'}per=batch" if per_batch else rule
    settings = experiment(text, batch=batch, optimizer=optimizer, momentum="0.5")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 2), nn.Sigmoid()).double()
    kind = torch.optim.Adam if optimizer == "adam" else torch.optim.SGD
    own = kind(model.parameters(), lr=RATE, **({} if optimizer == "adam" else {"momentum": 0.5}))
    scheduler = torchs_own(own, rule, EPOCHS * 3 if per_batch else EPOCHS)
    losses, inputs, targets = [], torch.tensor(X), torch.tensor(Y)
    for _ in range(EPOCHS):
        total = 0.0
        for start in range(0, N, batch):
            own.zero_grad()
            loss = nn.functional.mse_loss(model(inputs[start : start + batch]), targets[start : start + batch])
            loss.backward()
            own.step()
            total += loss.item()
            if per_batch:
                scheduler.step()
        if not per_batch:
            scheduler.step()
        losses.append(total / 3)
    run = engine.train(settings)
    # Some of torch's schedulers multiply step by step, which rounds otherwise.
    np.testing.assert_allclose(run.pytorch.losses, losses, rtol=1e-10)
    np.testing.assert_allclose(run.numpy.losses, losses, rtol=1e-10)


@one_in(3)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("choices", [{}, {"update_order": "in-turn"}, {"momentum": "textbook-0.5"}, {"batch": 3}])
def test_recorded_steps_follow_it_and_go_on_from_a_state(choices, optimizer):
    settings = experiment("step:every=4,factor=0.5,per=batch", optimizer=optimizer, **choices)
    for plain_kind, fast_kind in ((NumpyModel, RecordedNumpyModel), (TorchModel, ReplayedTorchModel)):
        plain, fast = plain_kind(settings), fast_kind(settings)
        assert [plain.step() for _ in range(30)] == [fast.step() for _ in range(30)]
        state = fast.state()
        expected = [fast.step() for _ in range(9)]
        fresh = fast_kind(settings)
        fresh.set_state(state)
        assert [fresh.step() for _ in range(9)] == expected
        assert_same_bits(fresh.state(), fast.state())


def test_two_forms_of_momentum_part_once_the_rate_changes():
    """At the very epoch: until then their steps are the same up to rounding."""
    settings = experiment("step:every=6,factor=0.5", momentum="0.9")
    run = engine.train(settings.with_side(SideName.NUMPY, momentum="textbook-0.9"))
    gaps = np.abs(run.numpy.losses - run.pytorch.losses)
    # The rate of epoch 7 moves the weights that epoch 8 is the first to be logged with.
    assert gaps[:7].max() < 1e-14
    assert gaps[7] > 1e-6


@one_in(3)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("stack_kind", [NumpyStack, TorchStack])
def test_a_stack_follows_it(stack_kind, rule):
    settings = experiment(rule, batch=3)
    in_torch = stack_kind is TorchStack
    side, kind = (settings.pytorch, TorchModel) if in_torch else (settings.numpy, NumpyModel)
    other = replace(side, initial_weights="glorot") if in_torch else replace(side, learning_rate=RATE / 2)
    runs = [StackedRun.of(side, 0), StackedRun.of(other, 3)]
    stack = stack_kind(settings, runs, [Logged.of(side)])
    name = "pytorch" if in_torch else "numpy"
    alone = [kind(replace(settings, seed=run.seed, **{name: run.side})) for run in runs]
    for _ in range(15):
        np.testing.assert_allclose(stack.step(), [[model.step() for model in alone]], rtol=1e-10 if in_torch else 0)


@pytest.mark.parametrize(
    ("choices", "named"),
    [({"schedule": "none"}, "schedule"), ({"schedule": "inverse:decay=0.1,per=batch"}, "schedule")],
)
def test_an_opened_step_names_it(choices, named):
    settings = experiment("inverse:decay=0.1", batch=3).with_side(SideName.NUMPY, **choices)
    step = trace_epoch(settings, 5, matched_start=True)
    found = [reason.discrepancies for reason in (step.reason, step.meaning) if reason is not None]
    assert (find("schedule"),) in found


@pytest.mark.parametrize(
    ("here", "there", "batch", "alike"),
    [
        ("step:every=40,factor=0.5", "none", 7, True),
        ("step:every=39,factor=0.5", "none", 7, False),
        ("step:every=40,factor=0.5,per=batch", "none", 3, False),
        ("step:every=5,factor=1", "none", 7, True),
        ("inverse:decay=0", "none", 7, True),
        ("inverse:decay=0.1", "inverse:decay=0.1,per=batch", 7, True),
        ("inverse:decay=0.1", "inverse:decay=0.1,per=batch", 3, False),
        ("cosine", "cosine:length=40", 7, True),
    ],
)
def test_schedules_that_come_to_the_same_are_told(here, there, batch, alike):
    settings = experiment(here, batch=batch).with_side(SideName.PYTORCH, schedule=there)
    schedule = find("schedule")
    assert schedule.acts(settings) is not alike
    assert ("nothing to change" in schedule.explain(settings).numbers) is alike
    rates = [
        [LearningRates(settings, side).at(update, RATE) for update in range(EPOCHS * settings.batches(side).count)]
        for side in (settings.numpy, settings.pytorch)
    ]
    assert (rates[0] == rates[1]) is alike


@given(
    kind=st.sampled_from(ScheduleKind),
    every=st.integers(1, 10**6),
    factor=st.floats(0.001, 1),
    decay=st.floats(0, 1),
    length=st.integers(0, 10**6),
    offset=st.integers(0, 10**6),
    factors=st.lists(st.floats(0, 10), min_size=1, max_size=5),
    per_batch=st.booleans(),
)
def test_every_name_reads_back(kind, every, factor, decay, length, offset, factors, per_batch):
    numbers = {
        ScheduleKind.STEP: {"every": every, "factor": factor, "offset": offset % every},
        ScheduleKind.GIVEN: {"factors": tuple(factors)},
        ScheduleKind.INVERSE: {"decay": decay},
        ScheduleKind.COSINE: {"length": length},
    }
    schedule = Schedule(kind, per_batch=per_batch and kind is not ScheduleKind.NONE, **numbers.get(kind, {}))
    assert Schedule.parse(str(schedule)) == schedule
    discrepancy = find("schedule")
    assert discrepancy.parse(discrepancy.name(schedule), SideName.PYTORCH) == schedule


@given(rate=st.floats(1e-5, 10), k=st.integers(0, 5000), whole=st.integers(1, 5000))
def test_a_programs_formula_is_the_engines(rate, k, whole):
    for text in ("step:every=7,factor=0.3", "inverse:decay=0.03", "cosine", "cosine:length=900", *GIVEN):
        schedule = Schedule.parse(text)
        written = eval(schedule.text("k", whole), {"math": math, "learning_rate": rate, "k": k})
        assert written == schedule.rate_at(rate, k, whole)


def test_the_colon_may_be_a_comma():
    assert Schedule.parse("cosine,per=batch") == Schedule.parse("cosine:per=batch")


def test_epochs_and_updates_are_counted_from_zero():
    settings = experiment("inverse:decay=1", batch=3)
    by_epoch = LearningRates(settings, settings.numpy)
    assert [by_epoch.at(update, 1.0) for update in range(7)] == [1, 1, 1, 1 / 2, 1 / 2, 1 / 2, 1 / 3]
    by_batch = settings.with_side(SideName.NUMPY, schedule="inverse:decay=1,per=batch")
    assert [LearningRates(by_batch, by_batch.numpy).at(update, 1.0) for update in range(3)] == [1, 1 / 2, 1 / 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step:every=0", "step's every cannot be 0; it is a whole number from 1."),
        ("step:every=1.5", "every is not a whole number in 'every=1.5'."),
        ("step:every=2,every=3", "every is given twice."),
        ("cosine:per=batch,per=epoch", "per is given twice."),
        ("step:factor=0", "step's factor cannot be 0.0; it is a number above 0, up to 1."),
        ("inverse:decay=2", "inverse's decay cannot be 2.0; it is a number from 0 to 1."),
        ("inverse:rate=2", "inverse has no 'rate'; it has decay=0.01, per=epoch or per=batch."),
        ("cosine:every=2", "cosine has no 'every'; it has length, per=epoch or per=batch."),
        ("none:per=batch", "none has no 'per'; it has no numbers."),
        (
            "linear",
            "it is none, step:every=100,factor=0.5, inverse:decay=0.01, cosine or given:factors=1/0.5, with "
            "per=batch to count updates.",
        ),
    ],
)
def test_what_cannot_be_is_said(text, said):
    with pytest.raises(SettingsError) as caught:
        find("schedule").parse(text, SideName.NUMPY)
    assert str(caught.value).endswith(said)
