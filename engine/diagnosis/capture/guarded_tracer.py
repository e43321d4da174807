"""Stands between Python's tracing and `line_tracer.py`: one thread at a time, and nothing of ours is raised within a
program.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from engine.diagnosis.capture.line_tracer import LineTracer, Local
from engine.diagnosis.capture.replaced_rows import Replacer

GLANCE = 0.02
"""Seconds of work between two looks at whether the program is still traced."""

LINES_A_GLANCE = 4096
"""So many lines are run between two looks at the clock."""


class GuardedTracer:
    """What `sys.settrace` is given. `hurry` is asked now and then whether there is time left, and `failed` gets what
    goes wrong here.
    """

    def __init__(
        self,
        tracer: LineTracer,
        hurry: Callable[[], None],
        failed: Callable[[Exception], None],
        replacer: Replacer | None = None,
    ) -> None:
        self.tracer = tracer
        self.replacer = replacer
        self.hurry = hurry
        self.failed = failed
        self.over = False
        self.lock = threading.RLock()
        self.lines = 0

    def start(self) -> None:
        """In this thread and in those that the program starts."""
        threading.settrace(self)
        sys.settrace(self)
        signal.signal(signal.SIGVTALRM, self._glance)
        signal.setitimer(signal.ITIMER_VIRTUAL, GLANCE, GLANCE)

    def _glance(self, number: int, frame: FrameType | None) -> None:
        """Trace again what is traced no more: Python gives it up where calls lie too deep for ours."""
        self.hurry()
        if self.over or sys.gettrace() is not None:
            return
        while frame is not None:
            if self.tracer.is_own(frame.f_code.co_filename):
                self._asked(self.tracer, frame, "call", None)
                frame.f_trace = self._inside
            frame = frame.f_back
        sys.settrace(self)

    def stop(self) -> None:
        """For good."""
        self.over = True
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        sys.settrace(None)
        threading.settrace(None)

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Local | None:
        """A call of any function."""
        return self._inside if self._asked(self.tracer, frame, event, arg) is not None else None

    def _inside(self, frame: FrameType, event: str, arg: Any) -> Local | None:
        self.lines += 1
        if not self.lines % LINES_A_GLANCE:
            self.hurry()
        self._asked(self.tracer.inside, frame, event, arg)
        return None if self.over else self._inside

    def _asked(self, look: Callable[[FrameType, str, Any], Any], frame: FrameType, event: str, arg: Any) -> Any:
        if self.over:
            return None
        try:
            with self.lock:
                if self.replacer is not None:
                    self.replacer.look(frame, self.tracer.last.get(id(frame), frame.f_lineno))
                return look(frame, event, arg)
        except RecursionError:
            return self._inside  # the program's own calls lie too deep for a look
        except Exception as fault:
            self.failed(fault)
            return None
