"""Whatever bytes a terminal sends: the program lives, answers the next key, has nothing fail, and ends whole."""

import contextlib
import signal
import time
from pathlib import Path

from tests.terminal_modes import left_on
from tests.torture.noise import LEAVING, burst
from tests.torture.watched import Watched

EVENTS, AT_A_TIME = 10_000, 200
PALETTE_EVERY = 10
"""Of so many cases one opens the palette now and then, which can be left by what is in it."""

MOST_MEMORY = 1.5e9
ANSWER_SECONDS = 45

RECENT = 40
"""Bursts that may not have been dealt with yet."""

HELP = "Two networks are trained in lockstep"


class Bombarded(Watched):
    """The program under fire, in a terminal of changing size."""

    def __init__(self):
        super().__init__()
        self.size = (40, 120)
        self.sent = []
        self.wait_for(b"Differences")

    def change_size(self, lines, columns):
        """As a terminal does: with a signal, and with a report if it was asked for one."""
        self.size = (lines, columns)
        self.resize(lines, columns)
        if "?2048h" in left_on(self.output):
            self.type(f"\x1b[48;{lines};{columns};{lines * 20};{columns * 10}t".encode())

    def wake(self):
        """As a shell's `fg` does: the palette has `suspend` in it too."""
        if Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            self.process.send_signal(signal.SIGCONT)

    def fire(self, data):
        self.wake()
        self.sent.append(data)
        self.type(data, seconds=10)

    @property
    def left(self):
        """Whether it has ended, as some recent burst asked it to."""
        status = self.process.poll()
        if status is None:
            return False
        recent = b"".join(self.sent[-RECENT:])
        asked = LEAVING.search(recent) or b"\x10" in b"".join(self.sent)
        assert status == 0, f"it has ended with status {status} after {self.sent[-3:]}"
        assert asked, f"it has ended by itself after {self.sent[-3:]}"
        return True

    def memory(self):
        """The most it has had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def answers(self):
        """A key is understood, after what a person does who sees rubbish on the screen.

        Until all that was sent has been dealt with, which may take a while, a key comes too late to be seen alone.
        """
        self.wait_while(1.3)
        self.change_size(40, 120)
        end = time.monotonic() + ANSWER_SECONDS
        while True:
            self.wake()
            for _ in range(4):
                self.type(b"\x1b")
                self.wait_while(0.15)
            try:
                self.press(b"?", HELP, seconds=1.5)
                break
            except AssertionError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
        self.type(b"\x1b")
        self.wait_while(0.25)


def one_event(program, random, with_palette):
    kind = random.random()
    if kind < 0.06:
        program.change_size(random.randint(1, 100), random.randint(1, 300))
    elif with_palette and kind < 0.1:
        program.fire(b"\x10")
    else:
        program.fire(burst(random, *program.size))
    program.wait_while(random.choice((0, 0, 0, 0.001, 0.01, random.uniform(0, 0.05))))


def bombard(number, random):
    """A case: its events, in as many programs as it takes, and the last one's end."""
    done = 0
    while done < AT_A_TIME:
        with contextlib.closing(Bombarded()) as program:
            try:
                while done < AT_A_TIME and not program.left:
                    one_event(program, random, number % PALETTE_EVERY == 0)
                    done += 1
                if not program.left:
                    conclude(program)
            except Exception as error:
                if program.process.poll() is not None and program.left:
                    continue
                raise AssertionError(f"{type(error).__name__}: {error} {program.last_fault()}") from error


def conclude(program):
    program.answers()
    assert program.memory() < MOST_MEMORY, f"{program.memory():,} bytes"
    program.type(b"\x03")
    assert (status := program.ended()) == 0, f"status {status} after Ctrl-C"
    program.check_left_behind()


def test_bytes(part):
    part.side_by_side(EVENTS // AT_A_TIME, bombard, worth=AT_A_TIME)
    part.conclude()
