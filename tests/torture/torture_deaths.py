"""Every state of the explorer, ended in every way: soon, with the right status, and with nothing left behind.

Each state has three variants. A case's number is (variant x ways + way) x states + state, so that a third of them, as
`--share 0.34` takes it, has every state with every way.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

from tests.pseudo_terminal import ON
from tests.torture.watched import ANSWERS, Watched

VARIANTS = 3
EXPORTED = ("numpy_mlp.py", "report.md", "losses.csv", "screen.svg")
HUNG_UP = {128 + signal.SIGHUP}


class Dying(Watched):
    """The program on its way into a state, and out of it."""

    def __init__(self, random, *options, **terminal):
        super().__init__(*options, **terminal)
        self.random = random
        self.letters_are_text = False
        """Whether the focus takes letters, so that `q` is none of the keys."""
        self.read_until_death = True

    def linger(self, longest):
        self.wait_while(self.random.uniform(0, longest))

    def shown(self):
        """The first picture; what a modern terminal answers, or nothing."""
        self.wait_for(b"Differences")
        if self.random.random() < 0.5:
            self.type(ANSWERS)

    def trained(self, epochs="10,000,000"):
        """Training is under way."""
        self.shown()
        self.see(rf"epoch [1-9][\d,]* of {epochs}")


def begun(random):
    """Nothing on the screen yet; before the program holds signals back, it is Python that ends."""
    dying = Dying(random)
    status = Path(f"/proc/{dying.process.pid}/status")
    end = time.monotonic() + 10
    while not int(status.read_text().partition("SigBlk:")[2].split()[0], 16) >> signal.SIGTERM - 1 & 1:
        assert time.monotonic() < end, "signals are never held back"
        time.sleep(0.001)
    dying.linger(0.5)
    return dying


def first_picture(random):
    dying = Dying(random)
    dying.wait_for(ON)
    dying.linger(0.2)
    return dying


def importing(random):
    dying = Dying(random)
    dying.shown()
    dying.see("importing PyTorch")
    dying.linger(2)
    return dying


def training(key, text):
    def reach(random):
        dying = Dying(random, "--epochs", "10000000")
        dying.trained()
        dying.press(key, text)
        dying.linger(1)
        return dying

    return reach


def finished_with_cursor(random):
    dying = Dying(random, "--epochs", "300", "--preset", "exact")
    dying.shown()
    dying.see("300 of 300")
    dying.press(b",", "epoch 300")
    dying.linger(0.5)
    return dying


def paused_and_zoomed(random):
    dying = Dying(random, "--epochs", "10000000")
    dying.trained()
    dying.press(b" ", "‖ epoch")
    dying.press(b",", r"by hand (≈ )?-?\d")
    dying.press(b"z", "┌──")
    dying.linger(0.5)
    return dying


def touring(random):
    dying = Dying(random)
    dying.shown()
    dying.press(b"t", "1 of 8")
    dying.press(b"n", "2 of 8")
    dying.linger(1)
    return dying


def dialog(opening, title, typed, text):
    def reach(random):
        dying = Dying(random)
        dying.trained("5,000")
        dying.press(opening, title)
        dying.letters_are_text = True
        if random.random() < 0.5:
            # The pointer over the field takes the shape of one.
            dying.type(b"\x1b[<35;40;8M\x1b[<35;60;20M\x1b[<35;50;19M")
        dying.press(typed, text)
        dying.linger(0.5)
        return dying

    return reach


def opened_step(random):
    dying = Dying(random, "--epochs", "10000000")
    dying.trained()
    dying.press(b"T", "operation")
    dying.linger(1)
    return dying


def measured(pause):
    def reach(random):
        dying = Dying(random, "--epochs", "10000000")
        dying.trained()
        if pause:
            dying.press(b" ", "‖ epoch")
        dying.press(b"I", "esc stops")
        dying.linger(1)
        return dying

    return reach


def exporting(*options):
    def reach(random):
        dying = Dying(random, *options)
        dying.shown()
        dying.see("2 of 2")
        dying.press(b"e", "Export to a folder")
        dying.letters_are_text = True
        dying.type(b"\r")
        end = time.monotonic() + 10
        while not list(dying.work.rglob("*.part")) and not list(dying.work.glob("*/report.md")):
            assert time.monotonic() < end, "nothing is exported"
            dying.read(0)
        time.sleep(random.choice([0, 0.001, 0.003, 0.01, 0.1]))
        return dying

    return reach


def in_palette(random):
    dying = Dying(random)
    dying.trained("5,000")
    dying.press(b"\x10", "Search for commands")
    dying.letters_are_text = True
    dying.press(b"exq", "exq")
    dying.linger(0.3)
    return dying


def unread(random):
    dying = Dying(random, "--epochs", "10000000")
    dying.trained()
    dying.read_until_death = False
    time.sleep(random.uniform(1, 3))
    return dying


def suspended_and_resumed(random):
    dying = Dying(random, "--epochs", "10000000")
    dying.trained()
    for _ in range(random.choice([1, 1, 3])):
        suspend(dying, lambda: dying.type(b"\x1a"))
        resume(dying)
        dying.see("Curves", dying.output.rindex(ON))
    dying.linger(0.5)
    return dying


def too_small(random):
    dying = Dying(random, size=(random.randint(1, 19), random.randint(40, 59)))
    dying.see("60x20")
    dying.linger(3)
    return dying


STATES = {
    "starting": (begun, first_picture, importing),
    "training": (training(b"c", "loss"), training(b"w", "weights after"), training(b"f", "predictions after")),
    "resting": (finished_with_cursor, paused_and_zoomed, touring),
    "typing": (
        dialog(b"o", "Hidden layers", b"\x1b[B\x1b[B\x157,q", "7,q"),
        dialog(b"jjjjH", "by hand", b"\x150.q", "0.q"),
        dialog(b"e", "Export to a folder", b"\x15quite new", "quite new"),
    ),
    "looking": (opened_step, measured(pause=False), measured(pause=True)),
    "taking home": (exporting("--epochs", "2"), exporting("--epochs", "2", "--hidden", "700,700"), in_palette),
    "odd terminal": (unread, suspended_and_resumed, too_small),
}


def suspend(dying, how):
    how()
    assert dying.stopped(dying.read_until_death), "it is not suspended"


def resume(dying):
    """As `fg` does."""
    since = len(dying.output)
    dying.process.send_signal(signal.SIGCONT)
    end = time.monotonic() + 5
    while ON not in dying.output[since:]:
        assert time.monotonic() < end, "it does not come back"
        dying.read(0.02)


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
