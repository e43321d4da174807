"""The engine thread, driven by hand and for real."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

import engine
from engine.experiment.choices import SideName
from engine.impact.study import measure, plan
from engine.step.trace import trace_epoch
from engine.worker.commands import (
    CancelImpact,
    CloseStep,
    MeasureImpact,
    OpenStep,
    Pause,
    Restart,
    Resume,
    Scrub,
    SetSpeed,
    StepEpochs,
    Stop,
    Watch,
)
from engine.worker.snapshot import State
from engine.worker.worker import Worker
from tests.examples import long, one_in
from tests.made_up import MadeUpClock, made_up_worker

ANSWER, EXACT = (replace(engine.preset(name), epochs=300) for name in ("answer", "exact"))
"""Soon trained, where the length proves nothing."""


def finished(settings=ANSWER):
    worker = Worker(settings)
    worker.work_until_idle()
    return worker


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_a_finished_run_is_the_headless_run(answer_run):
    snapshot = finished(engine.preset("answer")).snapshot
    assert (snapshot.state, snapshot.epoch) == (State.FINISHED, 5000)
    np.testing.assert_array_equal(snapshot.curves.numpy.low, answer_run.numpy.losses)
    np.testing.assert_array_equal(snapshot.curves.pytorch.high, answer_run.pytorch.losses)
    assert snapshot.comparison == answer_run.comparison
    assert snapshot.verdict == answer_run.verdict
    for pair, expected in zip(snapshot.parameters, answer_run.numpy.parameters.values(), strict=True):
        np.testing.assert_array_equal(pair.numpy, expected)


@pytest.mark.parametrize("count", [0, -1])
def test_a_step_of_nothing_pauses_and_takes_no_time(count):
    worker = Worker(ANSWER)
    worker.send(StepEpochs(count))
    for _ in range(5):
        wait = worker.work()
    assert wait == math.inf
    assert (worker.snapshot.state, worker.snapshot.epoch) == (State.PAUSED, 0)
    worker.send(StepEpochs(3))
    worker.work_until_idle()
    assert (worker.snapshot.state, worker.snapshot.epoch) == (State.PAUSED, 3)


def test_steps_are_counted_exactly_and_end_paused():
    worker = Worker(ANSWER)
    worker.send(Pause())
    worker.work_until_idle()
    assert (worker.snapshot.state, worker.snapshot.epoch) == (State.PAUSED, 0)
    for count, expected in ((1, 1), (1, 2), (100, 102)):
        worker.send(StepEpochs(count))
        worker.work_until_idle()
        assert (worker.snapshot.state, worker.snapshot.epoch) == (State.PAUSED, expected)
    worker.send(Resume())
    worker.work_until_idle()
    assert (worker.snapshot.state, worker.snapshot.epoch) == (State.FINISHED, 300)


def test_snapshots_are_numbered_and_do_not_change():
    worker = finished()
    kept = worker.snapshot
    weights = kept.parameters[0].numpy.copy()
    worker.send(Restart(EXACT))
    worker.work_until_idle()
    assert worker.snapshot.number > kept.number
    np.testing.assert_array_equal(kept.parameters[0].numpy, weights)


def test_a_restart_keeps_the_run_before_as_a_curve(answer_run):
    worker = finished()
    worker.send(Restart(EXACT))
    worker.work_until_idle()
    np.testing.assert_array_equal(worker.snapshot.previous.curves.numpy.low, answer_run.numpy.losses[:300])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ([("loss_report", "mse")], "loss report"),
        ([("loss_report", "mse"), ("bias", True)], "loss report, bias"),
        ([("loss_report", "mse"), ("bias", True), ("reduction", "mean")], "loss report, bias and 1 more"),
    ],
)
def test_the_run_before_is_named_by_what_was_changed(changes, named):
    settings = engine.preset("asked")
    worker = made_up_worker(settings)
    worker.work_until_idle()
    worker.send(Restart(settings.with_side(SideName.NUMPY, **dict(changes))))
    worker.work_until_idle()
    assert worker.snapshot.previous.changed == named


def test_the_run_before_goes_when_the_data_change_and_stays_for_a_rerun():
    settings = engine.preset("asked")
    worker = made_up_worker(settings)
    for changed, named in (
        (replace(settings, seed=1), "seed"),
        (replace(settings, seed=1), "seed"),
        (replace(settings, data=engine.built_in("moons")), None),
        (replace(settings, data=engine.built_in("moons"), hidden=(3,)), "layers"),
    ):
        worker.work_until_idle()
        worker.send(Restart(changed))
        worker.work_until_idle()
        previous = worker.snapshot.previous
        assert (None if previous is None else previous.changed) == named


def test_an_exception_becomes_a_state_and_the_next_run_works():
    def build(settings, **_):
        raise ZeroDivisionError("made up")

    worker = Worker(engine.preset("answer"), build=build)
    worker.work_until_idle()
    assert worker.snapshot.state is State.FAILED
    assert "ZeroDivisionError: made up" in worker.snapshot.error


def test_a_model_that_fails_half_way_keeps_its_curves_and_the_thread_lives():
    worker = Worker(ANSWER)
    worker.send(StepEpochs(200))
    worker.work_until_idle()
    worker._lockstep.pytorch.step = lambda: 1 / 0
    worker.send(Resume())
    worker.work_until_idle()
    assert worker.snapshot.state is State.FAILED
    assert "ZeroDivisionError" in worker.snapshot.error
    assert worker.snapshot.epoch == 200
    assert len(worker.snapshot.curves.numpy.low) == 200
    worker.send(Restart(EXACT))
    worker.work_until_idle()
    assert worker.snapshot.state is State.FINISHED
    assert worker.snapshot.error is None


def test_a_missing_device_is_a_sentence():
    worker = finished(replace(engine.preset("answer"), device="cuda:99"))
    assert worker.snapshot.state is State.FAILED
    assert "'cuda:99'" in worker.snapshot.error
    assert "it has cpu" in worker.snapshot.error


def test_a_missing_device_leaves_the_run_before_as_it_is():
    worker = finished()
    kept, refused = worker.snapshot, replace(engine.preset("exact"), device="cuda:99")
    worker.send(Restart(refused))
    worker.work_until_idle()
    shown = worker.snapshot
    assert (shown.state, shown.settings, shown.epoch) == (kept.state, kept.settings, kept.epoch)
    np.testing.assert_array_equal(shown.curves.numpy.low, kept.curves.numpy.low)
    assert shown.refusal.settings == refused
    assert "PyTorch has no device 'cuda:99'" in shown.refusal.message
    assert "cpu" in shown.devices
    worker.send(Restart(EXACT))
    worker.work_until_idle()
    assert worker.snapshot.refusal is None


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")])
def test_a_device_without_memory_is_a_sentence(error):
    def build(settings, **_):
        raise error

    worker = Worker(engine.preset("answer"), build=build)
    worker.work_until_idle()
    assert worker.snapshot.error == (
        "Device 'cpu' has not enough free memory for this network and these data; "
        "choose smaller ones, another device, or the CPU."
    )


def test_the_cause_of_a_divergence_is_found_beside():
    settings = replace(engine.preset("no-bias"), data=engine.built_in("regression"), output_activation="identity")
    for side in SideName:
        settings = settings.with_side(side, learning_rate=0.6)
    snapshot = finished(settings).snapshot
    assert snapshot.state is State.DIVERGED
    assert [one.field for one in snapshot.cause.ends_it] == ["reduction"]
    assert "The cause: gradient." in snapshot.verdict.detail


@long
def test_divergence_is_a_state_with_its_curves():
    settings = replace(engine.preset("exact"), output_activation="identity", activation="identity")
    settings = settings.with_side(SideName.PYTORCH, learning_rate=1e6)
    snapshot = finished(settings).snapshot
    assert snapshot.state is State.DIVERGED
    assert 0 < snapshot.epoch < 100
    assert len(snapshot.curves.pytorch.low) == snapshot.epoch
    assert np.isfinite(snapshot.curves.pytorch.high).all()
    assert f"epoch {snapshot.epoch + 1}" in snapshot.verdict.detail
    assert "PyTorch" in snapshot.verdict.detail


@one_in(2)
@pytest.mark.parametrize("speed", [10, 1000])
def test_the_speed_limit_holds(speed):
    clock = MadeUpClock()
    worker = Worker(engine.preset("answer"), clock=clock)
    worker.send(SetSpeed(speed))
    worker.work()
    start = clock.now
    while clock.now < start + 2:
        wait = worker.work()
        clock.now += min(max(wait, 1e-4), 0.01)
    assert worker._lockstep.epoch == pytest.approx(2 * speed, rel=0.1)


def test_a_stop_that_comes_in_the_middle_of_work_is_not_waited_for_again():
    worker = Worker(replace(engine.preset("answer"), epochs=3))
    worker.work_until_idle()
    train = worker._train_chunk

    def stopped_meanwhile():
        worker._carry_out(Stop())
        return train()

    worker._train_chunk = stopped_meanwhile
    worker.start()
    worker._thread.join(5)
    assert not worker._thread.is_alive()


def test_the_real_thread_runs_pauses_and_stops():
    worker = Worker(replace(engine.preset("answer"), epochs=10_000_000))
    worker.start()
    wait_for(lambda: worker.snapshot.epoch > 500)
    worker.send(Pause())
    wait_for(lambda: worker.snapshot.state is State.PAUSED)
    epoch = worker.snapshot.epoch
    time.sleep(0.2)
    assert worker.snapshot.epoch == epoch
    worker.send(Resume())
    wait_for(lambda: worker.snapshot.epoch > epoch)
    assert worker.stop(timeout=10)


def test_commands_queued_while_it_works_all_count():
    worker = Worker(ANSWER)
    for seed in range(5):
        worker.send(Restart(replace(engine.preset("answer"), seed=seed), paused=True))
    worker.send(StepEpochs(3))
    worker.work_until_idle()
    assert (worker.snapshot.settings.seed, worker.snapshot.epoch) == (4, 3)
    assert worker.work() == math.inf


def test_a_step_is_opened_at_the_first_operation_that_differs_or_where_asked():
    worker = finished()
    assert worker.snapshot.step is None
    worker.send(OpenStep())
    worker.work_until_idle()
    first = worker.snapshot
    assert (first.step.epoch, first.growth.first, first.growth.trained) == (1, 1, 300)
    assert first.step.first_operation.place.name == "layer1-pre-activation"
    worker.send(OpenStep(70, matched_start=True))
    worker.work_until_idle()
    opened, expected = worker.snapshot.step, trace_epoch(ANSWER, 70, matched_start=True)
    assert (opened.epoch, opened.matched_start) == (70, True)
    for ours, theirs in zip(opened.operations, expected.operations, strict=True):
        np.testing.assert_array_equal(ours.pytorch, theirs.pytorch)
        np.testing.assert_array_equal(ours.numpy, theirs.numpy)
    worker.send(CloseStep())
    worker.send(Restart(EXACT))
    worker.work_until_idle()
    assert (worker.snapshot.step, worker.snapshot.growth) == (None, None)


def test_the_impact_is_measured_beside_the_run_and_can_be_stopped():
    worker = Worker(replace(engine.preset("asked"), epochs=200))
    study = plan(replace(engine.preset("asked"), epochs=200), ["bias", "reduction"], seeds=2)
    worker.send(MeasureImpact(study))
    worker.work_until_idle()
    shown = worker.snapshot.impact
    assert (worker.snapshot.state, shown.running, shown.share, shown.impact.finished) == (
        State.FINISHED,
        False,
        1,
        True,
    )
    for kind, game in measure(study).games.items():
        np.testing.assert_array_equal(shown.impact.games[kind], game)
    worker.send(MeasureImpact(replace(study, settings=replace(study.settings, epochs=10**6))))
    for _ in range(10):
        worker.work()
    worker.send(CancelImpact())
    worker.work_until_idle()
    stopped = worker.snapshot.impact
    assert not stopped.running
    assert 0 < stopped.impact.epochs < 10**6


def test_a_study_that_does_not_fit_is_refused_in_a_sentence():
    worker = finished()
    data = engine.Dataset("large", np.ones((20_000, 50)), np.ones((20_000, 1)))
    worker.send(MeasureImpact(plan(replace(engine.preset("asked"), data=data, hidden=(500,)))))
    worker.work_until_idle()
    assert "needs about" in worker.snapshot.impact.error
    assert worker.snapshot.state is State.FINISHED


@pytest.mark.parametrize("command", [Scrub(3), Watch(True), SetSpeed(10), Resume(), Pause(), StepEpochs(1)])
def test_a_failure_stays_said_whatever_is_asked_next(command):
    worker = finished(replace(engine.preset("answer"), device="cuda:99"))
    said = worker.snapshot.error
    worker.send(command)
    worker.work_until_idle()
    assert (worker.snapshot.state, worker.snapshot.error) == (State.FAILED, said)


def test_a_model_that_has_failed_is_asked_nothing_more():
    worker = Worker(ANSWER)
    worker.send(StepEpochs(20))
    worker.work_until_idle()
    worker._lockstep.pytorch.step = lambda: 1 / 0
    worker.send(Resume())
    worker.work_until_idle()
    worker._lockstep.pytorch.parameters = lambda: 1 / 0
    worker.send(Watch(True))
    worker.work_until_idle()
    assert "ZeroDivisionError: division by zero" in worker.snapshot.error
    assert len(worker.snapshot.curves.numpy.low) == 20
