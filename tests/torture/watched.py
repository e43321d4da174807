"""The real program in a terminal and a room of its own, to be driven and ended; and what it may leave behind."""

from __future__ import annotations

import contextlib
import os
import re
import select
import tempfile
import time
from pathlib import Path

from tests.pseudo_terminal import LIMIT, Terminal
from tests.terminal_modes import left_on, plain

ROOT = Path(__file__).parent.parent.parent

UNEXPECTED = (b"Traceback", b"Aborted", b"Exception", b"Fatal Python error", b"core dumped", b"failed:")
"""What no end may say."""

ANSWERS = b"\x1b[?2026;2$y\x1b[?2048;2$y"
"""A modern terminal's, to what it is asked: it can draw at once and report its size in the stream."""


class Watched(Terminal):
    """The program with nobody else's files."""

    def __init__(self, *options, **terminal):
        self.folder = tempfile.TemporaryDirectory(prefix="mlp-tui-torture-")
        self.room = Path(self.folder.name)
        self.work = self.room / "work"
        self.work.mkdir()
        # The greeting of the first time would lie over the status line.
        (self.room / "mlp-tui").mkdir()
        (self.room / "mlp-tui" / "config.toml").write_text("")
        home = {name: str(self.room) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
        super().__init__("-m", "tui_app", *options, cwd=self.work, PYTHONPATH=str(ROOT), **home, **terminal)

    def close(self):
        super().close()
        self.folder.cleanup()

    def type(self, data, seconds=2.0):
        """Write all of it, and read meanwhile; a terminal that takes nothing is no way to hang."""
        end = time.monotonic() + seconds
        os.set_blocking(self.master, False)
        while data:
            assert time.monotonic() < end, f"the program does not read what is typed: {data[:40]!r}"
            self.read(0)
            if select.select([], [self.master], [], 0.02)[1]:
                with contextlib.suppress(BlockingIOError):
                    data = data[os.write(self.master, data) :]

    def see(self, text, since=0, seconds=30.0):
        """Wait for text, a regular expression, that comes after so many bytes of output."""
        end = time.monotonic() + seconds
        while not re.search(text, shown := plain(self.output[since:])):
            assert self.process.poll() is None, f"ended with {self.process.returncode}, waiting for {text!r}"
            assert time.monotonic() < end, f"no {text!r} in {' '.join(shown.split())[-200:]!r}"
            self.read(0.05)

    def press(self, keys, text, seconds=10.0):
        """Type, and see what it brings."""
        since = len(self.output)
        self.type(keys)
        self.see(text, since, seconds)

    def died(self, reading=True):
        """The exit status, within the limit; nobody reads meanwhile unless `reading`."""
        if reading:
            return self.ended()
        self.process.wait(timeout=LIMIT)
        self.drain()
        return self.process.returncode

    def drain(self):
        """Read what is still there."""
        before = -1 if self.master != -1 else len(self.output)
        while before != len(self.output):
            before = len(self.output)
            with contextlib.suppress(OSError):
                self.read(0.02)

    def companions(self):
        """Other processes of the program's session."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.process.pid and stat.parent.name != str(self.process.pid):
                    found.append(f"{stat.parent.name} {(stat.parent / 'comm').read_text().strip()}")
        return found

    def check_left_behind(self):
        """The terminal as it was, if there is one still; nobody left, nothing half written, nothing said."""
        assert not (said := [word for word in UNEXPECTED if word in self.output]), (said, self.output[-300:])
        assert not (log := self.last_fault()), log
        assert not (others := self.companions()), others
        if self.master != -1:
            self.drain()
            assert not (left := left_on(self.output)), (left, self.output[-200:])
            assert self.line_modes() == self.line_modes(self.before)
        assert not (parts := [path.name for path in self.work.rglob("*.part")]), parts

    def last_fault(self):
        """The last line of the log of what should not have failed."""
        log = self.room / "mlp-tui" / "faults.log"
        return log.read_text().rstrip().splitlines()[-1] if log.exists() else ""
