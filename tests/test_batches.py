"""Mini-batches against PyTorch's own DataLoader and a loop written out here; pausing and going on inside an epoch."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import engine
from engine.errors import SettingsError
from engine.experiment.batch_rules import ALL, Batches, EpochLoss, LastBatch, SampleOrder
from engine.experiment.choices import InitialWeights, Reduction, SideName
from engine.experiment.data import Dataset
from engine.networks.numpy_model import NumpyModel, RecordedNumpyModel
from engine.networks.numpy_stack import NumpyStack
from engine.networks.places import Kind, Place
from engine.networks.sample_orders import orders_of
from engine.networks.stacked_batches import StackedBatches
from engine.networks.stacked_runs import Logged, StackedRun
from engine.networks.torch_model import TorchModel
from engine.networks.torch_replay import ReplayedTorchModel
from engine.networks.torch_sample_orders import torch_orders_of
from engine.networks.torch_start import build_model
from engine.run.lockstep import Lockstep
from engine.step.growth import first_difference
from engine.step.reasons import ReasonKind
from engine.step.trace import trace_epoch
from engine.worker.commands import OpenStep, Pause, Resume, Scrub, StepBatches, StepEpochs
from engine.worker.snapshot import State
from engine.worker.worker import Worker
from tests.examples import TIMES, examples, one_in
from tests.strategies import experiments
from tests.tensors import assert_same_bits
from tests.ulps import assert_equal_sides_stay_near


def of_both(settings, **choices):
    for side in SideName:
        settings = settings.with_side(side, **choices)
    return settings


def made_up(samples, inputs=2, outputs=1):
    random = np.random.RandomState(3)
    return Dataset("made up", random.uniform(-1, 1, (samples, inputs)), random.uniform(0, 1, (samples, outputs)))


BATCHES = of_both(
    replace(engine.preset("exact"), data=made_up(11, 3, 2), epochs=7),
    batch=4,
    order="dataloader",
    bias=True,
    initial_weights="pytorch",
)
"""Three an epoch, the last of three samples."""


@given(
    samples=st.integers(1, 300),
    seed=st.integers(0, 2**64 - 1),
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=4),
    bias=st.booleans(),
    doubles=st.booleans(),
)
@examples(10)
def test_dataloaders_order_is_drawn_in_numpy(samples, seed, sizes, bias, doubles):
    """Of several epochs, after `nn.Linear` has drawn from the same stream."""
    settings = replace(BATCHES, data=made_up(samples, sizes[0], sizes[-1]), hidden=tuple(sizes[1:-1]), seed=seed)
    start = InitialWeights.PYTORCH_FLOAT64 if doubles else InitialWeights.PYTORCH
    settings = of_both(settings, batch=ALL, bias=bias, initial_weights=start)
    torch.manual_seed(seed)
    for fan_in, fan_out in pairwise(settings.layer_sizes):
        nn.Linear(fan_in, fan_out, bias=bias, dtype=torch.float64 if doubles else torch.float32)
    loader = DataLoader(TensorDataset(torch.arange(samples)), batch_size=7, shuffle=True)
    orders = orders_of(settings, settings.numpy)
    theirs = torch_orders_of(settings, settings.pytorch, build_model(settings)[1])
    for _ in range(3):
        expected = torch.cat([batch for (batch,) in loader]).numpy()
        np.testing.assert_array_equal(orders.draw(), expected)
        np.testing.assert_array_equal(theirs.draw(), expected)


@given(samples=st.integers(1, 300), seed=st.integers(0, 2**32 - 1), bias=st.booleans())
@examples(10)
def test_numpys_order_goes_on_where_the_start_has_left_its_stream(samples, seed, bias):
    settings = replace(BATCHES, data=made_up(samples), seed=seed, hidden=(4,))
    settings = of_both(settings, batch=ALL, order="permutation", bias=bias, initial_weights="uniform-one")
    np.random.seed(seed)
    weights = [2 * np.random.rand(*shape) - 1 for shape in ((2, 4), (4, 1))]
    biases = [2 * np.random.rand(*shape) - 1 for shape in ((4,), (1,))] if bias else []
    orders, model = orders_of(settings, settings.numpy), RecordedNumpyModel(settings)
    np.testing.assert_array_equal(model.network.W[1], weights[0])
    if bias:
        np.testing.assert_array_equal(model.network.b[2].ravel(), biases[1])
    for _ in range(3):
        np.testing.assert_array_equal(orders.draw(), np.random.permutation(samples))


@pytest.mark.parametrize("order", [SampleOrder.DATALOADER, SampleOrder.PERMUTATION])
def test_orders_are_passed_over_as_they_are_drawn(order):
    settings = of_both(BATCHES, order=order)
    for orders in (
        lambda: orders_of(settings, settings.numpy),
        lambda: torch_orders_of(settings, settings.pytorch, build_model(settings)[1]),
    ):
        drawn, skipped = orders(), orders()
        for _ in range(5):
            drawn.draw()
        skipped.skip(5)
        np.testing.assert_array_equal(drawn.draw(), skipped.draw())


@pytest.mark.parametrize(
    ("batch", "last", "samples", "expected"),
    [
        (ALL, LastBatch.KEEP, 10, (1, 10, 10)),
        (1, LastBatch.KEEP, 10, (10, 1, 1)),
        (4, LastBatch.KEEP, 10, (3, 4, 2)),
        (4, LastBatch.DROP, 10, (2, 4, 4)),
        (5, LastBatch.DROP, 10, (2, 5, 5)),
        (32, LastBatch.KEEP, 10, (1, 10, 10)),
    ],
)
def test_batches_of_an_epoch(batch, last, samples, expected):
    found = Batches.of(batch, last, samples)
    assert found == Batches(*expected)
    loader = DataLoader(range(samples), samples if batch == ALL else batch, drop_last=last is LastBatch.DROP)
    sizes = [len(one) for one in loader]
    assert [end - start for start, end in map(found.bounds, range(found.count))] == sizes
    assert found.samples == sum(sizes)


def test_dropping_the_only_batch_is_refused():
    with pytest.raises(SettingsError, match="last_batch"):
        BATCHES.with_side(SideName.NUMPY, batch=32, last_batch="drop")


def by_hand_in_torch(settings, epochs):
    """As people write it: DataLoader, criterion, optimizer. Losses by what is logged of an epoch, and the model."""
    side, data = settings.pytorch, settings.data
    torch.manual_seed(settings.seed)
    modules = []
    for fan_in, fan_out in pairwise(settings.layer_sizes):
        modules += [nn.Linear(fan_in, fan_out), nn.Sigmoid()]
    model = nn.Sequential(*modules).double()
    X, Y = torch.tensor(data.X), torch.tensor(data.Y)
    drop = side.last_batch is LastBatch.DROP
    shuffle = side.order is SampleOrder.DATALOADER
    loader = DataLoader(TensorDataset(X, Y), side.batch, shuffle=shuffle, drop_last=drop)
    optimizer = torch.optim.SGD(model.parameters(), lr=side.learning_rate, momentum=side.momentum.coefficient)
    mean = side.reduction is Reduction.MEAN
    losses = {one: [] for one in EpochLoss}
    for _ in range(epochs):
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            error = model(x) - y
            (error.square().mean() if mean else error.square().sum() / 2).backward()
            optimizer.step()
            loss = error.square().mean().item()
            total += loss
        losses[EpochLoss.MEAN].append(total / len(loader))
        losses[EpochLoss.LAST].append(loss)
        with torch.no_grad():
            losses[EpochLoss.WHOLE].append((model(X) - Y).square().mean().item())
    return losses, model


@one_in(5)
@pytest.mark.parametrize("logged", EpochLoss)
@pytest.mark.parametrize("last", LastBatch)
@pytest.mark.parametrize("order", [SampleOrder.IN_ORDER, SampleOrder.DATALOADER])
@pytest.mark.parametrize("reduction", [Reduction.MEAN, Reduction.SUM])
def test_both_sides_are_a_loop_over_dataloader(logged, last, order, reduction):
    settings = of_both(BATCHES, epoch_loss=logged, last_batch=last, order=order, reduction=reduction, momentum="0.5")
    settings = of_both(settings, learning_rate=0.1)
    losses, model = by_hand_in_torch(settings, settings.epochs)
    run = engine.train(settings)
    np.testing.assert_allclose(run.pytorch.losses, losses[logged], rtol=1e-13)
    np.testing.assert_allclose(run.numpy.losses, losses[logged], rtol=1e-12)
    for name, expected in zip(run.numpy.parameters, model.parameters(), strict=True):
        np.testing.assert_allclose(run.numpy.parameters[name], expected.detach().numpy(), rtol=1e-12)
        np.testing.assert_allclose(run.pytorch.parameters[name], expected.detach().numpy(), rtol=1e-13)


@pytest.mark.parametrize("order", [SampleOrder.DATALOADER] if TIMES == 1 else list(SampleOrder)[:-1])
def test_where_nothing_differs_the_sides_stay_near(order):
    assert_equal_sides_stay_near(of_both(BATCHES, order=order))


def test_a_side_with_fewer_batches_waits_at_the_end_of_each_epoch():
    settings = BATCHES.with_side(SideName.NUMPY, batch=8)
    alone = of_both(settings, batch=8)
    np.testing.assert_array_equal(engine.train(settings).numpy.losses, engine.train(alone).numpy.losses)
    np.testing.assert_array_equal(engine.train(settings).pytorch.losses, engine.train(BATCHES).pytorch.losses)


@given(experiments(), st.integers(0, 9), st.integers(0, 9))
@examples(4)
def test_a_state_inside_an_epoch_is_gone_on_from(settings, before, after):
    """In a model that has just been made, and in one that has gone further."""
    with np.errstate(all="ignore"):
        for kind in (RecordedNumpyModel, ReplayedTorchModel):
            model, fresh = kind(settings), kind(settings)
            for _ in range(before):
                model.update()
            state = model.state()
            expected = [model.update() for _ in range(after)]
            wanted = model.state()
            for other in (fresh, model):
                other.set_state(state)
                np.testing.assert_array_equal(
                    np.array([other.update() for _ in range(after)], float), np.array(expected, float)
                )
                assert_same_bits(other.state(), wanted)


def idle(worker):
    worker.work_until_idle()
    return worker.snapshot


def paused(settings):
    worker = Worker(settings)
    worker.send(Pause())
    idle(worker)
    return worker


def test_the_worker_takes_batches_and_pauses_inside_an_epoch():
    worker = paused(BATCHES)
    worker.send(StepBatches())
    shown = idle(worker)
    assert (shown.state, shown.epoch, shown.batch, shown.batches) == (State.PAUSED, 0, 1, 3)
    worker.send(StepEpochs())
    shown = idle(worker)
    assert (shown.state, shown.epoch, shown.batch) == (State.PAUSED, 1, 0)
    # Not past the end of an epoch.
    worker.send(StepBatches(50))
    shown = idle(worker)
    assert (shown.epoch, shown.batch) == (2, 0)
    for _ in range(2):
        worker.send(StepBatches())
        shown = idle(worker)
    assert (shown.epoch, shown.batch) == (2, 2)
    worker.send(Resume())
    shown = idle(worker)
    assert (shown.state, shown.epoch, shown.batch) == (State.FINISHED, 7, 0)
    run = engine.train(BATCHES)
    np.testing.assert_array_equal(shown.curves.numpy.low, run.numpy.losses)
    np.testing.assert_array_equal(shown.curves.pytorch.high, run.pytorch.losses)


def test_an_epoch_of_a_run_in_batches_is_gone_back_to():
    worker = Worker(BATCHES)
    idle(worker)
    for epoch in (2, 6, 1):
        worker.send(Scrub(epoch))
        shown = idle(worker).scrubbed
        assert shown.epoch == epoch
        at = engine.train(replace(BATCHES, epochs=epoch))
        for found, expected in zip(shown.parameters, at.parameters, strict=True):
            np.testing.assert_array_equal(found.numpy, expected.numpy)
            np.testing.assert_array_equal(found.pytorch, expected.pytorch)


def test_the_worker_opens_the_step_of_a_batch():
    worker = Worker(BATCHES)
    idle(worker)
    for epoch, batch in ((1, 3), (7, 2)):
        worker.send(OpenStep(epoch, batch=batch))
        shown = idle(worker).step
        expected = trace_epoch(BATCHES, epoch, batch=batch)
        assert (shown.epoch, shown.batch) == (epoch, batch)
        for one, other in zip(shown.operations, expected.operations, strict=True):
            np.testing.assert_array_equal(one.numpy, other.numpy)
            np.testing.assert_array_equal(one.pytorch, other.pytorch)


class CountingClock:
    """A second goes by with every look."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1.0
        return self.now


def test_a_long_epoch_hears_a_command_between_two_batches():
    """Where a batch takes over a chunk's time, no more than one is trained on before commands are heard."""
    worker = Worker(replace(BATCHES, data=made_up(400, 3, 2)), clock=CountingClock())
    while not worker.snapshot.taken:
        worker.work()
    before = worker._lockstep.taken
    worker.work()
    assert worker._lockstep.taken == before + 1
    worker.send(Pause())
    worker.work()
    shown = worker.snapshot
    assert shown.state is State.PAUSED
    assert 0 < shown.batch < shown.batches == 100


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"order": "permutation"}, "order"),
        ({"batch": 3}, "batch"),
        ({"order": "in-order"}, "order"),
    ],
)
def test_other_samples_are_the_first_difference_and_named(choices, named):
    settings = BATCHES.with_side(SideName.NUMPY, **choices)
    assert first_difference(settings) == (1, 1)
    step = trace_epoch(settings, 1)
    assert step.first_operation.place == Place(Kind.SAMPLES)
    assert (step.reason.kind, [one.field for one in step.reason.discrepancies]) == (ReasonKind.MEANING, [named])
    later = trace_epoch(settings, 5, batch=2)
    assert later.first_operation.place == Place(Kind.SAMPLES)
    assert [one.field for one in later.reason.discrepancies] == [named]


def test_a_bias_shifts_dataloaders_order_and_is_named_for_it():
    settings = BATCHES.with_side(SideName.NUMPY, bias=False)
    step = trace_epoch(settings, 2)
    assert step.first_operation.place == Place(Kind.SAMPLES)
    assert [one.field for one in step.reason.discrepancies] == ["bias"]


def test_the_batch_that_a_side_has_no_more_is_opened_too():
    settings = BATCHES.with_side(SideName.NUMPY, last_batch="drop")
    step = trace_epoch(settings, 1, batch=3)
    samples = step.first_operation
    assert (samples.numpy.size, samples.pytorch.size) == (0, 3)
    assert [one.field for one in step.reason.discrepancies] == ["last_batch"]
    with pytest.raises(ValueError, match="from 1 to 3"):
        trace_epoch(settings, 1, batch=4)


def test_what_is_logged_of_an_epoch_is_an_operation_of_its_last_batch():
    settings = BATCHES.with_side(SideName.NUMPY, epoch_loss="whole-set")
    run = engine.train(settings)
    step = trace_epoch(settings, 4, batch=3)
    logged = step.operations[-1]
    assert logged.place == Place(Kind.EPOCH_LOSS)
    assert (float(logged.numpy), float(logged.pytorch)) == (run.numpy.losses[3], run.pytorch.losses[3])
    assert Place(Kind.EPOCH_LOSS) not in [one.place for one in trace_epoch(settings, 4, batch=2).operations]


def test_the_plain_torch_model_shuffles_as_the_replayed_one():
    plain, replayed = TorchModel(BATCHES), ReplayedTorchModel(BATCHES)
    count = 30 * TIMES
    assert [plain.update() for _ in range(count)] == [replayed.update() for _ in range(count)]


def test_a_lockstep_stands_inside_an_epoch():
    lockstep = Lockstep(BATCHES)
    assert lockstep.take(2) == 2
    assert (lockstep.epoch, lockstep.batch) == (0, 2)
    assert lockstep.take(9) == 1
    assert (lockstep.epoch, lockstep.batch) == (1, 0)


@pytest.mark.parametrize("batch", [ALL, 4])
def test_a_chunk_that_trains_nothing_but_diverges_ends_the_run(batch):
    wild = replace(of_both(BATCHES, batch=batch, learning_rate=1e30), output_activation="identity")
    divergence = engine.train(wild).divergence
    worker = paused(wild)
    for _ in range(divergence.epoch):
        worker.send(StepEpochs())
        for _ in range(50):
            worker.work()
    shown = worker.snapshot
    assert (shown.state, shown.epoch) == (State.DIVERGED, divergence.epoch - 1)


@pytest.mark.parametrize("order", SampleOrder)
def test_a_stack_has_the_bits_of_its_runs_alone(order):
    """With velocities, which both sizes of batch go on from, and other orders in each run."""
    orders = np.stack([np.random.RandomState(seed).permutation(BATCHES.data.samples) for seed in range(4)])
    settings = of_both(replace(BATCHES, given=engine.Given((), orders)), momentum="0.5", order=order)
    runs = [StackedRun.of(replace(settings.numpy, learning_rate=rate), seed) for rate, seed in ((0.1, 0), (0.3, 5))]
    logs = [Logged.of(settings.numpy)]
    stack = NumpyStack(settings, runs, logs)
    alone = [NumpyModel(replace(settings, seed=run.seed, numpy=run.side)) for run in runs]
    for _ in range(6):
        np.testing.assert_array_equal(stack.step(), [[model.step() for model in alone]])
    for place, parameters in stack.parameters().items():
        for column, model in enumerate(alone):
            np.testing.assert_array_equal(parameters[column], model.parameters()[place])


def test_the_weights_held_alike_the_orders_are_too():
    """Where a bias is lacking, Impact's second game lets it draw all the same: weights and orders are those with it."""
    settings = BATCHES.with_side(SideName.NUMPY, bias=False)
    held = StackedRun.of(settings.numpy, settings.seed, bias_drawn=True)
    assert orders_of(settings, settings.numpy).draw().tolist() != orders_of(settings, settings.pytorch).draw().tolist()
    assert orders_of(settings, held.drawn).draw().tolist() == orders_of(settings, settings.pytorch).draw().tolist()
    stacked = StackedBatches(settings, [held])
    stacked.begin_epoch()
    np.testing.assert_array_equal(stacked.samples(0)[0], orders_of(settings, settings.pytorch).draw()[:4])
