"""The engine thread: commands in, frozen numbered `Snapshot`s out.

`Worker.work` also runs without the thread, one chunk a call; tests and other programs drive it so.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.errors import DeviceError
from engine.experiment.changes import changed_words
from engine.experiment.devices import check_available, device_fault
from engine.experiment.settings import Settings
from engine.run.lockstep import Lockstep
from engine.run.scrubbing import Checkpoints
from engine.worker.commands import (
    CancelImpact,
    CloseStep,
    Command,
    MeasureImpact,
    OpenStep,
    Pause,
    Restart,
    Resume,
    Scrub,
    SetSpeed,
    StepBatches,
    StepEpochs,
    Stop,
    Watch,
)
from engine.worker.faults import fault_sentence
from engine.worker.job_group import JobGroup
from engine.worker.jobs import CHUNK_SECONDS, Instruments, JobState, RunInProgress
from engine.worker.pace import PaceMeter
from engine.worker.run_snapshots import beside, run_snapshot
from engine.worker.snapshot import PreviousRun, Refusal, Snapshot, State
from engine.worker.speed import SpeedLimit

SNAPSHOT_SECONDS = 0.1
"""Least time between two snapshots of a running experiment."""

LARGEST_CHUNK = 4096

LONGEST_WAIT = 0.2
"""Seconds that training waits for the screen at most each time."""

INSTRUMENTS = Instruments()


def torch_devices() -> tuple[str, ...]:
    """The names of this machine's devices. Imports torch."""
    from engine.networks.torch_device import available_devices

    return tuple(available_devices())


class Worker:
    """Owns the run in progress. Send it commands from any thread; read `snapshot` from any thread."""

    def __init__(
        self,
        settings: Settings,
        build: Callable[..., Lockstep] = Lockstep,
        clock: Callable[[], float] = time.monotonic,
        instruments: Instruments = INSTRUMENTS,
        devices: Callable[[], tuple[str, ...]] = torch_devices,
    ) -> None:
        self.snapshot = Snapshot(0, settings, State.LOADING)
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._build = build
        self._clock = clock
        self._settings = settings
        self._lockstep: Lockstep | None = None
        self._find_devices = devices
        self._devices: tuple[str, ...] = ()
        self._refusal: Refusal | None = None
        self._previous: PreviousRun | None = None
        self._state = State.LOADING
        self._batches_left = math.inf
        self._speed = SpeedLimit(clock)
        self._chunk = 16
        self._next_snapshot = -math.inf
        self._pace = PaceMeter()
        self._checkpoints = Checkpoints()
        self._jobs = JobGroup(clock, instruments)
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._may_go_on = threading.Event()
        self._may_go_on.set()
        self.send(Restart(settings))

    def send(self, command: Command) -> None:
        """Queue a command; it takes effect between two chunks."""
        self._commands.put(command)

    def start(self) -> None:
        """Run in a daemon thread of its own until `Stop`."""
        self._thread = threading.Thread(target=self._run, name="mlp-engine", daemon=True)
        self._thread.start()

    def give_way(self) -> None:
        """Leave the processor to the screen, which has a key to deal with, until `go_on` or a fraction of a second."""
        self._may_go_on.clear()

    def go_on(self) -> None:
        """Train again."""
        self._may_go_on.set()

    def stop(self, timeout: float) -> bool:
        """Ask the thread to end and wait for it; returns whether it did."""
        self.send(Stop())
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped:
            self._may_go_on.wait(LONGEST_WAIT)
            wait = self.work()
            if wait > 0 and not self._stopped:
                self._take_commands(wait)

    def work(self) -> float:
        """Carry out waiting commands and train one chunk; returns how many seconds there is nothing to do."""
        try:
            self._take_commands(0)
            wait = self._train_chunk()
            return 0.0 if self._work_on_jobs() else wait
        except (Exception, SystemExit) as error:
            self._fail(self._sentence(error))
        return math.inf

    def _sentence(self, error: Exception | SystemExit) -> str:
        known = device_fault(error, self._settings.device) if isinstance(error, Exception) else None
        return fault_sentence("The engine", known or error)

    def work_until_idle(self) -> None:
        """`work` until there is nothing left to do but wait for a command."""
        while self.work() < math.inf:
            pass

    def _take_commands(self, wait: float) -> None:
        try:
            command = self._commands.get(timeout=None if wait == math.inf else wait) if wait else None
            while True:
                if command is not None:
                    self._carry_out(command)
                command = self._commands.get_nowait()
        except queue.Empty:
            return
        except (Exception, SystemExit) as error:
            # A restart that cannot be built must not end the thread.
            self._fail(self._sentence(error))

    def _carry_out(self, command: Command) -> None:
        match command:
            case Restart(settings, paused):
                self._restart(settings, paused)
            case Pause():
                self._set_running(False, math.inf)
            case Resume():
                self._set_running(True, math.inf)
            case StepEpochs(count) | StepBatches(count):
                self._step(count, whole_epochs=isinstance(command, StepEpochs))
            case SetSpeed(epochs_per_second):
                self._speed.set(epochs_per_second)
                self._publish()
            case Scrub(epoch):
                self._jobs.scrub.go_to(epoch)
                self._publish()
            case Watch(predictions):
                self._jobs.scrub.watch(predictions)
                self._publish()
            case OpenStep(epoch, matched_start, batch):
                self._jobs.step.watch(epoch, matched_start, batch)
            case CloseStep():
                self._jobs.step.wanted = False
            case MeasureImpact(plan):
                self._jobs.measure(plan)
                self._publish()
            case CancelImpact():
                self._jobs.cancel_measuring()
                self._publish()
            case Stop():
                self._stopped = True

    def _restart(self, settings: Settings, paused: bool) -> None:
        if self._refused(settings):
            return
        self._previous = self._run_before(settings)
        self._settings, self._lockstep = settings, None
        self._state, self._refusal = State.LOADING, None
        self._checkpoints = Checkpoints()
        self._jobs.restart()
        self._publish()
        lockstep = self._build(settings)
        self._keep_checkpoint(lockstep)
        # Not before it is whole: what fails on the way leaves no run for the jobs to look at.
        self._lockstep = lockstep
        self._chunk, self._pace = 16, PaceMeter()
        self._state = State.PAUSED
        self._set_running(not paused, math.inf)

    def _refused(self, settings: Settings) -> bool:
        """Whether this machine lacks the device; the run on screen then stays."""
        if not self._devices:
            self._devices = self._find_devices()
        try:
            check_available(settings.device, self._devices)
        except DeviceError as error:
            if self._lockstep is None:
                raise
            self._refusal = Refusal(settings, str(error))
            self._publish()
            return True
        return False

    def _run_before(self, settings: Settings) -> PreviousRun | None:
        """The present run, if one on the same data gives way to another."""
        if self._lockstep is None or not self._lockstep.epoch or self._settings.data != settings.data:
            return None
        changed = changed_words(self._settings, settings)
        return PreviousRun(changed, self._lockstep.curves()) if changed else self._previous

    def _step(self, count: int, whole_epochs: bool) -> None:
        """To the end of so many epochs, or on so many batches."""
        batches, batch = (1, 0) if self._lockstep is None else (self._lockstep.batches, self._lockstep.batch)
        left = count * batches - batch if whole_epochs else min(count, batches - batch)
        # A step of none would run for ever and train nothing.
        self._set_running(count > 0, max(0, left))

    def _set_running(self, running: bool, batches: float) -> None:
        if self._state in (State.RUNNING, State.PAUSED):
            self._state = State.RUNNING if running else State.PAUSED
            self._batches_left = batches
            self._speed.begin()
            if self._lockstep is not None:
                self._pace.go_on(self._clock(), self._lockstep.seconds)
        self._publish()

    def _train_chunk(self) -> float:
        if self._lockstep is None or self._state is not State.RUNNING:
            return math.inf
        now = self._clock()
        trained, wait = self._train_batches(self._lockstep, int(min(self._chunk, self._batches_left)))
        if not trained and self._lockstep.divergence is None:
            return wait
        self._keep_checkpoint(self._lockstep)
        seconds = self._clock() - now
        self._batches_left -= trained
        self._pace.add(trained / self._lockstep.batches, self._clock(), self._lockstep.seconds)
        if 2 * trained > self._chunk:
            self._chunk = max(1, min(LARGEST_CHUNK, int(trained * CHUNK_SECONDS / max(seconds, 1e-6))))
        if self._lockstep.divergence is not None:
            self._state = State.DIVERGED
        elif self._lockstep.finished:
            self._state = State.FINISHED
        elif self._batches_left <= 0:
            self._state = State.PAUSED
        if self._state is not State.RUNNING or self._clock() >= self._next_snapshot:
            self._publish()
        return 0.0 if self._state is State.RUNNING else math.inf

    def _train_batches(self, lockstep: Lockstep, count: int) -> tuple[int, float]:
        """Train on up to so many batches; returns on how many, and how many seconds to wait if on none."""
        if lockstep.batch:
            return lockstep.take(count), 0.0
        allowed, wait = self._speed.allowance(max(1, count // lockstep.batches))
        if not allowed:
            return 0, wait
        if count < lockstep.batches:
            return lockstep.take(count), 0.0
        return lockstep.step(allowed) * lockstep.batches, 0.0

    def _keep_checkpoint(self, lockstep: Lockstep) -> None:
        if lockstep.divergence is None and self._checkpoints.wanted(lockstep.taken):
            self._checkpoints.add(lockstep.taken, (lockstep.numpy.state(), lockstep.pytorch.state()))

    def _work_on_jobs(self) -> bool:
        """A little of everything beside training; returns whether there is more to do."""
        run = None
        if self._lockstep is not None:
            run = RunInProgress(self._settings, self._lockstep, self._checkpoints)
        states = self._jobs.work(run)
        if JobState.NEWS in states:
            self._publish()
        return any(state is not JobState.IDLE for state in states)

    def _fail(self, message: str) -> None:
        """Keep what was shown last: a model that has just failed is not asked anything more."""
        self._state = State.FAILED
        shown = self.snapshot
        self.snapshot = replace(shown, number=shown.number + 1, state=State.FAILED, error=message)

    def _publish(self) -> None:
        """Leave a fresh snapshot where the screen's timer finds it."""
        lockstep, number, started = self._lockstep, self.snapshot.number + 1, self._clock()
        own: dict[str, Any] = {
            "number": number,
            "speed_limit": self._speed.epochs_per_second,
            "devices": self._devices,
            "refusal": self._refusal,
        }
        if self._state is State.FAILED:
            self.snapshot = replace(self.snapshot, **own, **beside(self._jobs))
            return
        own |= {"state": self._state, "previous": self._previous}
        if lockstep is None:
            self.snapshot = Snapshot(settings=self._settings, **own, **beside(self._jobs))
            return
        self.snapshot = run_snapshot(lockstep, self._jobs, pace=self._pace.pace, **own)
        # A snapshot of a very large network takes long: never more than a tenth of the time goes into them.
        finished = self._clock()
        self._next_snapshot = finished + max(SNAPSHOT_SECONDS, 10 * (finished - started))
