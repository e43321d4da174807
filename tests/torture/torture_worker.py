"""The engine thread against a model of it: whatever it is told and when, it is in the state it must be in, and its
losses are those of a run that nothing interrupts.
"""

import math
import threading
import time
from dataclasses import replace

import pytest

from engine.impact.study import plan
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
    StepBatches,
    StepEpochs,
    Watch,
)
from engine.worker.snapshot import State
from engine.worker.worker import Worker
from tests.torture.worker_model import ABSENT, Model, check_idle, check_run, pool, reference

SEQUENCES, ROUNDS, SENDERS = 1000, 40, 4

POOL = pool()
TRAINABLE = [settings for settings in POOL if settings.device != ABSENT]
PLANS = [
    plan(replace(POOL[3], epochs=12), ["bias", "reduction"], seeds=2),
    plan(replace(POOL[6], epochs=5), ["precision"], seeds=1),
    plan(replace(POOL[1], epochs=4), ["order", "last_batch"], seeds=2),
]


class TickingClock:
    """Time that passes a little with every look at it, so that chunks end, and the same on every machine."""

    def __init__(self, tick):
        self.now, self.tick = 0.0, tick

    def __call__(self):
        self.now += self.tick
        return self.now


def some_command(random):
    """One of all that the screen can send."""
    epoch = random.choice([None, 0, 1, 2, random.randint(1, 80), 10**6])
    return random.choice(
        [
            lambda: Restart(random.choice(POOL), random.random() < 0.4),
            Pause,
            Resume,
            lambda: StepEpochs(random.choice([0, -1, 1, 1, 2, 7, 40, 10**9])),
            lambda: SetSpeed(random.choice([None, 10, 100, 1000])),
            lambda: Scrub(epoch),
            lambda: Watch(random.random() < 0.5),
            lambda: StepBatches(random.choice([0, -1, 1, 1, 2, 5, 10**9])),
            lambda: OpenStep(epoch or None, random.random() < 0.3, random.choice([1, 1, 2, 3, 9])),
            CloseStep,
            lambda: MeasureImpact(random.choice(PLANS)),
            CancelImpact,
        ]
    )()


class Driven:
    """A worker driven by hand, and the model beside it."""

    def __init__(self, random):
        self.random = random
        self.clock = TickingClock(random.choice([1e-5, 1e-4, 0.003]))
        settings = random.choice(POOL)
        self.worker = Worker(settings, clock=self.clock, devices=lambda: ("cpu",))
        self.model = Model(settings)
        self.waiting = [Restart(settings)]
        self.opened = self.measured = None
        self.log = []

    @property
    def taken(self):
        lockstep = self.worker._lockstep
        return 0 if lockstep is None else lockstep.taken

    def send(self, command):
        self.worker.send(command)
        self.waiting.append(command)
        self.log.append(command)

    def work(self):
        """Some work; returns whether there is more."""
        number, trained = self.worker.snapshot.number, self.taken
        wait = self.worker.work()
        # A command that fails leaves those behind it for the next look at them.
        left = self.worker._commands.qsize()
        taken = len(self.waiting) - left
        for command in self.waiting[:taken]:
            trained = self.model.take(command, trained)
            self._note(command)
        self.waiting = self.waiting[taken:]
        if self.model.built:
            diverged = self.worker._lockstep.divergence is not None
            self.model.train(trained, self.taken, diverged)
            self.model.settle(diverged, self.taken)
        shown = self.worker.snapshot
        assert shown.number >= number
        self.model.check(shown, self.taken)
        if 0 < wait < math.inf:
            self.clock.now += wait
        return wait < math.inf or left > 0

    def _note(self, command):
        if isinstance(command, OpenStep):
            self.opened = command
        elif isinstance(command, CloseStep):
            self.opened = None
        elif isinstance(command, MeasureImpact):
            self.measured = command.plan

    def work_until_idle(self):
        while self.work():
            pass
        if self.model.built:
            check_idle(self.model, self.opened, self.measured, self.worker.snapshot)


def drive(random):
    driven = Driven(random)
    try:
        for _ in range(random.randint(1, 14)):
            for _ in range(random.choice([1, 1, 2, 4])):
                driven.send(some_command(random))
            for _ in range(random.choice([0, 1, 1, 3])):
                driven.work()
            if random.random() < 0.3:
                driven.work_until_idle()
        driven.work_until_idle()
    except Exception as error:
        said = ", ".join(type(one).__name__ for one in driven.log[-6:])
        raise AssertionError(f"{type(error).__name__}: {error} after {said}") from error


def test_worker_against_a_model(part):
    for number in part.numbers(SEQUENCES):
        with part.case(number) as random:
            drive(random)
    part.conclude()


def until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def besieged(part, number, random):
    """Four threads send at once to a real one; what it shows meanwhile, and what it comes to, is a run of the model."""
    worker = Worker(random.choice(TRAINABLE), devices=lambda: ("cpu",))
    worker.start()

    def sender(own):
        for _ in range(60):
            worker.send(some_command(own))
            time.sleep(own.choice([0, 0, 0.001, 0.005]))

    threads = [threading.Thread(target=sender, args=(part.chances(1000 * number + k),)) for k in range(SENDERS)]
    for thread in threads:
        thread.start()
    try:
        latest = -1
        while any(thread.is_alive() for thread in threads):
            latest = look(worker, latest)
        last = random.choice(TRAINABLE)
        for command in (CancelImpact(), CloseStep(), Scrub(None), Watch(False), SetSpeed(None), Restart(last)):
            worker.send(command)
        until(lambda: (worker.snapshot.settings, worker.snapshot.state) == (last, reference(last).end))
        look(worker, latest)
        assert worker.snapshot.epoch == reference(last).last
    finally:
        assert worker.stop(timeout=3), "the thread does not end"


def look(worker, latest):
    shown = worker.snapshot
    assert shown.number >= latest
    assert shown.state is not State.FAILED, shown.error
    if shown.curves is not None:
        check_run(shown)
    return shown.number


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_worker_besieged_by_threads(part):
    # PyTorch's stream of random numbers is one for all threads: nothing is built here while the engine builds.
    for settings in TRAINABLE:
        reference(settings)
    for number in part.numbers(ROUNDS):
        with part.case(number) as random:
            besieged(part, number, random)
    part.conclude()
