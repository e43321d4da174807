"""A second thread that computes something beside the present one: the hand-written step beside PyTorch's.

NumPy and PyTorch both let other threads run while they multiply large matrices.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

Work = Callable[[], Any]


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
            work, pending = self._work.get()
            try:
                pending.outcome.put((work(), None))
            except BaseException as error:
                pending.outcome.put((None, error))


class Pending:
    """Work under way."""

    def __init__(self) -> None:
        self.outcome: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def result(self) -> Any:
        """Wait for it; raises what the work raised."""
        value, error = self.outcome.get()
        if error is not None:
            raise error
        return value


@cache
def companion() -> Companion:
    """The one of this process."""
    return Companion()
