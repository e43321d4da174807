"""A run whose loss stopped being a finite number, and which difference makes it so: found by trying, never guessed.

Each difference left is matched alone, toward the side that did not diverge, and both are trained again past the epoch
of divergence. Where both stay finite, that difference has ended it, for the epochs tried: while there is time, what has
ended it is tried for twice as many, up to the run's last.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

from engine.experiment.choices import SideName
from engine.experiment.discrepancies import Discrepancy, match_toward, remaining
from engine.experiment.settings import Settings
from engine.experiment.toward import noun
from engine.run.model_pair import Build, ModelPair

SECONDS = 2.0
"""The most that looking for a cause may take."""

BEYOND = 2
"""A first trial goes to so many times the epoch of divergence: what only puts it off by a few epochs ends nothing."""


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
    """Which differences, matched alone, end a divergence; `finished` once all of `left` are tried, or time is up.

    Each was matched `toward` the side that went on; those `elsewhere` toward the other, as that side cannot have their
    value. What ends it did so for `epochs` epochs; none where these are all of the run's.
    """

    left: tuple[Discrepancy, ...]
    toward: SideName
    ends_it: tuple[Discrepancy, ...] = ()
    untried: tuple[Discrepancy, ...] = ()
    finished: bool = True
    elsewhere: tuple[Discrepancy, ...] = ()
    epochs: int | None = None

    def sentence(self) -> str:
        """What was found, in one or two sentences."""
        if not self.left:
            return "Both sides have the same settings and do the same; a smaller learning rate may end it."
        if not self.finished:
            return "Trying which difference makes it diverge …"
        sentences = [] if self.untried == self.left else [self._found()]
        if self.untried:
            sentences.append(f"Not tried in {SECONDS:g} seconds: {_listed(self.untried)}.")
        return " ".join(sentences)

    def _found(self) -> str:
        tried = "" if self.epochs is None else f" for the {self.epochs:,} epochs tried"
        if not self.ends_it:
            one = "one difference" if len(self.left) > 1 else "it"
            return f"Matching {one} alone {self._way(self.left)} does not end it."
        way = f"alone {self._way(self.ends_it)}"
        if len(self.ends_it) == 1:
            return f"The cause: {_listed(self.ends_it)}. Matched {way}, it ends the divergence{tried}."
        return f"Any one of these, matched {way}, ends it{tried}: {_listed(self.ends_it)}."

    def _way(self, matched: tuple[Discrepancy, ...]) -> str:
        """Toward which side these were matched; what went the other way is named."""
        other_way = tuple(one for one in matched if one in self.elsewhere and one not in self.untried)
        if other_way == matched:
            return f"toward {noun(self.toward.other)}"
        but = f" ({_listed(other_way)} toward {noun(self.toward.other)})" if other_way else ""
        return f"toward {noun(self.toward)}{but}"


def _listed(discrepancies: tuple[Discrepancy, ...]) -> str:
    return ", ".join(one.title.lower() for one in discrepancies)


class CauseStudy:
    """Looks for the cause of a divergence a little at a time; `cause` is what is known so far."""

    def __init__(
        self,
        settings: Settings,
        divergence: Divergence,
        build: Build,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._divergence, self._build = settings, divergence, build
        self._clock = clock
        self._left = remaining(settings)
        self._end = clock() + SECONDS
        toward, left = divergence.side.other, self._left
        elsewhere = tuple(one for one in left if match_toward(one, settings, toward)[1] is not toward)
        self.cause = Cause(left, toward, untried=left, finished=not left, elsewhere=elsewhere)
        self._work = self._try_all()

    def work(self) -> None:
        """One batch of the present trial."""
        if not self.cause.finished and next(self._work, None) is None:
            self.cause = replace(self.cause, finished=True)

    @property
    def _late(self) -> bool:
        return self._clock() >= self._end

    def _try_all(self) -> Iterator[bool]:
        """All once, then what has ended it again, for twice as many epochs each time."""
        last, epochs, tried = self._settings.epochs, self._divergence.epoch, self._left
        while tried:
            epochs = min(BEYOND * epochs, last)
            if tried is self._left:  # what these find is said even where time is up before the last of them
                self._say_epochs(epochs)
            for discrepancy in tried:
                finite = None if self._late else (yield from self._try(discrepancy, epochs))
                if finite is None:
                    return
                self._say(discrepancy, finite)
            self._say_epochs(epochs)
            tried = self.cause.ends_it if epochs < last else ()

    def _say_epochs(self, epochs: int) -> None:
        self.cause = replace(self.cause, epochs=None if epochs == self._settings.epochs else epochs)

    def _say(self, discrepancy: Discrepancy, finite: bool) -> None:
        ended = {*self.cause.ends_it, discrepancy} if finite else {*self.cause.ends_it} - {discrepancy}
        untried = tuple(one for one in self.cause.untried if one is not discrepancy)
        self.cause = replace(self.cause, ends_it=tuple(one for one in self._left if one in ended), untried=untried)

    def _try(self, discrepancy: Discrepancy, epochs: int) -> Generator[bool, None, bool | None]:
        """Whether both stay finite with it matched; none where time is up before that is known."""
        matched, _ = match_toward(discrepancy, self._settings, self.cause.toward)
        pair = ModelPair(matched, self._build)
        while pair.epoch < epochs:
            pair.take(1)
            if not pair.batch and not all(map(math.isfinite, pair.losses)):
                return False
            if self._late:
                return None
            yield True
        return True


def find_cause(settings: Settings, divergence: Divergence, build: Build) -> Cause:
    """All at once, in two seconds at most."""
    study = CauseStudy(settings, divergence, build)
    while not study.cause.finished:
        study.work()
    return study.cause
