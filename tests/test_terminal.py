"""The real program in a pseudo-terminal: however it ends, it ends soon and gives the terminal back whole."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

LIMIT = 2.0
"""Seconds in which the program must have ended."""

ON, OFF = b"\x1b[?1049h", b"\x1b[?1049l"


class Terminal:
    """The program as a session leader on a pseudo-terminal of its own."""

    def __init__(self, *command, size=(40, 120), **environment):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.output = b""
        self.process = subprocess.Popen(
            [sys.executable, *(command or ("-m", "tui_app"))],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env={**os.environ, "TERM": "xterm-256color", **environment},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def read(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            self.output += os.read(self.master, 65536)

    def wait_for(self, text, seconds=30):
        end = time.monotonic() + seconds
        while text not in self.output:
            assert time.monotonic() < end, self.output[-2000:]
            assert self.process.poll() is None, self.output[-2000:]
            self.read(0.05)

    def ended(self):
        """The exit status; the time it took must be within the limit."""
        start = time.monotonic()
        while self.process.poll() is None:
            assert time.monotonic() < start + LIMIT + 0.5, "it has not ended"
            self.read(0.02)
        took = time.monotonic() - start
        self.read(0)
        assert took < LIMIT
        return self.process.returncode

    def assert_whole(self):
        """Left as it was found: main screen, cursor, no mouse or paste mode, the same line discipline."""
        assert self.output.count(ON) == self.output.count(OFF) > 0
        tail = self.output[self.output.rindex(OFF) :]
        assert b"\x1b[?25h" in tail
        for mode in (b"1000", b"1003", b"1006", b"2004"):
            assert self.output.rindex(b"\x1b[?" + mode + b"l") > self.output.rindex(b"\x1b[?" + mode + b"h")
        # PENDIN is set by the kernel itself on the way back to canonical mode.
        after = termios.tcgetattr(self.slave)
        after[3] &= ~termios.PENDIN
        before = list(self.before)
        before[3] &= ~termios.PENDIN
        assert after == before

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for end in (self.master, self.slave):
            try:
                os.close(end)
            except OSError:
                pass


@pytest.fixture
def terminal():
    opened = []

    def open_terminal(*command, **options):
        opened.append(Terminal(*command, **options))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("key", "moment"),
    [(b"q", b"Differences"), (b"\x03", b"Differences"), (b"q", b"200 of 200"), (b"\x03", b"200 of 200")],
    ids=["q importing torch", "ctrl-c importing torch", "q finished", "ctrl-c finished"],
)
def test_keys_that_leave(terminal, key, moment):
    program = terminal("-m", "tui_app", "--epochs", "200")
    program.wait_for(moment)
    os.write(program.master, key)
    assert program.ended() == 0
    program.assert_whole()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("moment", ["Differences", "of 5,000 epochs"], ids=["importing torch", "training"])
def test_signals(terminal, number, moment):
    program = terminal()
    program.wait_for(moment.encode())
    program.process.send_signal(number)
    assert program.ended() == 128 + number
    program.assert_whole()


def test_a_lost_terminal_ends_it(terminal):
    program = terminal()
    program.wait_for(b"of 5,000 epochs")
    os.close(program.slave)
    os.close(program.master)
    assert program.process.wait(timeout=LIMIT + 0.5) in (128 + signal.SIGHUP, 1)


def test_bytes_that_are_no_text_do_not_end_it(terminal):
    program = terminal()
    program.wait_for(b"of 5,000 epochs")
    os.write(program.master, b"\x1b[M \xff\xfe\x80\xc3(")
    time.sleep(0.5)
    assert program.process.poll() is None
    os.write(program.master, b"q")
    assert program.ended() == 0
    program.assert_whole()


def test_a_crash_in_the_app_gives_the_terminal_back(terminal):
    code = (
        "import engine, sys\n"
        "from tui_app import app\n"
        "app.ExplorerApp.action_log = lambda self: 1 / 0\n"
        "sys.exit(app.explore(engine.preset('asked')))\n"
    )
    program = terminal("-c", code)
    program.wait_for(b"of 5,000 epochs")
    os.write(program.master, b"l")
    assert program.ended() == 1
    assert b"ZeroDivisionError" in program.output
    program.assert_whole()


def test_a_dumb_terminal_is_refused(terminal):
    program = terminal(TERM="dumb")
    assert program.process.wait(timeout=20) == 2
    program.read(0.1)
    assert b"use 'mlp-tui run'" in program.output
    assert ON not in program.output
