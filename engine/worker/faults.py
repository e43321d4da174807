"""Exceptions that nobody expected: one sentence that says what failed and where, and a log file with the traceback.

Bad input is no fault: it is an `InputError`, whose sentence says what would be right.
"""

from __future__ import annotations

import logging
import traceback
from contextlib import suppress
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path

from platformdirs import user_state_path

from engine.errors import InputError
from engine.shown_text import shown

LOG_BYTES = 500_000
"""At most so large is the log, and one older one beside it."""

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Fault:
    """Work beside the run that has ended early: which, and why in one sentence."""

    job: str
    message: str


def log_file() -> Path:
    """Where tracebacks are kept."""
    return user_state_path("mlp-tui") / "faults.log"


def fault_sentence(what: str, error: BaseException) -> str:
    """That `what` failed and why; the traceback of what was not expected goes to the log."""
    if isinstance(error, InputError):
        return str(error)
    kept = f"the traceback is in {shown(log_file())}" if _log(what, error) else "its traceback could not be kept"
    words = shown(str(error))
    return f"{what} failed: {type(error).__name__}{f': {words}' if words else ''}{_place(error)}; {kept}."


def _place(error: BaseException) -> str:
    """The last line of this program's own that it passed."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(ROOT / "engine") or file.is_relative_to(ROOT / "tui_app"):
            return f", in {file.relative_to(ROOT)}, line {frame.lineno}"
    return ""


def _log(what: str, error: BaseException) -> bool:
    """Keep the traceback; returns whether that was possible."""
    with suppress(OSError):
        log_file().parent.mkdir(parents=True, exist_ok=True)
        with suppress(UnicodeError):
            handler = RotatingFileHandler(log_file(), maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
            handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
            details = (type(error), error, error.__traceback__)
            handler.handle(logging.LogRecord("mlp-tui", logging.ERROR, "", 0, f"{what} failed", None, details))
            handler.close()
            return True
    return False
