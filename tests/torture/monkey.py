"""What a monkey does to an explorer: keys, clicks, wheels, resizes, pastes and themes, drawn at random.

An `Act` is one event, or a burst of keys that come at once. What must hold after it is `torture_monkey.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from textual import events
from textual.geometry import Size

from tui_app.keys import KEYS

WAYS_OUT = {"q", "ctrl+c", "ctrl+z"}
"""Keys that end or suspend it: left out."""

KEYS_OF_ACTIONS = [key for one in KEYS for key in one.keys.split(",") if key not in WAYS_OUT]
KEYS_OF_FIELDS = ["enter", "escape", "tab", "shift+tab", "up", "down", "home", "end", "backspace", "delete", "ctrl+u"]
KEYS_OF_LISTS = ["pageup", "pagedown", "ctrl+home", "ctrl+end", "left", "right", "space", "ctrl+p", "f5", "ctrl+w"]

TEXTS = (
    *[
        "8,4",
        "3",
        "0.3",
        "1e-3",
        "0",
        "-1",
        "1",
        "200",
        "40",
        "regression",
        "xor",
        "moons",
        "spirals",
        "clusters",
        "float64",
        "cpu",
    ],
    *["nan", "inf", "1e309", "9" * 30, "1_0", "", " ", "~nosuch/x.csv", "/", "x" * 300, "nothing.csv", "cuda:99"],
    *[
        "[/x]",
        "[@click=app.quit]x",
        "\x1b[31mred\x1b]52;c;x\x07",
        "é漢字🙂",
        "a\nb\tc",
        "\x00\x7f",
        "\u202e\u200d",
        "relu",
    ],
)
"""What is typed and pasted: what a field wants, what it does not, and what wants to be more than text."""

WIDEST, HIGHEST = 300, 100

USUAL_SIZES = [(80, 24), (120, 40), (200, 60), (60, 20), (118, 30), (117, 30), (59, 19), (1, 1), (4, 4), (300, 100)]


@dataclass(frozen=True)
class Act:
    """One thing that the monkey does, in the terms that a person would use to do it again."""

    kind: str
    what: tuple[object, ...]

    def __str__(self) -> str:
        return f"{self.kind} {' '.join(map(repr, self.what))}"


def some_act(random: Random, themes: list[str]) -> Act:
    """Mostly keys; now and then all the rest."""
    kind = random.choices(
        ["key", "click", "resize", "paste", "type", "wheel", "burst", "theme"], [60, 14, 6, 4, 6, 4, 4, 2]
    )[0]
    place = random.random(), random.random(), random.choice([1, 1, 1, 3])
    size = (random.randint(1, WIDEST), random.randint(1, HIGHEST))
    what: dict[str, tuple[object, ...]] = {
        "key": (some_key(random),),
        "click": place,
        "wheel": (*place[:2], random.choice(["up", "down", "left", "right"])),
        "resize": random.choice([size, random.choice(USUAL_SIZES), (120, 40)]),
        "paste": (random.choice(TEXTS),),
        "type": (random.choice(TEXTS), random.random() < 0.5),
        "burst": tuple(some_key(random) for _ in range(random.randint(2, 8))),
        "theme": (random.choice(themes),),
    }
    return Act(kind, what[kind])


def some_key(random: Random) -> str:
    """One that does something somewhere, or any letter."""
    kind = random.random()
    if kind < 0.6:
        return random.choice(KEYS_OF_ACTIONS)
    if kind < 0.85:
        return random.choice(KEYS_OF_FIELDS)
    if kind < 0.95:
        return random.choice(KEYS_OF_LISTS)
    return random.choice("BCEFGJNOQUVWXYnabc0123456789.!~")


def perform(app, act: Act) -> None:
    """Do it; what comes of it comes later."""
    match act.kind, act.what:
        case "key", (key,):
            app.post_message(_pressed(key))
        case "click", (across, down, button):
            for event in (events.MouseDown, events.MouseUp):
                app.post_message(event(**_mouse(app, across, down, button)))
        case "wheel", (across, down, direction):
            kind = getattr(events, f"MouseScroll{direction.capitalize()}")
            app.post_message(kind(**_mouse(app, across, down, 0)))
        case "resize", (width, height):
            resize(app, Size(width, height))
        case "paste", (text,):
            app.post_message(events.Paste(text))
        case "type", (text, instead):
            for key in ["ctrl+u"] if instead else []:
                app.post_message(events.Key(key, None))
            for character in text[:40]:
                app.post_message(_typed(character))
        case "burst", keys:
            for key in keys:
                app.post_message(_pressed(key))
        case "theme", (name,):
            app.theme = name


def resize(app, size: Size) -> None:
    """Tell it that the terminal has another size, as its driver would."""
    app._driver._size = size
    app.post_message(events.Resize(size, size))


def _typed(character: str) -> events.Key:
    if character == "q":
        character = "Q"
    return events.Key(character if character.isalnum() else "some_character", character)


def _pressed(key: str) -> events.Key:
    return events.Key(key, key if len(key) == 1 else None)


def _mouse(app, across: float, down: float, button: int) -> dict[str, object]:
    size: Size = app.size
    x, y = int(across * size.width), int(down * size.height)
    plain = {"delta_x": 0, "delta_y": 0, "shift": False, "meta": False, "ctrl": False}
    return {"widget": None, "x": x, "y": y, "button": button, "screen_x": x, "screen_y": y, **plain}
