"""A second thread that computes something beside the present one: the hand-written step beside PyTorch's.

NumPy and PyTorch both let other threads run while they multiply large matrices. In float64 the hand-written step takes
longer, so the thread that waits for it does some of its parts. A thread with nothing to do sleeps.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any

Work = Callable[[], Any]


@dataclass(frozen=True)
class Outcome:
    """What work came to: its value, or what it raised."""

    value: Any = None
    error: BaseException | None = None


def outcome_of(work: Work) -> Outcome:
    """Do it."""
    try:
        return Outcome(work())
    except BaseException as error:
        return Outcome(error=error)


class Pending:
    """Work under way in one thread, for another that will wait for it and then help."""

    def __init__(self) -> None:
        self._parts: queue.SimpleQueue[Work | Outcome] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.seconds_helped = 0.0
        """What the thread that waits has spent on parts."""

    def result(self) -> Any:
        """Take parts of it until it is done; raises what the work raised."""
        try:
            while not isinstance(part := self._parts.get(), Outcome):
                start = perf_counter()
                self._done.put(outcome_of(part))
                self.seconds_helped += perf_counter() - start
        except BaseException as error:
            # Ctrl-C between two parts: the other thread must not wait for one that was taken and is not computed.
            self._done.put(Outcome(error=error))
            raise
        if part.error is not None:
            raise part.error
        return part.value

    def finish(self, outcome: Outcome) -> None:
        """Called by the thread that works: there are no more parts."""
        self._parts.put(outcome)

    def share(self, parts: Sequence[Work]) -> None:
        """Called by the thread that works: have all of them done, whichever thread is free for the next."""
        for part in parts:
            self._parts.put(part)
        for part in self._left():
            self._done.put(outcome_of(part))
        for outcome in [self._done.get() for _ in parts]:
            if outcome.error is not None:
                raise outcome.error

    def _left(self) -> Iterator[Any]:
        while True:
            try:
                yield self._parts.get_nowait()
            except queue.Empty:
                return


class Companion:
    """Does one piece of work at a time. A daemon: it never keeps a program from ending."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[tuple[Work, Pending]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="mlp-companion", daemon=True).start()

    def begin(self, work: Work) -> Pending:
        """Start it; the result is there later."""
        pending = Pending()
        self._work.put((work, pending))
        return pending

    def _run(self) -> None:
        while True:
            work, _present.pending = self._work.get()
            _present.pending.finish(outcome_of(work))


_present = threading.local()
"""`pending`: what the present thread is working on, if it is a companion."""


def carry_out(parts: Sequence[Work]) -> None:
    """Do all of them, in any order; in a companion's work, together with the thread that waits for it."""
    pending: Pending | None = getattr(_present, "pending", None)
    if pending is not None:
        pending.share(parts)
        return
    for part in parts:
        part()


@cache
def companion() -> Companion:
    """The one of this process."""
    return Companion()
