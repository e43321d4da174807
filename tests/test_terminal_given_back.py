"""The terminal in rarer states than a picture under the cursor: whatever was turned on is turned off again."""

import contextlib
import os
import signal
import time

import pytest

from tests.examples import hardest, long
from tests.pseudo_terminal import LIMIT, ON, ForkedTerminal
from tests.terminal_modes import left_on
from tui_app.terminal.signals import Ending

EPOCHS = {"finished": ("300", b"300 of 300"), "training": ("10000000", b"of 10,000,000")}


@pytest.fixture(params=["finished"])
def program(request):
    epochs, text = EPOCHS[request.param]
    with contextlib.closing(ForkedTerminal("-m", "tui_app", "--epochs", epochs)) as one:
        one.wait_for(text)
        yield one


training = pytest.mark.parametrize("program", ["training"], indirect=True)
"""Without end: it goes on writing."""


OPENED = {"help": (b"?", b"Help"), "palette": (b"\x10", b"Search for commands"), "setup": (b"o", b"Hidden layers")}


@pytest.fixture(params=hardest(OPENED))
def opened(program, request):
    keys, text = OPENED[request.param]
    os.write(program.master, keys)
    program.wait_for(text)
    program.wait_while(0.3)
    return program


def test_ctrl_c_leaves_from_every_dialog(opened):
    os.write(opened.master, b"\x03")
    assert opened.ended() == 0
    opened.assert_whole()


def test_ctrl_z_suspends_from_every_dialog(opened):
    os.write(opened.master, b"\x1a")
    assert opened.stopped()
    opened.assert_whole()


def test_a_stop_that_nobody_can_refuse(program):
    program.process.send_signal(signal.SIGSTOP)
    assert program.stopped()
    entered = program.output.count(ON)
    program.process.send_signal(signal.SIGCONT)
    end = time.monotonic() + LIMIT
    while program.output.count(ON) == entered:
        assert time.monotonic() < end
        program.read(0.05)
    program.wait_while(1)
    os.write(program.master, b"q")
    assert program.ended() == 0
    program.assert_whole()


def test_the_pointer_is_as_it_was(program):
    os.write(program.master, b"o")
    program.wait_for(b"Hidden layers")
    os.write(program.master, b"\x1b[<35;60;20M\x1b[<35;50;19M")
    program.wait_for(b"\x1b]22;text\x07")
    program.process.send_signal(signal.SIGTERM)
    assert program.ended() == 128 + signal.SIGTERM
    program.assert_whole()


def drained(program):
    before = -1
    while before != len(program.output):
        before = len(program.output)
        program.read(0.1)
    return program.output


@training
def test_a_terminal_that_nobody_reads_is_told_all_the_same(program):
    program.wait_until_full()
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(timeout=LIMIT + 0.5) == 128 + signal.SIGTERM
    assert left_on(drained(program)) == []
    assert os.get_blocking(program.slave)


@long
@training
def test_a_terminal_that_nobody_reads_is_left_for_a_while_too(program):
    program.wait_until_full()
    os.write(program.master, b"\x1a")
    assert program.stopped(reading=False)
    assert left_on(drained(program)) == []
    program.process.send_signal(signal.SIGCONT)
    program.output = b""
    program.wait_for(b"Curves")
    os.write(program.master, b"q")
    assert program.ended() == 0
    program.assert_whole()


def test_nobody_writes_any_more_while_the_modes_are_turned_off():
    ending = Ending()
    ending._turning_off = True
    with pytest.raises(OSError, match="given back"), ending.writing():
        pass
