"""An explorer under keys in which one function fails: what it says of that, and what still works afterwards."""

import asyncio
import os
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
from textual.screen import Screen

import engine
from engine.worker import faults
from engine.worker.snapshot import State
from tests.driver import NARROW, WIDE, Driver
from tests.made_up import made_up_worker
from tests.torture.injection import Injection, recorded
from tests.torture.tally import place_of
from tui_app.app import ExplorerApp
from tui_app.one_picture import HeldBack
from tui_app.run_files import keep_run
from tui_app.views import VIEWS
from tui_app.widgets.plain_text import PlainText

SAID = "as injected"
KINDS = [ValueError, KeyError, MemoryError, RecursionError, RuntimeError, OSError]
TABS = ("w", "f", "T", "I", "x", "c")

SCREENS = {
    "start": [],
    "differences": ["down", "m", "m", "left", "right", "M", "a", "A", "k", "pagedown"],
    "curves": ["w", "c", "comma", "less_than_sign", "z", "right_square_bracket", "l", "P", "Z", "escape"],
    "weights": ["w", "i", "u", "comma", "h", "down", "pagedown"],
    "predictions": ["f", "comma", "i", "l"],
    "table": ["f", "o", "ctrl+u", *"regression", "enter", "down"],
    "step": ["T", "down", "enter", "down", "u", "escape", "v", "h", "g", "D"],
    "impact": ["I", "u", "down", "enter", "I", "escape"],
    "code": ["x", "down", "tab"],
    "value": ["H", "x", "escape", "down", "down", "down", "down", "L", *"0.5", "enter"],
    "setup": ["o", "tab", "tab", "tab", "x", "escape", "o", "enter"],
    "presets": ["p", "down", "down", "enter"],
    "help": ["question_mark", "down", "escape"],
    "tour": ["t", "n", "n", "b", "pagedown", "escape"],
    "palette": ["ctrl+p", *"seed", "escape", "escape"],
    "export": ["e", "enter"],
    "copy": ["y"],
    "running": ["space", "s", "S", "r", "R", "plus", "space"],
    "narrow": ["narrow", "d", "w", "c", "wide"],
}
"""By name, the keys that reach something; 'narrow' and 'wide' are sizes."""


@dataclass
class Outcome:
    """What an explorer came to."""

    fatal: BaseException | None = None
    status: int | None = None
    said: tuple = ()
    last_words: str = ""
    problems: tuple = ()


@contextmanager
def among(folder):
    """What is exported goes into this folder."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def noted_by_the_app():
    """A pilot draws in the test's own task; what fails there goes to the app, as what fails in its own timer does."""
    ways = {owner: getattr(owner, name) for owner, name in DRAWN_BY}

    def noted(draw):
        def drawing(screen):
            try:
                draw(screen)
            except Exception as error:
                screen.app._handle_exception(error)

        return drawing

    for owner, name in DRAWN_BY:
        setattr(owner, name, noted(ways[owner]))
    try:
        yield
    finally:
        for owner, name in DRAWN_BY:
            setattr(owner, name, ways[owner])


DRAWN_BY = ((Screen, "_on_timer_update"), (HeldBack, "draw_held"))
"""What draws in a test's own task."""


async def pressed(driver, keys, injection=None):
    """All of them; where something has failed, two more."""
    left = 3
    for key in keys:
        if injection is not None and injection.callers:
            left -= 1
        if not left:
            return
        if key in ("narrow", "wide"):
            await driver.pilot.resize_terminal(*(NARROW if key == "narrow" else WIDE))
            await driver.settle()
        else:
            await driver.press(key)
        if driver.app._exception is not None:
            return
        if key == "enter":
            await written(driver)


async def written(driver):
    """What works beside the screen is done."""
    for _ in range(200):
        if not getattr(driver.app.screen, "_writing", False):
            return
        await driver.pilot.pause(0.01)


def an_app():
    settings = engine.preset("asked")
    return ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False)


def functions_of(name, folder):
    """What the keys of a scenario call, and how often; of the start, all that happens before."""
    with among(folder):
        calls = asyncio.run(recorded_calls(name))
    return {place: count for place, count in calls.items() if "/tui_app/" in place[0]}


async def recorded_calls(name):
    app = an_app()
    with recorded() as started:
        async with app.run_test(size=WIDE) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            if name == "start":
                return dict(started)
            with recorded() as calls:
                await pressed(driver, SCREENS[name])
            assert app._exception is None, app._exception
            return dict(calls)


@dataclass
class Result:
    """What a case came to, as another process can be told."""

    name: str
    wrong: list
    fatal: bool
    quiet: bool


def explorer_case(random, place, scenarios, folder):
    """A fault in this function, under the keys of one of the shorter scenarios that reach it."""
    _, name, count = random.choice(sorted(scenarios)[:3])
    injection = Injection(place, min(count, random.choice([1, 1, 2, 5])), random.choice(KINDS)(SAID))
    folder.mkdir()
    os.environ["XDG_STATE_HOME"] = str(folder)
    with among(folder):
        try:
            outcome = asyncio.run(outcome_of(name, injection))
        finally:
            injection.lift()
    said = outcome.fatal is not None or any(SAID in one for one in outcome.said)
    wrong = ["it was not reached"] if injection.callers is None else [*wrong_with(outcome, injection)]
    words = f"{injection.error!r} in {injection.name}, {name}, call {injection.number}"
    return Result(words, wrong, outcome.fatal is not None, not said)


@asynccontextmanager
async def driven(app):
    """A driver of it, once it is idle."""
    with noted_by_the_app():
        async with app.run_test(size=WIDE) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            yield driver


async def outcome_of(name, injection):
    """Press the keys with the injection armed, then see what still works."""
    app, found, words = an_app(), Outcome(), []
    panic = app.panic
    # Textual prints these at the end, and forgets them.
    app.panic = lambda *texts: (words.extend(map(str, texts)), panic(*texts))
    if name == "start":
        injection.arm()
    try:
        async with driven(app) as driver:
            if name != "start":
                injection.arm()
            await pressed(driver, SCREENS[name], injection)
            injection.lift()
            if app._exception is None:
                found.said = (*app.faults, *on_screen(app), *of_engine(driver))
                found.problems = tuple([problem async for problem in after(driver)])
    except Exception as error:
        if app._exception is None:
            raise AssertionError(f"{injection.name}, {name}: {error!r} at {place_of(error)}") from error
    finally:
        injection.lift()
    found.fatal, found.status = app._exception, app.return_code
    if found.fatal is not None:
        found.last_words = " ".join(words)
    return found


def on_screen(app):
    """Texts of a dialog that say what has failed."""
    return [text for one in app.screen.query(PlainText) if SAID in (text := str(one.render()))]


def of_engine(driver):
    shown = driver.snapshot
    impact = shown.impact and shown.impact.error
    return [one for one in (shown.error, shown.fault and shown.fault.message, impact) if one]


async def after(driver):
    """It answers keys, every tab can be drawn, and a rerun has its bits and can be kept."""
    app = driver.app
    for _ in range(3):
        await driver.press("escape")
    if len(app.screen_stack) > 1:
        yield f"{type(app.screen).__name__} does not close"
        return
    said = list(app.faults)
    await driver.press("r")
    if driver.snapshot.state is not State.FINISHED:
        yield f"the rerun is {driver.snapshot.state}: {driver.snapshot.error}"
        return
    losses = losses_of(app.settings)
    shown = driver.snapshot.curves
    if not (np.array_equal(shown.numpy.low, losses[0]) and np.array_equal(shown.pytorch.high, losses[1])):
        yield "the rerun has other bits"
    for key in TABS:
        await driver.press(key)
        if app._exception is not None:
            return
        view = app.screen.query_one(VIEWS[app._view])
        if not view.display or not view.size:
            yield f"{key} shows nothing"
    if app.faults != said:
        yield f"said again: {app.faults[-1]}"
    if "The run so far is in" not in keep_run(driver.snapshot):
        yield "the run cannot be kept"


@cache
def losses_of(settings):
    worker = made_up_worker(settings)
    worker.work_until_idle()
    return worker.snapshot.curves.numpy.low, worker.snapshot.curves.pytorch.high


def wrong_with(outcome, injection):
    """What is not as it must be; nothing at all said is for the caller to judge."""
    yield from outcome.problems
    if outcome.fatal is not None:
        words = outcome.last_words
        if getattr(outcome.fatal, "error", outcome.fatal) is not injection.error:
            yield f"ended by {type(outcome.fatal).__name__}: {outcome.fatal}"
        if outcome.status != 1:
            yield f"exit status {outcome.status}"
        if words.count("mlp-tui: the explorer failed: ") != 1 or SAID not in words or "\n" in words.strip():
            yield f"last words {words!r}"
    kept = faults.log_file().read_text() if faults.log_file().exists() else ""
    for sentence in (*outcome.said, *([outcome.last_words] if outcome.fatal is not None else [])):
        if SAID in sentence and (str(faults.log_file()) not in sentence or not sentence.isprintable()):
            yield f"said {sentence!r}"
    if len([one for one in set(outcome.said) if SAID in one]) > 2:
        yield f"said {len(outcome.said)} times"
    said = any(SAID in one for one in outcome.said) or outcome.fatal is not None
    if said and not ("Traceback" in kept and SAID in kept):
        yield "the traceback is not kept"
