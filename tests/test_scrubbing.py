"""Any epoch of a run again: the very bits that were there, held against a run that was stopped at that epoch."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.run.lockstep import Lockstep
from engine.run.scrubbing import CHECKPOINTS, Checkpoints
from engine.worker.commands import Restart, Resume, Scrub, StepEpochs, Watch
from engine.worker.snapshot import State
from engine.worker.worker import Worker
from tests.examples import one_in
from tests.strategies import experiments
from tests.tensors import state_of


def stopped_at(settings, epoch):
    return engine.train(replace(settings, epochs=epoch))


def assert_is_epoch(shown, settings, epoch):
    run = stopped_at(settings, epoch)
    assert shown.epoch == epoch
    assert (shown.numpy_loss, shown.pytorch_loss) == (run.numpy.losses[-1], run.pytorch.losses[-1])
    pairs = engine.run.comparison.pair_parameters(run.numpy.parameters, run.pytorch.parameters)
    for ours, theirs in zip(shown.parameters, pairs, strict=True):
        np.testing.assert_array_equal(ours.numpy, theirs.numpy)
        np.testing.assert_array_equal(ours.pytorch, theirs.pytorch)


@one_in(2)
@pytest.mark.parametrize("preset", ["answer", "asked"])
def test_epochs_in_any_order(preset):
    settings = replace(engine.preset(preset), epochs=500)
    worker = Worker(settings)
    worker.work_until_idle()
    for epoch in (300, 1, 301, 64, 65, 500, 128):
        worker.send(Scrub(epoch))
        worker.work_until_idle()
        assert_is_epoch(worker.snapshot.scrubbed, settings, epoch)
    worker.send(Scrub(None))
    worker.work_until_idle()
    assert worker.snapshot.scrubbed is None


def test_an_epoch_that_is_still_to_come_is_shown_when_it_is_there():
    settings = replace(engine.preset("answer"), epochs=400)
    worker = Worker(settings)
    worker.send(StepEpochs(100))
    worker.send(Scrub(300))
    worker.work_until_idle()
    assert worker.snapshot.scrubbed is None
    worker.send(Resume())
    worker.work_until_idle()
    assert worker.snapshot.state is State.FINISHED
    assert_is_epoch(worker.snapshot.scrubbed, settings, 300)


def test_a_restart_shows_the_same_epoch_of_the_new_run():
    worker = Worker(replace(engine.preset("answer"), epochs=300))
    worker.send(Scrub(200))
    worker.work_until_idle()
    other = replace(engine.preset("same-loss"), epochs=300)
    worker.send(Restart(other))
    worker.work_until_idle()
    assert_is_epoch(worker.snapshot.scrubbed, other, 200)


def test_predictions_come_when_they_are_watched():
    worker = Worker(replace(engine.preset("answer"), epochs=100))
    worker.send(Scrub(50))
    worker.work_until_idle()
    assert worker.snapshot.predictions is None
    assert worker.snapshot.scrubbed.predictions is None
    worker.send(Watch(True))
    worker.work_until_idle()
    assert worker.snapshot.predictions.map.numpy.shape == worker.snapshot.scrubbed.predictions.map.pytorch.shape


@given(experiments(), st.integers(1, 19))
def test_a_state_is_all_that_the_next_steps_depend_on(settings, epoch):
    through, again = Lockstep(settings), Lockstep(settings)
    with np.errstate(all="ignore"):
        through.step(epoch)
        for side in ("numpy", "pytorch"):
            getattr(again, side).set_state(getattr(through, side).state())
        for side in ("numpy", "pytorch"):
            model, copy = getattr(through, side), getattr(again, side)
            for _ in range(5):
                np.testing.assert_array_equal(model.step(), copy.step())
            np.testing.assert_array_equal(model.predict(), copy.predict())


def test_checkpoints_are_few_and_spread_over_the_whole_run():
    checkpoints = Checkpoints()
    for epoch in range(0, 1_000_000, 50):
        if checkpoints.wanted(epoch):
            checkpoints.add(epoch, (state_of(np.array([epoch])), state_of(np.zeros(3))))
    kept = sorted(checkpoints._states)
    assert len(kept) <= CHECKPOINTS
    assert kept[0] == 0
    assert max(np.diff([*kept, 1_000_000])) < 4 * 1_000_000 / CHECKPOINTS
    epoch, (numpy_state, _) = checkpoints.before(500_000)
    (kept,) = numpy_state.tensors.values()
    assert epoch == kept[0] < 500_000


def test_a_huge_network_keeps_its_start_alone():
    checkpoints = Checkpoints()
    large = np.zeros(10_000_000)
    for epoch in range(0, 1000, 100):
        if checkpoints.wanted(epoch):
            checkpoints.add(epoch, (state_of(large), state_of(large)))
    assert list(checkpoints._states) == [0]
