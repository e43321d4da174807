"""The terminal: whether there is one, a driver that survives what real terminals send, and leaving it whole."""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
import sys
import threading
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from tui_app.ascii import to_ascii

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

GRACE_SECONDS = 1.5
"""How long an orderly end may take before the process ends itself."""

RESTORE = (
    b"\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?2048l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Turns off all that the driver turns on: paste and mouse modes, key protocol, alternate screen, hidden cursor."""


def why_no_terminal() -> str | None:
    """Why the explorer cannot be shown here, or nothing if it can. `textual serve` brings a driver of its own."""
    if os.environ.get("TEXTUAL_DRIVER"):
        return None
    for name, stream in (("input", sys.__stdin__), ("output", sys.__stdout__), ("error output", sys.__stderr__)):
        if stream is None or not stream.isatty():
            return f"standard {name} is not a terminal"
    kind = os.environ.get("TERM", "")
    if kind in ("", "dumb", "unknown"):
        return f"TERM is '{kind}', a terminal that cannot place text"
    return None


class TerminalDriver(LinuxDriver):
    """Textual's driver, but an undecodable byte is a replacement character and a lost terminal ends the app."""

    def run_input_thread(self) -> None:
        """Read the terminal until the app ends or the terminal is gone."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                for _ in selector.select(0.1):
                    try:
                        data = os.read(self.fileno, 4096)
                    except OSError:
                        data = b""
                    if not data:
                        self._loop.call_soon_threadsafe(end_soon, self._app, 128 + signal.SIGHUP)
                        return
                    for message in parser.feed(decode(data)):
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)


class AsciiDriver(TerminalDriver):
    """Lets no byte above 127 out, whoever wrote it."""

    def write(self, data: str) -> None:
        """Write ASCII."""
        super().write(to_ascii(data))


def driver_class(ascii: bool) -> type[LinuxDriver] | None:
    """The driver to use; none leaves the choice to Textual."""
    if os.environ.get("TEXTUAL_DRIVER") or sys.platform == "win32":
        return None
    return AsciiDriver if ascii else TerminalDriver


def handle_signals(app: App[Any]) -> None:
    """End in good order on SIGINT, SIGTERM and SIGHUP. Call from the running event loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end_soon, app, 128 + number)


def end_soon(app: App[Any], status: int) -> None:
    """Ask the app to exit; if it has not ended after the grace period, end the process with the terminal restored."""
    if not app.is_headless:
        _after(GRACE_SECONDS, lambda: _end_now(app, status))
    app.exit(return_code=status)


def _end_now(app: App[Any], status: int) -> None:
    # Writing to a terminal that is gone or stopped may block for ever, so it has a thread and a moment of its own.
    restoring = threading.Thread(target=_restore, args=(getattr(app._driver, "attrs_before", None),), daemon=True)
    restoring.start()
    restoring.join(0.2)
    os._exit(status)


def _restore(attributes: list[Any] | None) -> None:
    import termios

    try:
        if attributes is not None and sys.__stdin__ is not None:
            termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, attributes)
        os.write(2, RESTORE)
    except (OSError, termios.error):
        pass


def _after(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
