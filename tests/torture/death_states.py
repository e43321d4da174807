"""The states that the explorer is ended in: how each is reached, and by what on the screen that is known."""

import signal
import time
from pathlib import Path

from tests.pseudo_terminal import ON
from tests.torture.watched import ANSWERS, Watched


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
        dialog(b"o", "Hidden layers", b"\x1b[B\x1b[B\x1b[B\x157,q", "7,q"),
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
