"""Signals that end the program: a thread of its own takes them, so that no state of the screen can keep them waiting.

They are held back while modules are imported; the explorer gives the terminal back before it obeys, in good order if it
can within a moment, else at once.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

GRACE_SECONDS = 1.3
"""How long an orderly end may take before the process ends itself."""

PLAIN_POINTER = "\x1b]22;default\x07"
PICTURE_END = "\x1b[?2026l"

RESTORE = (
    b"\x1b]22;default\x07"
    b"\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?2048l\x1b[<u\x1b[?1049l"
    b"\x1b[?25h\x1b[?1004l"
)
"""Turns off all that the driver turns on: the pointer's shape, paste and mouse modes, key protocol, alternate screen,
hidden cursor.
"""

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))


def hold_back() -> None:
    """Keep the signals that end the program until somebody can obey them. Threads that begin later inherit this."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def let_through() -> None:
    """Obey them as any program does, those held back included."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


class Ending:
    """How this process ends on a signal. `orderly` begins an orderly end with an exit status; it may be missing, and it
    must not block.
    """

    def __init__(self) -> None:
        self.orderly: Callable[[int], object] | None = None
        self.terminal_changed = False
        """Whether there may be modes to turn off."""
        self._line_modes = _line_modes()
        self._begun = threading.Lock()
        self._writing = threading.Lock()
        self._turning_off = False

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write to the terminal inside; once its modes are being turned off, nobody comes in any more."""
        with self._writing:
            if self._turning_off:
                raise OSError("the terminal is being given back")
            self.terminal_changed = True
            yield

    def watch(self) -> None:
        """Take the signals from now on."""
        hold_back()
        for number in ENDING:
            # A library's thread that is older than this may still be handed one.
            signal.signal(number, lambda received, _: self.begin(128 + received))
        if hasattr(signal, "sigwait"):
            threading.Thread(target=self._wait, name="mlp-signals", daemon=True).start()

    def _wait(self) -> None:
        while True:
            self.begin(128 + signal.sigwait(ENDING))

    def begin(self, status: int) -> None:
        """End in good order and soon; at once if that has begun already or there is nothing to bring in order."""
        if self.orderly is None or not self._begun.acquire(blocking=False):
            self.now(status)
            return
        backstop = threading.Timer(GRACE_SECONDS, self.now, (status,))
        backstop.daemon = True
        backstop.start()
        self.orderly(status)

    def now(self, status: int) -> None:
        """End, with the terminal given back as far as it takes anything."""
        # Writing to a terminal that is gone or stopped may block for ever, so it has a thread and a moment of its own.
        restoring = threading.Thread(target=self.restore, daemon=True)
        restoring.start()
        restoring.join(0.4)
        os._exit(status)

    def restore(self) -> None:
        """Set the line modes back, then turn off what else was turned on. Nobody writes any more after that."""
        _set_line_modes(self._line_modes)
        _discard_unfinished()
        self._turn_off()

    def give_back(self) -> None:
        """Turn off what was turned on, for a while."""
        if self._turn_off():
            self._writing.release()
        self._turning_off = False

    def _turn_off(self) -> bool:
        """Whoever is writing to a terminal that nobody reads is made to give up. Returns whether nobody writes now."""
        self._turning_off = True
        alone = self._writing.acquire(timeout=0.1)
        with suppress(OSError):
            os.set_blocking(2, False)
            if not alone:
                _forget_output()
                alone = self._writing.acquire(timeout=0.1)
            if self.terminal_changed and not _written(RESTORE):
                _forget_output()
                _written(RESTORE)
        with suppress(OSError):
            # The shell has the same one.
            os.set_blocking(2, True)
        return alone


def end_on_termination() -> None:
    """What a command has begun to write is taken away when it is told to end, as on Ctrl-C."""
    for name in ("SIGTERM", "SIGHUP", "SIGQUIT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda received, _: sys.exit(128 + received))


def _discard_unfinished() -> None:
    files = sys.modules.get("engine.export.files")
    if files is not None:
        files.discard_unfinished()


def _written(data: bytes) -> bool:
    with suppress(BlockingIOError):
        return os.write(2, data) == len(data)
    return False


def _forget_output() -> None:
    """What the terminal has not taken; and who waits for it to be taken looks again."""
    try:
        import termios

        for action in (termios.TCOOFF, termios.TCOON):
            termios.tcflush(2, termios.TCOFLUSH)
            termios.tcflow(2, action)
    except (ImportError, OSError, termios.error):
        return


def _line_modes() -> list[Any] | None:
    try:
        import termios

        return termios.tcgetattr(sys.__stdin__.fileno()) if sys.__stdin__ is not None else None
    except (ImportError, OSError, ValueError, termios.error):
        return None


def _set_line_modes(modes: list[Any] | None) -> None:
    if modes is None or sys.__stdin__ is None:
        return
    import termios

    with suppress(OSError, ValueError, termios.error):
        termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, modes)
