"""Writing never waits for a terminal: what it does not take is dropped whole, and made good once it is read again."""

import threading
import time

import pytest

from tui_app.terminal.output import MOST_WAITING, STOP_SECONDS, DroppingWriter


class Terminal:
    """Takes nothing until it is `open`, and fails once it is `gone`."""

    def __init__(self):
        self.open = threading.Event()
        self.gone = False
        self.taken = []

    def write(self, text):
        self.open.wait(20)
        if self.gone:
            raise OSError("gone")
        self.taken.append(text)

    def flush(self):
        pass


@pytest.fixture
def terminal():
    one = Terminal()
    yield one
    one.open.set()


def until(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_nothing_waits_and_the_picture_is_asked_for_once_it_is_read_again(terminal):
    recovered = []
    writer = DroppingWriter(terminal, lambda: recovered.append(len(terminal.taken)))
    writer.start()
    start = time.monotonic()
    pieces = [str(number) for number in range(5 * MOST_WAITING)]
    for piece in pieces:
        writer.write(piece)
    assert time.monotonic() - start < 1
    assert writer.behind
    assert not recovered
    terminal.open.set()
    until(lambda: recovered)
    assert pieces[: len(terminal.taken)] == terminal.taken
    assert recovered == [len(terminal.taken)]
    writer.write("after")
    until(lambda: terminal.taken[-1] == "after")
    assert len(recovered) == 1
    assert not writer.behind
    writer.stop()
    assert writer.done


def test_what_is_taken_in_time_is_all_written(terminal):
    terminal.open.set()
    writer = DroppingWriter(terminal, pytest.fail)
    writer.start()
    for piece in "abc":
        writer.write(piece)
    writer.stop()
    assert terminal.taken == ["a", "b", "c"]
    assert writer.done


@pytest.mark.parametrize("pieces", [1, 5 * MOST_WAITING])
def test_leaving_does_not_wait_for_a_terminal_that_takes_nothing(terminal, pieces):
    writer = DroppingWriter(terminal, lambda: None)
    writer.start()
    for _ in range(pieces):
        writer.write("x")
    start = time.monotonic()
    writer.stop()
    assert time.monotonic() - start < 4 * STOP_SECONDS
    assert not writer.done


def test_a_terminal_that_is_gone_keeps_nobody(terminal):
    terminal.gone = True
    terminal.open.set()
    writer = DroppingWriter(terminal, lambda: None)
    writer.start()
    for _ in range(5 * MOST_WAITING):
        writer.write("x")
        time.sleep(0.001)
    writer.stop()
    assert not writer.is_alive()


def test_what_is_written_last_does_not_stay_in_the_buffer(terminal):
    flushed = []
    terminal.flush = lambda: flushed.append(len(terminal.taken))
    terminal.open.set()
    writer = DroppingWriter(terminal, lambda: None)
    writer.start()
    for piece in "abcde":
        writer.write(piece)
    writer.stop()
    assert writer.done
    assert flushed[-1] == 5


def test_a_picture_that_was_missed_before_the_end_does_not_matter(terminal):
    writer = DroppingWriter(terminal, lambda: None)
    for _ in range(MOST_WAITING + 1):
        writer.write("picture")
    for _ in range(MOST_WAITING):
        writer._waiting.get()
    writer.leave()
    writer.write("end")
    writer.start()
    threading.Timer(0.2, terminal.open.set).start()
    writer.stop()
    assert writer.done
    assert terminal.taken == ["end"]
