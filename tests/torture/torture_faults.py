"""Exceptions in every function of the engine and of the explorer: one sentence says so and names the log, a job's fault
stays the job's, and everything works afterwards.
"""

import itertools
from dataclasses import replace

import pytest

from engine.impact.study import plan
from engine.worker import faults
from engine.worker.commands import (
    CancelImpact,
    CloseStep,
    MeasureImpact,
    OpenStep,
    Pause,
    Restart,
    Resume,
    Scrub,
    StepBatches,
    StepEpochs,
    Watch,
)
from engine.worker.snapshot import State
from engine.worker.worker import Worker
from tests.torture.faulty_explorer import SAID, SCREENS, explorer_case, functions_of
from tests.torture.injection import Injection, recorded
from tests.torture.worker_model import check_run, pool, reference

BATCHES, _, _, ASKED, _, EXACT, LAYERS, _, MOONS, DIVERGING, MISSING, *_ = pool()
PLAN = plan(replace(ASKED, epochs=12), ["bias", "gradient_scale"], seeds=2)
JOB_COMMANDS = (Scrub, Watch, OpenStep, CloseStep, MeasureImpact, CancelImpact)
KINDS = [ValueError, KeyError, MemoryError, RecursionError, RuntimeError, ZeroDivisionError, SystemExit]
EXPLORER_CASES = 60
MOST_ROUNDS = 2000
"""A worker that has more to do than this never has done."""

CATCHES = ("JobGroup._work", "JobGroup._guarded", "Worker._take_commands")
CALLED_HERE = ("Worker.send", "Worker.work", "Worker.__init__", *CATCHES)
"""What these tests call themselves, and what keeps a fault where it is: neither can be asked to fail."""

ENGINE = {
    "run": (EXACT, []),
    "layers": (LAYERS, [Watch(True), Restart(MOONS)]),
    "steps": (ASKED, [Restart(ASKED, paused=True), StepEpochs(2), StepEpochs(7), Pause(), Resume()]),
    "batches": (
        BATCHES,
        [Restart(BATCHES, paused=True), StepBatches(2), OpenStep(1, batch=2), StepEpochs(1), Scrub(1), Resume()],
    ),
    "scrub": (ASKED, [Scrub(5), Watch(True), Scrub(12), Scrub(None)]),
    "step": (ASKED, [OpenStep(1)]),
    "steps opened": (LAYERS, [OpenStep(None), OpenStep(3, True), OpenStep(7), CloseStep()]),
    "step of equals": (EXACT, [OpenStep(3), OpenStep(1, True)]),
    "impact": (ASKED, [MeasureImpact(PLAN)]),
    "impact stopped": (ASKED, [MeasureImpact(PLAN), CancelImpact()]),
    "divergence": (ASKED, [Restart(DIVERGING)]),
    "refusal": (ASKED, [Restart(MISSING)]),
}
"""By name, the settings of a run and what is sent once it is through."""


@pytest.fixture
def state_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def a_worker(settings):
    ticks = itertools.count()
    return Worker(settings, clock=lambda: next(ticks) * 1e-4, devices=lambda: ("cpu",))


def work(worker, injection=None):
    """Until it is idle; a fault that lasts is there for every look."""
    for _ in range(MOST_ROUNDS):
        if injection is not None and (injection.callers is None or injection.lasting):
            injection.arm()
        wait = worker.work()
        if injection is not None:
            injection.lift()
        if wait == float("inf") and worker._commands.empty():
            return
    raise AssertionError("it never has done")


def sent(worker, commands, injection=None):
    for command in commands:
        worker.send(command)
        work(worker, injection)


def engine_cases():
    """Every function that a scenario calls, once, with a scenario that calls it and how often."""
    found = {}
    for name, (settings, commands) in ENGINE.items():
        reference(settings)
        worker = a_worker(settings)
        with recorded() as calls:
            work(worker)
            sent(worker, commands)
        for place, count in calls.items():
            if place[2] not in CALLED_HERE:
                found.setdefault(place, []).append((name, count))
    return sorted(found.items())


def injected(random, place, count, kinds):
    number = min(count, random.choice([1, 1, 2, 5]))
    return Injection(place, number, random.choice(kinds)(SAID), lasting=random.random() < 0.3)


def test_faults_of_the_engine(part, state_folder):
    cases, missed = engine_cases(), 0
    for number in part.numbers(len(cases)):
        with part.case(number, seconds=20) as random:
            place, scenarios = cases[number % len(cases)]
            name, count = random.choice(scenarios)
            injection = injected(random, place, count, KINDS)
            try:
                missed += not engine_fault(name, injection, state_folder)
            except Exception as error:
                kind = type(injection.error).__name__
                raise AssertionError(f"{error} <- {kind} in {injection.name}, {name}, {injection.number}") from error
            finally:
                injection.lift()
    part.notes.append(f"{len(cases)} functions; {missed} faults were no fault: what was raised is expected there")
    part.conclude()


def engine_fault(name, injection, state_folder):
    """Returns whether the fault was one that is said."""
    settings, commands = ENGINE[name]
    faults.log_file().unlink(missing_ok=True)
    worker = a_worker(settings)
    work(worker, injection)
    sent(worker, commands, injection)
    shown = worker.snapshot
    assert injection.callers is not None, "it was not reached"
    said = [one for one in (shown.error, shown.fault and shown.fault.message, impact_error(shown)) if one]
    check_sentences(said, injection)
    last = commands[-1].settings if name == "divergence" else settings
    if of_a_job(injection) and not injection.lasting:
        assert shown.state is reference(last).end, f"the fault of a job ends the run: {shown.error}"
    after(worker)
    return bool(said)


def impact_error(shown):
    return shown.impact and shown.impact.error


def of_a_job(injection):
    return "JobGroup._work" in injection.callers


def check_sentences(said, injection):
    for sentence in said:
        if "PyTorch has no device" in sentence:
            continue  # that is no fault
        assert sentence.isprintable(), sentence
        assert len(sentence) < 600, sentence
        assert SAID in sentence, sentence
        assert str(faults.log_file()) in sentence, sentence
        kept = faults.log_file().read_text()
        assert "Traceback" in kept
        assert SAID in kept


def after(worker):
    """Once nothing is raised any more, a run has the bits that it should have, and every job does its work."""
    before = worker.snapshot.fault
    sent(worker, [CancelImpact(), CloseStep(), Scrub(None), Watch(False), Restart(EXACT)])
    assert worker.snapshot.state is State.FINISHED, worker.snapshot.error
    check_run(worker.snapshot)
    sent(worker, [OpenStep(3, False), Scrub(4), MeasureImpact(PLAN)])
    shown = worker.snapshot
    assert shown.fault is before, shown.fault
    assert (shown.step.epoch, shown.scrubbed.epoch) == (3, 4)
    assert shown.impact.impact.finished
    check_run(shown)


def test_faults_of_the_explorer(part, state_folder, tmp_path):
    found, quiet, fatal = {}, [], 0
    for name in SCREENS:
        for place, count in functions_of(name, tmp_path).items():
            found.setdefault(place, []).append((len(SCREENS[name]), name, count))
    places = sorted(found)
    part.chances(-1).shuffle(places)
    for number in part.numbers(EXPLORER_CASES):
        with part.case(number, seconds=60) as random:
            place = places[number % len(places)]
            case = explorer_case(random, place, found[place], tmp_path / str(number))
            quiet += [case.name] if case.quiet else []
            fatal += case.fatal
            assert not case.wrong, f"{'; '.join(case.wrong)} <- {case.name}"
    part.notes.append(f"of {len(places)} functions; {fatal} ended it; nothing was said of {', '.join(quiet) or 'none'}")
    part.conclude()
