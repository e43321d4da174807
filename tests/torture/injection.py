"""An exception raised in a function of the program at one of its calls, without touching it: by what traces calls."""

import inspect
import sys
import threading
from collections import Counter
from contextlib import contextmanager

from tests.torture.forks import ROOT

OURS = tuple(f"{ROOT / name}/" for name in ("engine", "tui_app"))
FUNCTION = inspect.CO_OPTIMIZED
"""What the body of a class lacks."""

REPORTING = (
    "/engine/worker/faults.py",
    "/engine/shown_text.py",
    "/engine/errors.py",
    "/tui_app/terminal/fault_reports.py",
)
"""What says that something has failed must not fail itself."""


def is_ours(code):
    """Whether it is a function of the program that may fail."""
    known = code.co_filename.startswith(OURS) and not code.co_filename.endswith(REPORTING)
    return known and bool(code.co_flags & FUNCTION) and code.co_name[0] != "<"


def place_of(code):
    """By which a function is known in every process: its file, its line and its name."""
    return code.co_filename, code.co_firstlineno, code.co_qualname


@contextmanager
def recorded():
    """Counts the calls of every function of the program inside."""
    calls = Counter()

    def look(frame, event, _):
        if event == "call" and is_ours(frame.f_code):
            calls[place_of(frame.f_code)] += 1

    sys.setprofile(look)
    try:
        yield calls
    finally:
        sys.setprofile(None)


class Injection:
    """Raises at the call of that number, or from it on."""

    def __init__(self, place, number, error, lasting=False):
        self.place, self.number, self.error, self.lasting = place, number, error, lasting
        self.calls = 0
        self.callers = None
        """The names of the functions that it was raised in; none before it is."""

    @property
    def name(self):
        return f"{self.place[0].removeprefix(f'{ROOT}/')}:{self.place[2]}"

    def arm(self):
        threading.settrace(self._look)
        sys.settrace(self._look)

    def lift(self):
        sys.settrace(None)
        threading.settrace(None)

    def _look(self, frame, event, _):
        if event != "call" or frame.f_code.co_firstlineno != self.place[1] or place_of(frame.f_code) != self.place:
            return
        self.calls += 1
        if self.calls == self.number or (self.lasting and self.calls > self.number):
            if self.callers is None:
                self.callers = _names(frame)
            # Python takes a trace function away that raises.
            raise self.error


def _names(frame):
    names = []
    while frame is not None:
        names.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return names
