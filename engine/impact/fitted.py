"""A study that takes no longer than two minutes unless told: timed on its first epochs, with fewer seeds or epochs if
need be.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.impact.study import Impact, Plan, Study

LONGEST = 120.0
"""Seconds that a measurement may take where neither seeds nor epochs are told."""

AIMED_AT = 110.0
"""What a longer one is shortened to: the clock is not exact."""

LEAST_SEEDS = 3
"""So many are measured before epochs are taken away: with fewer a spread says nothing."""

TIMED_EPOCHS = 20
"""After the first, which are slower: they are recorded."""

RECORDED_EPOCHS = 3


@dataclass(frozen=True)
class Told:
    """What the user has said, and what is therefore not shortened."""

    seeds: bool = False
    epochs: bool = False


@dataclass(frozen=True)
class Expected:
    """How long a plan takes, as timed; and how long the one would have taken that was asked for."""

    seconds: float
    asked: Plan
    asked_seconds: float

    def shortened(self, plan: Plan) -> bool:
        """Whether less than what was asked for is measured."""
        return plan != self.asked


class FittedStudy:
    """A `Study` of a plan, or of a shorter one. Raises `SettingsError` and `DeviceError`."""

    def __init__(self, plan: Plan, told: Told | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
        self.expected: Expected | None = None
        """Known after the first epochs."""
        self._asked, self._clock = plan, clock
        self._told = Told() if told is None else told
        self._study = Study(plan)

    @property
    def plan(self) -> Plan:
        """What is measured."""
        return self._study.plan

    @property
    def finished(self) -> bool:
        """As `Study.finished`."""
        return self._study.finished

    @property
    def share(self) -> float:
        """As `Study.share`."""
        return self._study.share

    def step(self, epochs: int) -> None:
        """As `Study.step`; the first time so many that it can be said how long all takes."""
        if self.expected is None:
            self._time()
        else:
            self._study.step(epochs)

    def impact(self) -> Impact | None:
        """As `Study.impact`."""
        return self._study.impact()

    def _time(self) -> None:
        asked_seconds = seconds = self._seconds()
        if seconds > LONGEST and not self._told.seeds:
            seeds = max(LEAST_SEEDS, int(len(self.plan.seeds) * AIMED_AT / seconds))
            if seeds < len(self.plan.seeds):
                self._study = Study(replace(self.plan, seeds=self.plan.seeds[:seeds]))
                seconds = self._seconds()
        if seconds > LONGEST and not self._told.epochs:
            epochs = max(TIMED_EPOCHS, int(self.plan.settings.epochs * AIMED_AT / seconds))
            if epochs < self.plan.settings.epochs:
                self._study = Study(replace(self.plan, settings=replace(self.plan.settings, epochs=epochs)))
                seconds = self._seconds()
        self.expected = Expected(seconds, self._asked, asked_seconds)

    def _seconds(self) -> float:
        """Of the whole study, by its first epochs, which are then measured."""
        settings = self.plan.settings
        begun = self._clock()
        self._study.step(min(RECORDED_EPOCHS, settings.epochs))
        built = self._clock()
        timed = min(TIMED_EPOCHS, settings.epochs - RECORDED_EPOCHS)
        if timed <= 0:
            return (built - begun) * self._study.blocks
        self._study.step(timed)
        each = (self._clock() - built) / timed
        return self._study.blocks * (built - begun + each * (settings.epochs - RECORDED_EPOCHS))
