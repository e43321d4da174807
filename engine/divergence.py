"""A run whose loss stopped being a finite number, and which difference makes it so: found by trying, never guessed.

Each difference left is matched alone, toward the side that did not diverge, and both are trained again past the epoch
of divergence. Where both stay finite, that difference has ended it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.discrepancies import Discrepancy, match_toward, remaining
from engine.settings import Settings, SideName

if TYPE_CHECKING:
    from engine.lockstep import Model

SECONDS = 2.0
"""The most that looking for a cause may take."""

BEYOND = 2
"""A trial goes on to so many times the epoch of divergence: what only puts it off by a few epochs ends nothing."""


@dataclass(frozen=True)
class Divergence:
    """A side's loss stopped being a finite number; the epoch counts from 1."""

    side: SideName
    epoch: int
    value: float

    @property
    def message(self) -> str:
        """One plain sentence."""
        return f"The {self.side.adjective} loss became {self.value} at epoch {self.epoch:,}, so training stopped there."


@dataclass(frozen=True)
class Cause:
    """Which differences, matched alone, end a divergence; `finished` once all of `left` are tried, or time is up."""

    left: tuple[Discrepancy, ...]
    ends_it: tuple[Discrepancy, ...] = ()
    untried: tuple[Discrepancy, ...] = ()
    finished: bool = True

    def sentence(self, divergence: Divergence) -> str:
        """What was found, in one or two sentences."""
        if not self.left:
            return "Both sides have the same settings and do the same; a smaller learning rate may end it."
        if not self.finished:
            return "Trying which difference makes it diverge …"
        untried = f" Not tried in {SECONDS:g} seconds: {_listed(self.untried)}." if self.untried else ""
        if not self.ends_it:
            return f"Matching {'one difference' if len(self.left) > 1 else 'it'} alone does not end it.{untried}"
        if len(self.ends_it) == 1:
            return f"The cause: {self.ends_it[0].title.lower()}. Matched alone, it ends the divergence.{untried}"
        return f"Any one of these, matched alone, ends it: {_listed(self.ends_it)}.{untried}"


def _listed(discrepancies: tuple[Discrepancy, ...]) -> str:
    return ", ".join(one.title.lower() for one in discrepancies)


class CauseStudy:
    """Looks for the cause of a divergence a little at a time; `cause` is what is known so far."""

    def __init__(
        self,
        settings: Settings,
        divergence: Divergence,
        build: Callable[[Settings], tuple[Model, Model]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._divergence, self._build = settings, divergence, build
        self._clock = clock
        self._left = remaining(settings)
        self._end = clock() + SECONDS
        self.cause = Cause(self._left, untried=self._left, finished=not self._left)
        self._work = self._try_all()

    def work(self) -> None:
        """One epoch of the present trial."""
        if not self.cause.finished and next(self._work, None) is None:
            self._say(self.cause.ends_it, self.cause.untried, True)

    def _say(self, ends_it: tuple[Discrepancy, ...], untried: tuple[Discrepancy, ...], finished: bool) -> None:
        self.cause = Cause(self._left, ends_it, untried, finished)

    def _try_all(self) -> Iterator[bool]:
        for discrepancy in self._left:
            if self._clock() >= self._end:
                return
            yield from self._try(discrepancy)

    def _try(self, discrepancy: Discrepancy) -> Iterator[bool]:
        matched, _ = match_toward(discrepancy, self._settings, self._divergence.side.other)
        numpy, pytorch = self._build(matched)
        finite = True
        for _ in range(min(BEYOND * self._divergence.epoch, self._settings.epochs)):
            with np.errstate(all="ignore"):
                finite = math.isfinite(numpy.step()) and math.isfinite(pytorch.step())
            if not finite:
                break
            if self._clock() >= self._end:
                return
            yield True
        self._say(
            (*self.cause.ends_it, *([discrepancy] if finite else [])),
            tuple(one for one in self.cause.untried if one is not discrepancy),
            False,
        )
        yield True


def find_cause(settings: Settings, divergence: Divergence, build: Callable[[Settings], tuple[Model, Model]]) -> Cause:
    """All at once, in two seconds at most."""
    study = CauseStudy(settings, divergence, build)
    while not study.cause.finished:
        study.work()
    return study.cause
