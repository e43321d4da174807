"""Writing to a terminal that may not be read: what it does not take is dropped, and nobody waits for it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import IO

from textual.drivers._writer_thread import WriterThread

MOST_WAITING = 30
"""Pictures, or parts of one, that may wait to be written."""

BEHIND = 4
"""Parts of a picture, as many as one has; if more wait, the terminal is slower than the pictures."""

STOP_SECONDS = 0.5
"""How long leaving waits for what is still to be written."""


class DroppingWriter(WriterThread):
    """Textual's writer, whose `write` never blocks. `recovered` is called, in the writer's thread, when a terminal that
    has missed something takes output again: it then needs a whole picture. Every piece is written inside `writing`.
    """

    def __init__(
        self,
        file: IO[str],
        recovered: Callable[[], None],
        writing: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        super().__init__(file)
        self._waiting: queue.Queue[str | None] = queue.Queue(MOST_WAITING)
        self._recovered = recovered
        self._inside = writing
        self._missed = threading.Event()
        self._gone = self._given_up = False
        self.done = False
        """Whether all that mattered has been taken or will never be."""

    @property
    def behind(self) -> bool:
        """Whether the terminal has not yet taken what was written before the last."""
        return self._waiting.qsize() > BEHIND

    def write(self, text: str) -> None:
        """Queue a whole piece, or drop it."""
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self._missed.set()

    def run(self) -> None:
        """Write what is queued until the end; a terminal that is gone gets nothing more."""
        while (text := self._waiting.get()) is not None and not self._given_up:
            try:
                self._put(text)
            except (OSError, ValueError):
                self._gone = True
        if not self._gone:
            # The end comes too soon behind the last piece for it to have been the last.
            with suppress(OSError, ValueError), self._inside():
                self._file.flush()

    def _put(self, text: str) -> None:
        if self._gone:
            return
        with self._inside():
            self._file.write(text)
            if not self._waiting.empty():
                return
            self._file.flush()
        if self._missed.is_set():
            self._missed.clear()
            self._recovered()

    def leave(self) -> None:
        """Pictures do not matter any more: only what is written from now on must not be missed."""
        self._missed.clear()

    def give_up(self) -> None:
        """Write nothing of what is left."""
        self._given_up = self._gone = True

    def stop(self) -> None:
        """Write what is left, if the terminal takes it soon."""
        try:
            self._waiting.put(None, timeout=STOP_SECONDS)
        except queue.Full:
            return
        self.join(STOP_SECONDS)
        self.done = not self.is_alive() and not self._missed.is_set()
