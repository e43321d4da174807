"""A monkey at the explorer: after every event it still runs, nothing has failed, the verdict is the one that is
computed anew, and the settings, the epoch and the switches on screen are the run's.
"""

import asyncio
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import textual._wait
from textual.geometry import Size

import tui_app.app
from engine.experiment.presets import PRESETS
from engine.run.verdict import judge
from engine.worker.snapshot import State
from engine.worker.worker import Worker
from tests.torture.monkey import perform, resize, some_act
from tests.torture.tally import Part
from tests.torture.torture_worker import TRAINABLE, TickingClock
from tests.torture.worker_model import check_run, reference
from tui_app.app import ExplorerApp
from tui_app.least import too_small
from tui_app.text.status_text import descriptions, progress
from tui_app.widgets.differences import DifferenceRows
from tui_app.widgets.status_line import StatusLine
from tui_app.widgets.verdict_panel import VerdictPanel, verdict_content

EVENTS, VISITS = 20_000, 100
EACH = EVENTS // VISITS
AT_ONCE = 2

LONGEST_RUN = 1000
"""Epochs of a run that is trained again, undisturbed, to compare with."""

WITHOUT_CURVES = (State.LOADING, State.FAILED)


class Explorer(ExplorerApp):
    """One that the palette's way out does not end."""

    CSS_PATH = Path(tui_app.app.__file__).with_name("app.tcss")

    async def action_quit(self):
        self.notify("asked to leave")


def test_monkey(part, tmp_path):
    one = partial(visited_part, part.seed, tmp_path)
    if part.only is not None:
        # Here pytest explains what was asserted.
        note(part, one(part.only))
    else:
        with ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn")) as pool:
            for visited in pool.map(one, part.numbers(VISITS)):
                note(part, visited)
    part.conclude()


def note(part, visited):
    """Count a case of another process."""
    tried, failures = visited
    part.tried += tried
    part.failures += failures


def visited_part(seed, folder, number):
    """One case, in a process of its own; returns how much was tried and what failed."""
    textual._wait.SLEEP_GRANULARITY, textual._wait.SLEEP_IDLE = 1 / 200, 1 / 1000
    make_families_small()
    part = Part("monkey", seed)
    own = folder / str(number)
    own.mkdir()
    os.chdir(own)
    with part.case(number, worth=EACH, seconds=120) as random:
        asyncio.run(visit(random))
    return part.tried, part.failures


def make_families_small():
    """Chunks of work are as long as a ticking clock says, not as large data need."""
    for name in ("online-book", "mnist-video", "numpy-tutorial"):
        family = PRESETS[name]
        data = family.settings.data
        small = replace(data, X=data.X[:30, :64], Y=data.Y[:30])
        vars(family)["settings"] = replace(family.settings, data=small, hidden=(10,))


async def visit(random):
    """One explorer, and all that the monkey does to it."""
    worker = Worker(random.choice(TRAINABLE), clock=TickingClock(4e-3), devices=lambda: ("cpu",))
    app = Explorer(worker.snapshot.settings, worker=worker, start_worker=False, ascii=random.random() < 0.1)
    acts = []
    try:
        async with app.run_test(size=random.choice([(120, 40), (80, 24), (200, 60)])) as pilot:
            themes = sorted(app.available_themes)
            for _ in range(EACH):
                acts.append(some_act(random, themes))
                perform(app, acts[-1])
                await settle(app, pilot, random.choice([1, 1, 1, 4]))
                check(app, thoroughly=random.random() < 0.1)
            await come_back(app, pilot)
    except Exception as error:
        error.add_note(f"after {len(acts)} events, the last: {'; '.join(map(str, acts[-8:]))}")
        raise


async def settle(app, pilot, chunks):
    """Let the engine work a little and the newest picture be drawn."""
    await pilot.pause()
    for _ in range(chunks):
        if app.worker.work() > 0:
            break
    app._next_picture = 0.0
    app.poll()
    await pilot.pause()
    while app.picture_held:
        await pilot.pause(0.001)
    app.poll()


def check(app, thoroughly):
    """What must hold whatever has been done."""
    assert app.is_running, "it has ended"
    assert not app._exit, "it is about to end"
    assert app.faults == []
    snapshot = app.worker.snapshot
    assert snapshot.state is not State.FAILED, snapshot.error
    check_what_is_shown(app, snapshot)
    if thoroughly:
        check_what_is_drawn(app, snapshot)
    if snapshot.state not in WITHOUT_CURVES:
        check_verdict(snapshot)
        small = snapshot.settings.epochs <= LONGEST_RUN and snapshot.settings in TRAINABLE
        if small or (thoroughly and snapshot.settings.epochs <= LONGEST_RUN):
            check_run(snapshot)
            if reference.cache_info().currsize > 100:
                reference.cache_clear()


def check_what_is_shown(app, snapshot):
    """The settings, the epoch and the switches on screen are the run's."""
    assert app._shown_number == snapshot.number
    if app.worker._commands.empty() and snapshot.state is not State.LOADING:
        assert app.settings == snapshot.settings
    main = app.screen_stack[0]
    assert main.query_one(DifferenceRows)._settings == app.settings
    status = main.query_one(StatusLine)
    assert status._left == descriptions(app.settings)
    assert status._right == progress(snapshot)
    assert main.query_one(VerdictPanel)._shown == verdict_content(snapshot)


def check_what_is_drawn(app, snapshot):
    """Where the explorer is on top and has room, the first line has the epoch."""
    if len(app.screen_stack) == 1 and not too_small(app.size):
        drawn = app.screen._compositor.render_strips()[0].text
        expected = progress(snapshot)[-1].lstrip("▶‖■✖… ")
        assert (expected.replace("·", ".") if app.ascii else expected) in drawn


def check_verdict(snapshot):
    """Largest gaps from the curves and the weights themselves, and the verdict on them."""
    losses, weights = snapshot.comparison.losses, snapshot.comparison.weights
    curves = snapshot.curves
    if snapshot.epoch == len(curves.numpy.low) == losses.epochs:
        gaps = np.abs(curves.numpy.low - curves.pytorch.low)
        assert losses.max_absolute == gaps.max(initial=0)
        assert losses.different == np.count_nonzero(gaps)
    with np.errstate(all="ignore"):
        apart = [np.abs(one.numpy - one.pytorch).max() for one in snapshot.parameters if one.both is not None]
    if np.isfinite(apart).all():
        assert weights.max_absolute == max(apart)
    divergence = reference_divergence(snapshot)
    if snapshot.state is not State.DIVERGED or divergence is not None:
        judged = snapshot.settings, snapshot.comparison
        assert snapshot.verdict == judge(*judged, divergence, snapshot.cause, snapshot.scores)


def reference_divergence(snapshot):
    if snapshot.state is not State.DIVERGED or snapshot.settings.epochs > LONGEST_RUN:
        return None
    return reference(snapshot.settings).divergence


async def come_back(app, pilot):
    """Whatever was opened can be closed, and the run goes on to its end, with the bits that it would have alone."""
    resize(app, Size(120, 40))
    for _ in range(8):
        await pilot.press("escape")
        await pilot.pause()
    assert len(app.screen_stack) == 1, app.screen_stack
    app.change_settings(replace(TRAINABLE[0], seed=5))
    await pilot.pause()
    app.worker.work_until_idle()
    await settle(app, pilot, 1)
    check(app, thoroughly=True)
    assert app.worker.snapshot.state is State.FINISHED
