"""Large products in parts that two threads share: each row once, the whole's bits, no fault lost, none left running."""

import threading
import time
import warnings
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.experiment.choices import DerivativeAt, LogMoment, Precision
from engine.experiment.settings import Activation
from engine.experiment.update_rules import DecayForm, Momentum, MomentumForm, UpdateOrder, WeightDecay
from engine.networks.companion import carry_out, companion, outcome_of
from engine.networks.numpy_model import NumpyModel, RecordedNumpyModel
from engine.networks.parts import LEAST, ROWS, WHOLE, blocks, keeps_bits, row_blocks
from engine.networks.threads import shares_products
from engine.networks.torch_threads import limited
from engine.run.lockstep import Lockstep
from tests.examples import long, one_in, some_of
from tests.large import BENCHMARK, UNTIL_RECORDED, network
from tests.tensors import assert_same_bits

ODD = ((257, (431, 181, 3)), (1001, (400, 65, 2)), (391, (389, 243, 251, 1)), (2001, (385, 103, 97, 7)))


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    """Whatever this machine has."""
    monkeypatch.setattr("engine.networks.threads.cores", lambda: 2)


def parts_of(model):
    return [arguments[0] for function, arguments in model.steps_from_now.trusted._operations if function is carry_out]


def assert_the_plain_bits(settings):
    """Of a run with both at once, held against the textbook's step."""
    with limited(settings), np.errstate(all="ignore"):
        lockstep, plain = Lockstep(settings), NumpyModel(settings)
        assert lockstep._side_by_side
        lockstep.step(settings.epochs)
        assert parts_of(lockstep.numpy)
        losses = [plain.step() for _ in range(settings.epochs)]
        np.testing.assert_array_equal(lockstep.curves().numpy.low, losses)
        assert_same_bits(lockstep.numpy.state(), plain.state())


@given(st.integers(1, 5000), st.integers(1, 3000), st.integers(1, 3000))
def test_every_row_is_in_one_part(rows, inner, columns):
    cut = blocks(rows, inner, columns)
    taken = np.concatenate([np.arange(rows)[part] for part in cut])
    assert sorted(taken) == list(range(rows))
    if cut != WHOLE:
        lengths = [part.stop - part.start for part in cut]
        assert lengths[0] == max(lengths)
        assert all(part.start % ROWS == 0 for part in cut)
        assert all(length * inner * columns >= LEAST for length in lengths)


KINDS = [(True, Precision.FLOAT32), (True, Precision.FLOAT64), (False, Precision.MIXED)]
EACH_SIZE = [(*size, *kind) for size in BENCHMARK for kind in KINDS]
EACH_SIZE += [(*size, *kind) for size, kind in zip(ODD, cycle(KINDS), strict=False)]


@one_in(3)
@pytest.mark.parametrize(("samples", "sizes", "bias", "precision"), some_of(EACH_SIZE, 3), ids=str)
def test_the_bits_are_the_plain_steps(samples, sizes, bias, precision):
    assert_the_plain_bits(network(samples, sizes, bias=bias, precision=precision))


@one_in(7)
@pytest.mark.parametrize(
    ("activation", "choices"),
    [
        (Activation.SIGMOID, {"momentum": Momentum(0.9, MomentumForm.PYTORCH, 0.25), "log_moment": LogMoment.AFTER}),
        pytest.param(
            Activation.TANH,
            {
                "momentum": Momentum(0.5, MomentumForm.TEXTBOOK),
                "weight_decay": WeightDecay(0.01, DecayForm.DECOUPLED),
                "update_order": UpdateOrder.IN_TURN,
            },
            marks=long,
        ),
        (
            Activation.RELU,
            {
                "momentum": Momentum(0.9),
                "weight_decay": WeightDecay(0.01, DecayForm.IN_GRADIENT),
                "derivative_at": DerivativeAt.PRE_ACTIVATION,
            },
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize(("samples", "sizes"), [BENCHMARK[1], pytest.param(*ODD[2], marks=long)], ids=str)
def test_so_they_are_with_every_choice_and_activation(samples, sizes, activation, choices):
    """Each choice in one of the runs: whichever moves a bit, its run's are others."""
    assert_the_plain_bits(replace(network(samples, sizes, bias=True, **choices), activation=activation))


def test_the_state_can_be_set_between_steps():
    settings = network(*BENCHMARK[1], momentum=Momentum(0.9))
    with limited(settings):
        one, other = RecordedNumpyModel(settings), RecordedNumpyModel(settings)
        one.step()
        other.set_state(one.state())
        assert one.step() == other.step()
        assert_same_bits(one.state(), other.state())


def test_small_networks_are_whole():
    settings = network(1797, (64, 32, 10))
    assert not shares_products(settings)
    model = RecordedNumpyModel(settings)
    for _ in range(UNTIL_RECORDED):
        model.step()
    assert not parts_of(model)


def test_more_threads_than_one_share_nothing():
    """The whole product's bits are then of more threads."""
    assert not shares_products(replace(network(*BENCHMARK[0]), threads=2))


def test_what_would_not_keep_its_bits_is_whole(monkeypatch):
    left, right = np.ones((1024, 784)), np.ones((784, 128))
    assert len(row_blocks(left, right)) == 5
    assert row_blocks(left, right.astype(np.float32)) == WHOLE
    keeps_bits.cache_clear()
    monkeypatch.setattr("numpy.matmul", lambda *arguments: np.dot(*arguments) * 1.01)
    assert row_blocks(left, right) == WHOLE
    keeps_bits.cache_clear()


def test_two_threads_take_parts():
    meeting = threading.Barrier(2, timeout=20)
    beside = companion().begin(lambda: carry_out([meeting.wait, meeting.wait]))
    assert beside.result() is None
    assert beside.seconds_helped > 0


def test_without_a_companion_one_thread_does_them_in_order():
    done = []
    carry_out([lambda: done.append(1), lambda: done.append(2)])
    assert done == [1, 2]


@pytest.mark.parametrize("helper_fails", [False, True])
def test_a_fault_in_a_part_is_raised_once_all_are_done(helper_fails):
    here, meeting, done = threading.get_ident(), threading.Barrier(2, timeout=20), []

    def part():
        meeting.wait()
        if (threading.get_ident() == here) == helper_fails:
            raise MemoryError("made up")
        time.sleep(0.05)
        done.append(True)

    beside = companion().begin(lambda: carry_out([part, part]))
    with pytest.raises(MemoryError, match="made up"):
        beside.result()
    assert done == [True]
    assert companion().begin(lambda: 3).result() == 3


def test_an_interruption_between_two_parts_leaves_nobody_waiting(monkeypatch):
    """Ctrl-C when the waiting thread has taken a part and not begun it."""
    taken, ended = threading.Event(), threading.Event()

    def interrupt(part):
        taken.set()
        raise KeyboardInterrupt

    def work():
        try:
            carry_out([lambda: taken.wait(20), lambda: None])
        finally:
            ended.set()

    def outcome(part):
        return interrupt(part) if threading.get_ident() == here else outcome_of(part)

    here = threading.get_ident()
    monkeypatch.setattr("engine.networks.companion.outcome_of", outcome)
    with pytest.raises(KeyboardInterrupt):
        companion().begin(work).result()
    assert ended.wait(20)
    assert companion().begin(lambda: 3).result() == 3


def test_a_fault_in_a_recorded_part_reaches_the_caller():
    settings = network(*BENCHMARK[0])
    with limited(settings):
        lockstep = Lockstep(settings)
        lockstep.step(UNTIL_RECORDED)
        parts = parts_of(lockstep.numpy)[-1]

        def fail():
            raise MemoryError("made up")

        parts[-1] = fail
        with pytest.raises(MemoryError, match="made up"):
            lockstep.step()


def test_a_fault_of_pytorch_waits_for_the_parts():
    settings = network(*BENCHMARK[0])
    with limited(settings):
        lockstep, alone = Lockstep(settings), RecordedNumpyModel(settings)

        def fail():
            raise MemoryError("made up")

        lockstep.pytorch.step = fail
        with pytest.raises(MemoryError, match="made up"):
            lockstep.step()
        alone.step()
        assert_same_bits(lockstep.numpy.state(), alone.state())


def test_a_divergence_in_parts_is_no_warning_but_a_divergence():
    settings = replace(network(*BENCHMARK[1], learning_rate=1e30), output_activation=Activation.IDENTITY, epochs=50)
    with limited(settings), warnings.catch_warnings():
        warnings.simplefilter("error")
        lockstep = Lockstep(settings)
        lockstep.step(50)
    assert lockstep.divergence is not None


def test_the_seconds_are_of_both_threads_work():
    settings = replace(network(*BENCHMARK[0]), epochs=20)
    with limited(settings):
        lockstep = Lockstep(settings)
        start = time.perf_counter()
        lockstep.step(20)
        passed = time.perf_counter() - start
    assert all(seconds > 0 for seconds in lockstep.seconds.values())
    assert sum(lockstep.seconds.values()) <= 2 * passed
