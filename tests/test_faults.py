"""A fault inside ends what it is in and nothing else: one sentence says so, and names the log that has more."""

import math
from dataclasses import replace

import pytest
from textual.widgets import Input
from textual.worker import WorkerFailed

import engine
from engine.errors import InputError
from engine.impact.study import plan
from engine.worker import faults
from engine.worker.commands import MeasureImpact, OpenStep, Restart, Resume, Scrub, StepEpochs
from engine.worker.snapshot import State
from engine.worker.worker import Worker
from tests.examples import one_in
from tests.made_up import made_up_worker
from tui_app.app import ExplorerApp
from tui_app.screens.export import ExportScreen
from tui_app.widgets.verdict_panel import VerdictPanel


def boom(*_, **__):
    raise ValueError("boom")


def leave(*_, **__):
    raise SystemExit(3)


def log():
    return faults.log_file().read_text()


@pytest.fixture
def state_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_a_sentence_says_what_failed_where_and_which_log_has_the_traceback(state_folder):
    try:
        engine.built_in([])
    except Exception as error:
        sentence = faults.fault_sentence("Choosing", error)
    assert sentence.startswith("Choosing failed: ")
    assert ", in engine/experiment/built_in_data.py, line " in sentence
    assert sentence.endswith(f"the traceback is in {state_folder}/mlp-tui/faults.log.")
    assert "Traceback (most recent call last)" in log()


def test_bad_input_is_no_fault(state_folder):
    assert faults.fault_sentence("x", InputError("The sentence.")) == "The sentence."
    assert not faults.log_file().exists()


def test_the_log_is_bounded(state_folder, monkeypatch):
    monkeypatch.setattr(faults, "LOG_BYTES", 10_000)
    for number in range(200):
        faults.fault_sentence("x", ValueError(f"{number} " + "y" * 150))
    files = list(faults.log_file().parent.iterdir())
    assert sum(file.stat().st_size for file in files) < 3 * 10_000
    assert "199 y" in log()


def test_a_log_that_cannot_be_written_is_said(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    assert faults.fault_sentence("x", ValueError("boom")).endswith("its traceback could not be kept.")


PLAN = plan(replace(engine.preset("no-bias"), epochs=20))
JOBS = [
    ("engine.worker.job_group.StepJob._open", OpenStep(3, False), "Opening the step"),
    ("engine.worker.job_group.StepJob._follow", OpenStep(3, False), "Opening the step"),
    ("engine.worker.jobs.Scrubber.seek", Scrub(3), "Going to that epoch"),
    ("engine.worker.jobs.Scrubber.state", Scrub(3), "Going to that epoch"),
    ("engine.impact.study.Study.step", MeasureImpact(PLAN), "The measurement of the impact"),
]


@one_in(3)
@pytest.mark.parametrize("fault", [boom, leave])
@pytest.mark.parametrize(("place", "command", "name"), JOBS, ids=[place for place, *_ in JOBS])
def test_a_jobs_fault_is_the_jobs(monkeypatch, state_folder, fault, place, command, name):
    settings = replace(engine.preset("no-bias"), epochs=20)
    worker = Worker(settings)
    worker.work_until_idle()
    with monkeypatch.context() as patch:
        patch.setattr(place, fault)
        worker.send(command)
        worker.work_until_idle()
    first = worker.snapshot
    assert first.state is State.FINISHED
    assert first.fault.message.startswith(f"{name} failed: ")
    worker.send(Restart(settings))
    worker.work_until_idle()
    assert worker.snapshot.state is State.FINISHED
    assert worker.snapshot.fault is first.fault
    worker.send(command)
    worker.work_until_idle()
    assert worker.snapshot.fault is first.fault


@one_in(3)
@pytest.mark.parametrize("job", ["ScrubJob", "StepJob", "ImpactJob", "CauseJob"])
def test_a_job_that_fails_whenever_it_is_looked_at_is_looked_at_once(monkeypatch, state_folder, job):
    monkeypatch.setattr(f"engine.worker.job_group.{job}.work", boom)
    worker = Worker(replace(engine.preset("no-bias"), epochs=20))
    for command in (None, Scrub(3), OpenStep(3, False), MeasureImpact(PLAN)):
        if command is not None:
            worker.send(command)
        assert math.inf in [worker.work() for _ in range(100)]
    assert worker.snapshot.state is State.FINISHED
    assert worker.snapshot.fault.message.count("boom") == 1


def test_a_measurement_that_cannot_begin_leaves_the_run(monkeypatch, state_folder):
    worker = Worker(replace(engine.preset("no-bias"), epochs=20))
    worker.work_until_idle()
    with monkeypatch.context() as patch:
        patch.setattr("engine.impact.study.Study.__init__", boom)
        worker.send(MeasureImpact(PLAN))
        worker.work_until_idle()
    assert worker.snapshot.state is State.FINISHED
    assert not worker.snapshot.impact.running
    assert worker.snapshot.impact.error == worker.snapshot.fault.message


def test_a_run_that_is_built_by_half_is_none(monkeypatch, state_folder):
    worker = Worker(replace(engine.preset("no-bias"), epochs=20))
    with monkeypatch.context() as patch:
        patch.setattr("engine.run.scrubbing.Checkpoints.add", boom)
        worker.send(OpenStep(1, False))
        worker.work_until_idle()
    assert worker.snapshot.state is State.FAILED
    assert worker.snapshot.fault is None
    assert worker._lockstep is None


async def test_a_step_that_cannot_be_opened_says_so_in_its_tab(explorer, monkeypatch, state_folder):
    with monkeypatch.context() as patch:
        patch.setattr("engine.worker.job_group.StepJob._open", boom)
        await explorer.press("T")
    assert explorer.text("#step-heading") == "the step cannot be opened"
    assert "Opening the step failed: ValueError: boom" in explorer.text("#step-reason")
    assert len(explorer.app.faults) == 1
    explorer.expected_faults = list(explorer.app.faults)
    await explorer.press("r")
    assert explorer.text("#step-heading").startswith("step of epoch 1")
    assert "boom" not in explorer.text("#step-reason")


def with_last_words(monkeypatch):
    """An explorer, and a list of what it will say when a fault ends it."""
    settings, said = engine.preset("asked"), []
    app = ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False)
    panic = app.panic
    monkeypatch.setattr(app, "panic", lambda text: (said.append(str(text)), panic(text)))
    return app, said


async def test_what_fails_on_the_way_down_is_not_said_too(monkeypatch, state_folder):
    app, said = with_last_words(monkeypatch)

    async def fail_twice():
        async with app.run_test():
            app._handle_exception(ValueError("boom"))
            app._handle_exception(KeyError("after it"))

    with pytest.raises(ValueError, match="boom"):
        await fail_twice()
    assert app.return_code == 1
    assert [sentence.partition(";")[0] for sentence in said] == ["mlp-tui: the explorer failed: ValueError: boom"]


def test_a_fault_in_the_search_for_a_cause_leaves_the_divergence(monkeypatch, state_folder):
    settings = engine.Settings(
        engine.built_in("regression"),
        *(engine.preset("no-bias").side(side) for side in engine.experiment.choices.SideName),
        output_activation="identity",
    )
    settings = engine.experiment.discrepancies.find("learning_rate").set(
        settings, engine.experiment.choices.SideName.NUMPY, 0.6
    )
    monkeypatch.setattr("engine.run.divergence.CauseStudy.work", boom)
    worker = Worker(settings)
    worker.work_until_idle()
    assert worker.snapshot.state is State.DIVERGED
    assert worker.snapshot.fault.message.startswith("The search for the cause failed: ValueError: boom")


def test_a_fault_of_the_run_names_place_and_log_and_a_rerun_works(state_folder):
    worker = Worker(engine.preset("answer"))
    worker.send(StepEpochs(3))
    worker.work_until_idle()
    worker._lockstep.numpy.step = leave
    worker.send(Resume())
    worker.work_until_idle()
    assert worker.snapshot.state is State.FAILED
    assert worker.snapshot.error.startswith("The engine failed: SystemExit: 3, in engine/run/lockstep.py, line ")
    assert "faults.log" in worker.snapshot.error
    worker.send(Restart(engine.preset("answer")))
    worker.work_until_idle()
    assert worker.snapshot.state is State.FINISHED


async def test_a_fault_in_what_a_key_does_is_a_message(explorer, monkeypatch, state_folder):
    with monkeypatch.context() as patch:
        patch.setattr(type(explorer.app), "action_log", boom)
        await explorer.press("l")
    assert "That key failed: ValueError: boom" in explorer.said[-1]
    explorer.expected_faults = list(explorer.app.faults)
    await explorer.press("w")
    assert explorer.app._view == "weights"


async def test_a_picture_that_fails_is_said_once_and_the_next_one_is_drawn(explorer, monkeypatch, state_folder):
    with monkeypatch.context() as patch:
        patch.setattr(VerdictPanel, "show", boom)
        for _ in range(3):
            await explorer.press("r")
    assert len(explorer.app.faults) == 1
    explorer.expected_faults = list(explorer.app.faults)
    await explorer.press("r")
    assert explorer.snapshot.state is State.FINISHED


async def test_an_export_that_fails_says_so_and_leaves_no_folder(explorer, monkeypatch, state_folder, tmp_path):
    monkeypatch.chdir(tmp_path)
    await explorer.press("e")
    explorer.app.screen._make = boom
    await explorer.press("enter")
    for _ in range(100):
        await explorer.pilot.pause(0.01)
        if "failed" in explorer.text("#problem"):
            break
    assert "The export failed: ValueError: boom" in explorer.text("#problem")
    assert isinstance(explorer.app.screen, ExportScreen)
    assert not (tmp_path / "mlp-tui-export").exists()


async def test_a_screen_that_cannot_be_drawn_is_left_out_of_the_export(explorer, monkeypatch, state_folder, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(type(explorer.app), "export_screenshot", boom)
    await explorer.press("e")
    explorer.app.screen.query_one(Input).value = "out"
    await explorer.press("enter")
    for _ in range(200):
        await explorer.pilot.pause(0.01)
        if not isinstance(explorer.app.screen, ExportScreen):
            break
    assert "The picture failed: ValueError: boom" in explorer.app.faults[0]
    explorer.expected_faults = list(explorer.app.faults)
    written = {file.name for file in (tmp_path / "out").iterdir()}
    assert "losses.csv" in written
    assert "screen.svg" not in written


async def test_a_fault_in_heeding_a_snapshot_is_a_message(explorer, monkeypatch, state_folder):
    with monkeypatch.context() as patch:
        patch.setattr(type(explorer.app), "heed_fault", boom)
        await explorer.press("r")
    assert explorer.said[-1].startswith("Showing the run failed: ValueError: boom")
    explorer.expected_faults = list(explorer.app.faults)


async def test_what_fails_beside_the_screen_is_named_itself(monkeypatch, state_folder):
    app, said = with_last_words(monkeypatch)

    async def fail_beside():
        async with app.run_test() as pilot:
            app.run_worker(later(boom))
            await pilot.pause(0.1)

    with pytest.raises(WorkerFailed):
        await fail_beside()
    assert said[0].startswith("mlp-tui: the explorer failed: ValueError: boom")


async def later(function):
    function()
