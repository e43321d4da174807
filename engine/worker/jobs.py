"""What the engine thread does beside training: go to an epoch again, open up a step, measure the impact, find a cause.

Each job works a little at a time between two chunks of training; `worker.py` carries its results into the snapshots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from engine.errors import InputError
from engine.experiment.settings import Settings
from engine.impact.fitted import Expected, FittedStudy
from engine.impact.study import Impact, Plan
from engine.run.divergence import Cause, CauseStudy
from engine.run.lockstep import Lockstep
from engine.run.scrubbing import Checkpoints, EpochState, Scrubber
from engine.step.growth import Growth, GrowthStudy
from engine.step.trace import StepTrace, Tracing

CHUNK_SECONDS = 0.02
"""About how long a job or a chunk of training works before commands are looked at again."""

SCRUB_BLOCK = 64
"""Batches repeated between two looks at the clock."""

GROWTH_BLOCK = 16
"""Batches looked into, as long as nothing differs, between two looks at the clock."""

IMPACT_BLOCK = 10
"""Epochs of every combination between two looks at the clock."""

NEWS_SECONDS = 0.25
"""Least time between two pictures of a job that is under way."""


class JobState(Enum):
    """What came of a little work."""

    IDLE = "idle"
    """Nothing to do."""
    BUSY = "busy"
    """More to do."""
    NEWS = "news"
    """Something to show; perhaps more to do."""


@dataclass(frozen=True)
class Instruments:
    """What the jobs measure with; tests put made-up ones here."""

    trace: Callable[..., Tracing] = Tracing
    study: Callable[[Plan], FittedStudy] = FittedStudy
    growth: Callable[..., GrowthStudy] = GrowthStudy


@dataclass
class RunInProgress:
    """The run that the jobs look at."""

    settings: Settings
    lockstep: Lockstep
    checkpoints: Checkpoints


class Job:
    """Work beside the run. `failed` says why a fault ended it: it does nothing until something is asked of it again."""

    failed: str | None = None

    def give_up(self, why: str) -> None:
        """A fault has ended it: let go of what it was working with."""
        self.failed = why


class CauseJob(Job):
    """Looks for the cause of a divergence."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._study: CauseStudy | None = None

    @property
    def cause(self) -> Cause | None:
        """What is known so far; nothing without a divergence."""
        return None if self._study is None else self._study.cause

    def restart(self) -> None:
        """The run is another one."""
        self._study, self.failed = None, None

    def give_up(self, why: str) -> None:
        """Look no further in this run."""
        super().give_up(why)
        self._study = None

    def work(self, run: RunInProgress) -> JobState:
        """A few epochs of a trial."""
        divergence = run.lockstep.divergence
        if divergence is None or (self._study is not None and self._study.cause.finished):
            return JobState.IDLE
        if self._study is None:
            self._study = CauseStudy(run.settings, divergence, run.lockstep.build, self._clock)
        end = self._clock() + CHUNK_SECONDS
        self._study.work()
        while not self._study.cause.finished and self._clock() <= end:
            self._study.work()
        return JobState.NEWS if self._study.cause.finished else JobState.BUSY


class ScrubJob(Job):
    """Shows an epoch again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.target: int | None = None
        self.watching = False
        self.result: EpochState | None = None
        self._scrubber: Scrubber | None = None

    def restart(self) -> None:
        """The run is another one."""
        self.result, self._scrubber, self.failed = None, None, None

    def give_up(self, why: str) -> None:
        """Stay where it is."""
        super().give_up(why)
        self._scrubber = None

    def watch(self, predictions: bool) -> None:
        """Whether what is shown has predictions."""
        self.watching, self.failed = predictions, None

    def go_to(self, epoch: int | None) -> None:
        """Show this epoch, or none."""
        self.target, self.failed = epoch, None
        if epoch is None:
            self.result = None

    def work(self, run: RunInProgress) -> JobState:
        """Train the second pair of models a little toward the epoch asked for."""
        target, shown = self.target, self.result
        if target is None or not 1 <= target <= run.lockstep.epoch:
            return JobState.IDLE
        if shown is not None and shown.epoch == target and (shown.predictions is not None) >= self.watching:
            return JobState.IDLE
        if self._scrubber is None:
            self._scrubber = Scrubber(run.settings, run.lockstep.build)
        pair = self._scrubber.pair
        self._scrubber.seek(pair.latest_start(target), run.checkpoints)
        if not _train_toward(self._scrubber, target * pair.batches, self._clock):
            return JobState.BUSY
        self.result = self._scrubber.state(self.watching)
        return JobState.NEWS


def _train_toward(scrubber: Scrubber, taken: int, clock: Callable[[], float]) -> bool:
    """Train for a chunk's time; returns whether so many batches lie behind it."""
    end = clock() + CHUNK_SECONDS
    block = 1
    while scrubber.taken < taken:
        scrubber.train(min(block, taken - scrubber.taken))
        if clock() > end:
            break
        block = min(2 * block, SCRUB_BLOCK)
    return scrubber.taken >= taken


class StepJob(Job):
    """Opens up a step, and follows how the runs come apart. Without an epoch: the step at which they first do."""

    def __init__(self, clock: Callable[[], float], instruments: Instruments) -> None:
        self._clock = clock
        self._instruments = instruments
        self.wanted = False
        self._epoch: int | None = None
        self._batch = 1
        self._matched_start = False
        self.trace: StepTrace | None = None
        self.growth: Growth | None = None
        self._scrubber: Scrubber | None = None
        self._study: GrowthStudy | None = None
        self._tracing: Tracing | None = None
        self._traced: tuple[int, int, bool] | None = None
        self._next_news = 0.0

    def restart(self) -> None:
        """The run is another one."""
        self.trace, self.growth, self._scrubber, self._study = None, None, None, None
        self.failed, self._tracing = None, None

    def give_up(self, why: str) -> None:
        """Open nothing until a step is asked for again, or the run is another one."""
        super().give_up(why)
        self._scrubber, self._study, self._tracing = None, None, None

    def watch(self, epoch: int | None, matched_start: bool, batch: int = 1) -> None:
        """Open the step of this batch of an epoch."""
        self.failed = None
        self.wanted, self._epoch, self._batch, self._matched_start = True, epoch, batch, matched_start

    def work(self, run: RunInProgress) -> JobState:
        """A little of the growth, or the step."""
        if not self.wanted:
            return JobState.IDLE
        followed = self.growth is not None and self.growth.trained >= run.lockstep.epoch
        state = JobState.IDLE if followed else self._follow(run)
        return state if state is JobState.NEWS else self._open(run, state)

    def _follow(self, run: RunInProgress) -> JobState:
        if self._study is None:
            self._study = self._instruments.growth(run.settings, run.lockstep.build)
        study, end, last = self._study, self._clock() + CHUNK_SECONDS, run.lockstep.epoch
        batches = study.pair.batches
        while study.epoch < last and self._clock() <= end:
            study.train(min(GROWTH_BLOCK if batches == 1 else 1, last * batches - study.pair.taken))
        if study.epoch == last or self._clock() >= self._next_news:
            self._next_news = self._clock() + NEWS_SECONDS
            self.growth = study.growth()
            return JobState.NEWS
        return JobState.BUSY

    def _open(self, run: RunInProgress, otherwise: JobState) -> JobState:
        place = self._place(run)
        if place is None:
            return otherwise
        shown, wanted = self.trace, (*place, self._matched_start)
        if shown is not None and (shown.epoch, shown.batch, shown.matched_start) == wanted:
            return otherwise
        end = self._clock() + CHUNK_SECONDS
        if self._tracing is None or self._traced != wanted:
            self._tracing = self._begin_tracing(run, *place)
            self._traced = wanted
        traced = None if self._tracing is None else self._tracing.work(lambda: self._clock() <= end)
        if traced is None:
            return JobState.BUSY
        self.trace, self._tracing = traced, None
        return JobState.NEWS

    def _place(self, run: RunInProgress) -> tuple[int, int] | None:
        """The epoch and batch of the step to be opened; none where it is not known, or not trained yet."""
        epoch, batch = self._epoch, self._batch
        if epoch is None:
            if self.growth is None or (self.growth.first is None and self.growth.trained < run.lockstep.epoch):
                return None
            epoch, batch = max(1, self.growth.first or 1), self.growth.first_batch
        batch = min(batch, run.settings.batches_of_epoch)
        before = (epoch - 1) * run.lockstep.batches + batch - 1
        return (epoch, batch) if before < max(1, run.lockstep.taken) else None

    def _begin_tracing(self, run: RunInProgress, epoch: int, batch: int) -> Tracing | None:
        """From the states before that batch, once they are there."""
        if self._scrubber is None:
            self._scrubber = Scrubber(run.settings, run.lockstep.build)
        pair = self._scrubber.pair
        before = (epoch - 1) * pair.batches + batch - 1
        self._scrubber.seek(before, run.checkpoints)
        if not _train_toward(self._scrubber, before, self._clock):
            return None
        return self._instruments.trace(run.settings, epoch, pair.states(), self._matched_start, batch)


@dataclass(frozen=True)
class ImpactState:
    """A measurement of the impact: how much of it is done, what came out so far, and what is wrong if something is."""

    plan: Plan
    share: float = 0.0
    running: bool = True
    impact: Impact | None = None
    error: str | None = None
    expected: Expected | None = None


@dataclass
class ImpactJob(Job):
    """Measures how much each difference matters; what it has found stays until another measurement begins."""

    clock: Callable[[], float]
    instruments: Instruments
    state: ImpactState | None = None
    _study: FittedStudy | None = field(default=None, init=False)
    _next_news: float = field(default=0.0, init=False)

    def begin(self, plan: Plan) -> None:
        """Measure this from now on."""
        self._study, self.state, self.failed = None, ImpactState(plan), None
        try:
            self._study = self.instruments.study(plan)
        except InputError as error:
            self.state = ImpactState(plan, running=False, error=str(error))

    def give_up(self, why: str) -> None:
        """Stop; what is measured says why."""
        super().give_up(why)
        if self.state is not None and self.state.running:
            self.state = ImpactState(self.state.plan, running=False, error=why)
        self._study = None

    def cancel(self) -> None:
        """Stop, and keep what is measured."""
        if self._study is not None and self.state is not None:
            self._show(self._study, running=False)
            self._study = None

    def work(self) -> JobState:
        """Train a few epochs of all combinations."""
        study = self._study
        if study is None:
            return JobState.IDLE
        end = self.clock() + CHUNK_SECONDS
        while not study.finished and self.clock() <= end:
            study.step(IMPACT_BLOCK)
        if not study.finished and self.clock() < self._next_news:
            return JobState.BUSY
        self._next_news = self.clock() + NEWS_SECONDS
        self._show(study, running=not study.finished)
        if study.finished:
            self._study = None
        return JobState.NEWS

    def _show(self, study: FittedStudy, running: bool) -> None:
        self.state = ImpactState(study.plan, study.share, running, study.impact(), expected=study.expected)
