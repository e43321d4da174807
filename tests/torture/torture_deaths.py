"""Every state of the explorer, ended in every way: soon, with the right status, and with nothing left behind.

Each state has three variants. A case's number is (variant x ways + way) x states + state, so that a third of them, as
`--share 0.34` takes it, has every state with every way.
"""

import contextlib
import os
import signal
import time

from tests.pseudo_terminal import ON
from tests.torture.death_states import STATES, suspend

VARIANTS = 3
EXPORTED = ("numpy_mlp.py", "report.md", "losses.csv", "screen.svg")
HUNG_UP = {128 + signal.SIGHUP}


def by(number):
    def die(dying, variant):
        dying.process.send_signal(number)
        return {128 + number}

    return die


def hung_up(dying, variant):
    dying.hang_up()
    return HUNG_UP


def typed_ctrl_c(dying, variant):
    # Until the program has the terminal, its line discipline makes a signal of it.
    may_be_signal = ON not in dying.output
    dying.type(b"\x03")
    return {0, 128 + signal.SIGINT} if may_be_signal else {0}


def typed_q(dying, variant):
    if dying.letters_are_text:
        dying.type(b"\x1b")
        dying.wait_while(0.5)
    dying.type(b"q")
    # Before there is a screen, nobody looks at keys.
    dying.wait_for(ON)
    return {0}


def stopped_before(dying, variant):
    """Suspended first, by the key, by the signal or by what nobody can refuse; ended as `kill %1` and `kill` do."""
    has_screen = ON in dying.output
    if variant == 0 and has_screen:
        suspend(dying, lambda: dying.type(b"\x1a"))
    elif variant == 1 and has_screen:
        suspend(dying, lambda: dying.process.send_signal(signal.SIGTSTP))
    else:
        suspend(dying, lambda: dying.process.send_signal(signal.SIGSTOP))
    if dying.random.random() < 0.5:
        dying.process.send_signal(signal.SIGTERM)
        dying.process.send_signal(signal.SIGCONT)
    else:
        dying.process.send_signal(signal.SIGCONT)
        dying.wait_while(dying.random.uniform(0, 0.5)) if dying.read_until_death else time.sleep(0.2)
        dying.process.send_signal(signal.SIGTERM)
    return {128 + signal.SIGTERM}


WAYS = {
    "SIGINT": by(signal.SIGINT),
    "SIGTERM": by(signal.SIGTERM),
    "SIGHUP": by(signal.SIGHUP),
    "SIGQUIT": by(signal.SIGQUIT),
    "terminal closed": hung_up,
    "ctrl-c typed": typed_ctrl_c,
    "q typed": typed_q,
    "suspended": stopped_before,
}

CASES = [(state, way, variant) for variant in range(VARIANTS) for way in WAYS for state in STATES]


def check_export(dying):
    """All of it, or nothing."""
    for folder in dying.work.iterdir():
        missing = set(EXPORTED) - set(os.listdir(folder))
        assert not missing, f"{folder.name} has no {missing}"


def die(number, random):
    state, way, variant = CASES[number]
    dying = None
    try:
        dying = STATES[state][variant](random)
        expected = WAYS[way](dying, variant)
        status = dying.died(dying.read_until_death and dying.master != -1)
        assert status in expected, f"status {status}, not {expected}"
        dying.check_left_behind()
        check_export(dying)
    except Exception as error:
        raise AssertionError(f"{state} {variant}, {way}: {type(error).__name__}: {error}") from error
    finally:
        with contextlib.suppress(Exception):
            if dying is not None:
                dying.close()


def test_deaths(part):
    part.side_by_side(len(CASES), die)
    part.conclude()
