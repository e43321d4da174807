"""What the torture tests count: how much was tried, what failed, and how to see one failure again.

A part is a sequence of numbered cases. A case draws everything from `random`, which depends on the part, the seed and
the number alone, so that `--seed S --case N` repeats it.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace

LONGEST = 800
"""Characters of a failure that the table shows."""


@dataclass
class Failure:
    """A case that went wrong."""

    number: int
    said: str


@dataclass
class Part:
    """One kind of torture. `share` shortens it, `only` picks a single case, `room` is a folder of its own."""

    name: str
    seed: int
    share: float = 1.0
    only: int | None = None
    tried: int = 0
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    counting: threading.Lock = field(default_factory=threading.Lock)

    def numbers(self, count: int) -> Iterator[int]:
        """The cases to run."""
        return iter([self.only] if self.only is not None else range(max(1, round(count * self.share))))

    def chances(self, number: int) -> random.Random:
        """Where this case's chances come from."""
        return random.Random(f"{self.name} {self.seed} {number}")

    def fail(self, number: int, said: object) -> None:
        """Note it and go on."""
        self.failures.append(Failure(number, " ".join(str(said).split())))

    @contextmanager
    def case(self, number: int, worth: int = 1, seconds: float = 60) -> Iterator[random.Random]:
        """A case, which counts as `worth` tries. What it raises, or a hang, is a failure; the part goes on.

        Only in the main thread can a hang be interrupted.
        """
        with self.counting:
            self.tried += worth
        try:
            with _alarm(seconds) if threading.current_thread() is threading.main_thread() else nullcontext():
                yield self.chances(number)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            notes = " ".join(getattr(error, "__notes__", ()))
            self.fail(number, f"{type(error).__name__}: {error} [{place_of(error)}] {notes}")

    def side_by_side(self, count: int, run: Callable[[int, random.Random], None], worth: int = 1) -> None:
        """Two at a time, of cases that wait more than they work; each sees to it by itself that it ends."""

        def one(number: int) -> None:
            with self.case(number, worth) as chances:
                run(number, chances)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(one, self.numbers(count)))

    def conclude(self) -> None:
        """Fail if anything failed."""
        self.seconds = time.monotonic() - self.started
        assert not self.failures, f"{len(self.failures)} of {self.tried} failed; the table at the end lists them"


class Hangs(BaseException):
    """No `Exception`: what goes on after any of these must not go on after this."""


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, _hangs)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _hangs(*_: object) -> None:
    raise Hangs("it does not end")


def place_of(error: BaseException) -> str:
    """Where it was raised, the innermost call last."""
    calls, walk = [], error.__traceback__
    while walk is not None:
        code = walk.tb_frame.f_code
        calls.append(f"{code.co_filename.rpartition('/')[2]}:{walk.tb_lineno} {code.co_name}")
        walk = walk.tb_next
    return " < ".join(reversed(calls[-4:]))


PARTS: list[Part] = []
"""Those of this run, in their order."""


def table() -> list[str]:
    """What was tried and what failed, and under it how to see each failure again."""
    rows = [SimpleNamespace(name="what", tried="tried", failed="failed", seconds="seconds")]
    rows += [
        SimpleNamespace(
            name=part.name,
            tried=f"{part.tried:,}",
            failed=f"{len(part.failures):,}",
            seconds=f"{part.seconds or time.monotonic() - part.started:,.0f}",
        )
        for part in PARTS
    ]
    width = max(len(row.name) for row in rows)
    lines = [f"{row.name:{width}}  {row.tried:>9}  {row.failed:>6}  {row.seconds:>7}" for row in rows]
    for part in PARTS:
        lines += [f"{part.name}: {note}" for note in part.notes]
        for failure in part.failures:
            said = failure.said if len(failure.said) <= LONGEST else f"{failure.said[:LONGEST]} …"
            lines.append(
                f"{part.name}: -k {part.name.replace(' ', '_')} --seed {part.seed} --case {failure.number}: {said}"
            )
    return lines
