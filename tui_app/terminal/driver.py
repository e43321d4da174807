"""The terminal: whether there is one, and a driver that survives what real terminals send and do not read."""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver

from tui_app.terminal.input import TerminalInput
from tui_app.terminal.output import DroppingWriter
from tui_app.terminal.signals import PICTURE_END, PLAIN_POINTER
from tui_app.text.ascii import to_ascii

if TYPE_CHECKING:
    from tui_app.terminal.signals import Ending


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
    """Textual's driver, but no bytes end the app, a lost terminal does, and nothing waits for one that is not read."""

    _writer: DroppingWriter | None = None
    _entered = False
    """Whether the terminal's modes are this program's."""

    def stop_application_mode(self) -> None:
        """As Textual's, which leaves the pointer as it is, and the picture open whose end was missed."""
        if self._writer is not None:
            self._writer.leave()
        self.write(f"{PICTURE_END}{PLAIN_POINTER}")
        super().stop_application_mode()

    def _sigcont_application(self, *_: object) -> None:
        # Stopped without being asked. To go in twice and out once would leave something on.
        if self._entered and self._auto_restart:
            self.suspend_application_mode()
            self._must_signal_resume = True
        super()._sigcont_application()

    @property
    def _writer_thread(self) -> WriterThread | None:
        return self._writer

    @_writer_thread.setter
    def _writer_thread(self, writer: WriterThread | None) -> None:
        # Textual's would make the event loop wait for the terminal.
        if writer is None or self._file is None:
            self._writer = None
        else:
            writing = nullcontext if self._ending is None else self._ending.writing
            self._writer = DroppingWriter(self._file, self._recovered, writing)
            self._entered = True

    @property
    def behind(self) -> bool:
        """Whether the terminal has not taken what was written last."""
        return self._writer is not None and self._writer.behind

    def _recovered(self) -> None:
        self._loop.call_soon_threadsafe(self._app.refresh)

    @property
    def _ending(self) -> Ending | None:
        return getattr(self._app, "ending", None)

    def close(self) -> None:
        """Write what is left; if that is not possible, set the modes back some other way."""
        super().close()
        self._entered = False
        if self._ending is None:
            return
        if self._writer is not None and not self._writer.done:
            if self._app._exit:
                self._ending.now(self._app.return_code or 0)
            self._writer.give_up()
            self._ending.give_back()
        self._ending.terminal_changed = False

    def run_input_thread(self) -> None:
        """Read the terminal until the app ends or the terminal is gone."""
        terminal = TerminalInput(time.monotonic, self._debug)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                for _ in selector.select(0.1):
                    try:
                        data = os.read(self.fileno, 4096)
                    except OSError:
                        data = b""
                    if not data:
                        self._lost()
                        return
                    for message in terminal.feed(data):
                        self.process_message(message)
                for message in terminal.tick():
                    self.process_message(message)

    def _lost(self) -> None:
        status = 128 + signal.SIGHUP
        if self._ending is not None:
            self._ending.begin(status)
        else:
            self._loop.call_soon_threadsafe(lambda: self._app.exit(return_code=status))

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            # Without input there is no going on, and that is no success.
            self._loop.call_soon_threadsafe(self._app.call_later, self._app._handle_exception, error)

    def _disable_mouse_support(self) -> None:
        super()._disable_mouse_support()
        if self._mouse:
            # Textual turns it on where a terminal reports its size in pixels, and leaves it on.
            self.write("\x1b[?1016l")


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
