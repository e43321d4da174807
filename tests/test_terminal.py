"""The real program in a pseudo-terminal: however it ends, it ends soon and gives the terminal back whole."""

import os
import signal
import time

import pytest

from tests.pseudo_terminal import LIMIT, ON, Terminal


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
@pytest.mark.parametrize("moment", ["Differences", "of 5,000"], ids=["importing torch", "training"])
def test_signals(terminal, number, moment):
    program = terminal()
    program.wait_for(moment.encode())
    program.process.send_signal(number)
    assert program.ended() == 128 + number
    program.assert_whole()


def test_a_lost_terminal_ends_it(terminal):
    program = terminal()
    program.wait_for(b"of 5,000")
    os.close(program.slave)
    os.close(program.master)
    assert program.process.wait(timeout=LIMIT + 0.5) in (128 + signal.SIGHUP, 1)


def test_bytes_that_are_no_text_do_not_end_it(terminal):
    program = terminal()
    program.wait_for(b"of 5,000")
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
    program.wait_for(b"of 5,000")
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


def test_a_burst_of_bytes_finds_its_field(terminal):
    program = terminal("-m", "tui_app", "--epochs", "200")
    program.wait_for(b"200 of 200")
    os.write(program.master, b"o\x1b[B\x1b[B\x157\r")
    program.wait_for(b"2-7-1")
    os.write(program.master, b"q")
    assert program.ended() == 0


@pytest.mark.parametrize("before", [b"", b"o", b"H"], ids=["main", "setup", "value"])
def test_ctrl_c_does_not_wait_behind_other_keys(terminal, before):
    program = terminal("-m", "tui_app", "--epochs", "200")
    program.wait_for(b"200 of 200")
    os.write(program.master, before)
    time.sleep(0.5)
    os.write(program.master, b"\t" * 100 + b"\x03")
    assert program.ended() == 0
    program.assert_whole()
