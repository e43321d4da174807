"""The real program on a pseudo-terminal of its own."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

from tests.forked import COMMAND, Forked
from tests.terminal_modes import left_on

LIMIT = 2.0
"""Seconds in which the program must have ended."""

ON, OFF = b"\x1b[?1049h", b"\x1b[?1049l"


class Terminal:
    """The program as a session leader on a pseudo-terminal of its own."""

    def __init__(self, *command, size=(40, 120), cwd=None, **environment):
        self.master, self.slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self.slave)
        self.output = b""
        environment = {**os.environ, "TERM": "xterm-256color", **environment}
        self.process = self._start(command or COMMAND, cwd, environment)

    def _start(self, command, cwd, environment):
        return subprocess.Popen(
            [sys.executable, *command],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            cwd=cwd,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - one system call
        )

    def resize(self, lines, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            self.output += os.read(self.master, 65536)

    def wait_for(self, text, seconds=30, since=0):
        """Read until this has come, behind the first so many bytes."""
        self.wait_until(lambda: text in self.output[since:], seconds)

    def wait_while(self, seconds):
        """Read for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.02)

    def wait_until(self, condition, seconds=30):
        """Read until this is so."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.output[-2000:]
            assert self.process.poll() is None, self.output[-2000:]
            self.read(0.02)

    def wait_until_drawn(self, seconds=0.1):
        """Read until something has come, and nothing more for so long."""
        before = len(self.output)
        self.wait_until(lambda: len(self.output) > before)
        while len(self.output) > before:
            before = len(self.output)
            self.read(seconds)

    def wait_until_full(self, seconds=0.7):
        """Read nothing until the terminal has taken no byte for so long, though the program goes on writing."""
        before, since = -1, time.monotonic()
        while time.monotonic() < since + seconds:
            (waiting,) = struct.unpack("i", fcntl.ioctl(self.master, termios.FIONREAD, bytes(4)))
            if waiting != before:
                before, since = waiting, time.monotonic()
            time.sleep(0.02)
        assert before > 1000

    def stopped(self, reading=True):
        """Whether the process is suspended, soon."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if reading:
                self.read(0.05)
            with open(f"/proc/{self.process.pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "T":
                    # What it wrote last may still be on its way.
                    if reading:
                        self.wait_while(0.1)
                    return True
            time.sleep(0.01)
        return False

    def line_modes(self, attributes=None):
        """The line discipline; PENDIN is set by the kernel itself on the way back to canonical mode."""
        modes = list(attributes or termios.tcgetattr(self.slave))
        modes[3] &= ~termios.PENDIN
        return modes

    def ended(self, limit=LIMIT):
        """The exit status; the time it took must be within the limit."""
        start = time.monotonic()
        while self.process.poll() is None:
            assert time.monotonic() < start + limit + 0.5, "it has not ended"
            self.read(0.02)
        took = time.monotonic() - start
        self.read(0)
        assert took < limit
        return self.process.returncode

    def assert_whole(self):
        """Left as it was found: main screen, cursor, no mouse or paste mode, the same line discipline."""
        assert ON in self.output
        assert not left_on(self.output), (left_on(self.output), self.output[-400:])
        assert self.line_modes() == self.line_modes(self.before)

    def hang_up(self):
        """The terminal is gone."""
        for end in (self.slave, self.master):
            with contextlib.suppress(OSError):
                os.close(end)
        # The numbers may soon be another terminal's.
        self.master = self.slave = -1

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hang_up()


class ForkedTerminal(Terminal):
    """The same without the wait for imports."""

    def _start(self, command, cwd, environment):
        return Forked(command, [self.slave] * 3, cwd, environment, terminal=True)
