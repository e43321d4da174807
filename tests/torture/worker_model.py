"""What the engine thread must do, in a simple model: the state it is in, and the run when nobody interferes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

import engine
from engine.experiment.changes import changed_words
from engine.experiment.choices import SideName
from engine.experiment.settings import Settings
from engine.impact.study import measure
from engine.run.lockstep import Lockstep
from engine.run.verdict import judge
from engine.step.trace import trace_epoch
from engine.worker.commands import OpenStep, Pause, Restart, Resume, Scrub, SetSpeed, StepBatches, StepEpochs, Watch
from engine.worker.snapshot import State

ABSENT = "cuda:99"


def pool() -> list[Settings]:
    """Small experiments of every kind: equal, different, diverging, of one epoch, in batches, and on a device that is
    missing.
    """
    asked, exact = (replace(engine.preset(name), threads=1) for name in ("asked", "exact"))
    diverging = replace(exact, epochs=60, output_activation="identity", activation="identity")
    summing = exact.with_side(SideName.PYTORCH, zero_grad="forgotten", momentum="nesterov-0.5", weight_decay="0.01")
    batches = replace(exact, epochs=25, data=engine.built_in("regression"))
    for side in SideName:
        batches = batches.with_side(side, batch=3, order="dataloader", momentum="0.5")
    uneven = batches.with_side(SideName.NUMPY, batch=2, order="permutation", epoch_loss="whole-set")
    uneven = uneven.with_side(SideName.PYTORCH, last_batch="drop", epoch_loss="last-batch")
    runaway = replace(batches, output_activation="identity", activation="identity")
    return [
        batches,
        uneven,
        runaway.with_side(SideName.NUMPY, learning_rate=1e30),
        replace(asked, epochs=30),
        replace(asked, epochs=150, seed=3),
        replace(exact, epochs=40, hidden=()),
        replace(exact, epochs=70, hidden=(3, 2), data=engine.built_in("regression")),
        replace(engine.preset("answer"), epochs=1, threads=1),
        replace(engine.preset("pytorch"), epochs=20, data=engine.built_in("moons"), threads=1),
        diverging.with_side(SideName.PYTORCH, learning_rate=1e6),
        replace(exact, epochs=30, device=ABSENT),
        replace(engine.preset("classes"), epochs=40, threads=1),
        replace(summing, epochs=50),
    ]


class Reference:
    """A run that nothing interrupts, looked at after every batch."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        lockstep = Lockstep(settings)
        self.parameters = [lockstep.parameters()]
        self.comparisons = [lockstep.comparison(self.parameters[0])]
        self.scores = [lockstep.scores()]
        while not lockstep.finished:
            lockstep.take(1)
            if lockstep.divergence is None:
                self.parameters.append(lockstep.parameters())
                self.comparisons.append(lockstep.comparison(self.parameters[-1]))
                self.scores.append(lockstep.scores())
        self.last, self.batches, self.divergence = lockstep.epoch, lockstep.batches, lockstep.divergence
        curves = lockstep.curves()
        self.losses = curves.numpy.low, curves.pytorch.low

    @property
    def taken(self) -> int:
        """The batches of all its epochs."""
        return self.last * self.batches

    @property
    def end(self) -> State:
        """What it ends as."""
        return State.FINISHED if self.divergence is None else State.DIVERGED


reference = cache(Reference)
impact_of = cache(measure)


@cache
def step_of(settings: Settings, epoch: int, batch: int, matched_start: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """Both sides' tensors of a step, from a run of its own."""
    traced = trace_epoch(settings, epoch, matched_start, batch)
    return [(one.numpy, one.pytorch) for one in traced.operations]


@dataclass
class Model:
    """The state that commands make; how far a run is, is counted in batches."""

    settings: Settings
    state: State = State.LOADING
    batches_left: float = math.inf
    speed: float | None = None
    built: bool = False
    target: int | None = None
    watching: bool = False
    refused: Settings | None = None
    previous: tuple[str, Settings, int] | None = None
    asked: list[object] = field(default_factory=list)

    def take(self, command: object, taken: int) -> int:
        """What a command does to a run after so many batches; returns after how many it is then."""
        batches = self.settings.batches_of_epoch if self.built else 1
        match command:
            case Restart(settings, paused):
                return self._restart(settings, paused, taken)
            case Pause():
                self._run(False, math.inf)
            case Resume():
                self._run(True, math.inf)
            case StepEpochs(count):
                self._run(count > 0, max(count * batches - taken % batches, 0))
            case StepBatches(count):
                self._run(count > 0, max(min(count, batches - taken % batches), 0))
            case SetSpeed(speed):
                self.speed = speed
            case Scrub(target):
                self.target = target
            case Watch(watching):
                self.watching = watching
        return taken

    def _run(self, running: bool, batches: float) -> None:
        if self.state in (State.RUNNING, State.PAUSED):
            self.state, self.batches_left = State.RUNNING if running else State.PAUSED, batches

    def _restart(self, settings: Settings, paused: bool, taken: int) -> int:
        if settings.device == ABSENT:
            if self.built:
                self.refused = settings
            else:
                self.state = State.FAILED
            return taken
        epoch = taken // self.settings.batches_of_epoch
        if not self.built or not epoch or self.settings.data != settings.data:
            self.previous = None
        elif changed := changed_words(self.settings, settings):
            self.previous = changed, self.settings, epoch
        self.settings, self.built, self.refused = settings, True, None
        self.state = State.PAUSED if paused else State.RUNNING
        self.batches_left = math.inf
        return 0

    def train(self, before: int, after: int, diverged: bool) -> None:
        """A chunk took the run so far, and no further than it may."""
        run = reference(self.settings)
        if diverged and self.state is State.RUNNING:
            assert after == run.taken
            return
        if self.state is not State.RUNNING:
            assert after == before, f"{self.state} trained from {before} to {after}"
            return
        assert before <= after <= before + self.batches_left, (before, after, self.batches_left)
        assert after < run.taken + run.batches if run.divergence else after <= run.taken
        assert after > before or self.speed is not None
        self.batches_left -= after - before

    def settle(self, diverged: bool, taken: int) -> None:
        """What state a chunk leaves."""
        if self.state is State.RUNNING:
            run = reference(self.settings)
            if diverged:
                assert (run.end, taken) == (State.DIVERGED, run.taken)
                self.state = State.DIVERGED
            elif taken >= self.settings.epochs * run.batches:
                self.state = State.FINISHED
            elif self.batches_left <= 0:
                self.state = State.PAUSED

    def check(self, shown, taken: int) -> None:
        """What a snapshot says of this state; a running one may be a little behind."""
        assert (shown.state, shown.speed_limit) == (self.state, self.speed)
        if not self.built:
            assert shown.error
            return
        assert shown.error is None
        assert shown.settings == self.settings
        assert (shown.refusal and shown.refusal.settings) == self.refused
        assert shown.batches == self.settings.batches_of_epoch
        assert shown.taken == taken or (self.state is State.RUNNING and shown.taken < taken)
        check_run(shown)
        self._check_previous(shown)
        if self.state is not State.RUNNING:
            assert (shown.predictions is not None) == self.watching or shown.taken != taken

    def _check_previous(self, shown) -> None:
        assert (shown.previous is None) == (self.previous is None)
        if self.previous is not None:
            changed, settings, epoch = self.previous
            assert shown.previous.changed == changed
            same(shown.previous.curves.numpy.low, reference(settings).losses[0][:epoch])


def same(ours, theirs) -> None:
    """Bit for bit; within an epoch that diverges weights may be no numbers, which are equal to none."""
    equal = np.array_equal(ours, theirs) or np.array_equal(ours, theirs, equal_nan=True)
    assert equal, f"not the same bits: {ours} and {theirs}"


def check_run(shown) -> None:
    """Losses, weights, gaps and verdict of a snapshot are those of the run that nothing interrupts."""
    run, epoch = reference(shown.settings), shown.epoch
    same(shown.curves.numpy.low, run.losses[0][:epoch])
    same(shown.curves.pytorch.high, run.losses[1][:epoch])
    if shown.state is not State.DIVERGED:
        for ours, theirs in zip(shown.parameters, run.parameters[shown.taken], strict=True):
            same(ours.numpy, theirs.numpy)
            same(ours.pytorch, theirs.pytorch)
        if np.isfinite(shown.comparison.weights.moved):
            assert shown.comparison == run.comparisons[shown.taken]
        assert shown.scores == run.scores[shown.taken]
    divergence = run.divergence if shown.state is State.DIVERGED else None
    assert shown.verdict == judge(shown.settings, shown.comparison, divergence, shown.cause, shown.scores)


def check_idle(model: Model, opened: OpenStep | None, measured, shown) -> None:
    """What the jobs must have found once nothing is left to do."""
    run = reference(model.settings)
    target = model.target
    if target is None:
        assert shown.scrubbed is None
    elif 1 <= target <= shown.epoch:
        assert shown.scrubbed.epoch == target
        assert (shown.scrubbed.predictions is not None) >= model.watching
        same(shown.scrubbed.numpy_loss, run.losses[0][target - 1])
        for ours, theirs in zip(shown.scrubbed.parameters, run.parameters[target * run.batches], strict=True):
            same(ours.pytorch, theirs.pytorch)
    if opened is not None:
        _check_step(opened, shown)
    if measured is not None:
        assert not shown.impact.running
        if shown.impact.impact is not None and shown.impact.impact.finished:
            expected = impact_of(measured)
            assert shown.impact.plan == measured
            for kind, game in expected.games.items():
                same(shown.impact.impact.games[kind], game)
    if shown.state is State.DIVERGED:
        assert shown.cause.finished


def _check_step(opened: OpenStep, shown) -> None:
    """The step that was asked for is open if the run has come so far, with the tensors of a run of its own."""
    assert shown.growth.trained == shown.epoch
    epoch, batch = opened.epoch, min(opened.batch, shown.batches)
    if epoch is None:
        epoch, batch = max(1, shown.growth.first or 1), shown.growth.first_batch
    if (epoch - 1) * shown.batches + batch > max(1, shown.taken):
        return
    assert (shown.step.epoch, shown.step.batch, shown.step.matched_start) == (epoch, batch, opened.matched_start)
    expected = step_of(shown.settings, epoch, batch, opened.matched_start)
    for ours, theirs in zip(shown.step.operations, expected, strict=True):
        same(ours.numpy, theirs[0])
        same(ours.pytorch, theirs[1])
