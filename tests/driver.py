"""An explorer over made-up runs, driven by keys: after each the engine works until it is idle.

All is laid out as ever, and nothing is drawn but what a test looks at; with TIMES=20 the last state of all, too.
"""

from contextlib import asynccontextmanager, contextmanager

import pytest
from textual import events

import engine
from engine.experiment.discrepancies import CATALOGUE, find
from tests.examples import TIMES
from tests.made_up import made_up_worker
from tui_app.app import ExplorerApp
from tui_app.one_picture import HeldBack
from tui_app.text.difference_rows import listed_rows

WIDE, NARROW, LEAST = (120, 40), (80, 24), (60, 20)

IS_HELD = HeldBack._is_held


@contextmanager
def undrawn():
    """Nothing is drawn meanwhile: all is laid out as ever, and what has changed adds up to one picture."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HeldBack, "_is_held", True)
        yield


@contextmanager
def drawn():
    """Inside of that, all is drawn again as when somebody looks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HeldBack, "_is_held", IS_HELD)
        yield


class Driver:
    """An app and its pilot; after each action the engine works until it is idle."""

    def __init__(self, app, pilot):
        self.app, self.pilot = app, pilot
        self.expected_faults = []

    def down_to(self, field):
        """The keys that select this difference."""
        listed = listed_rows(self.app.settings, self.app._selected)
        by = listed.index(CATALOGUE.index(find(field))) - listed.index(self.app._selected)
        return ["down" if by > 0 else "up"] * abs(by)

    async def settle(self):
        self.app.worker.work_until_idle()
        self.app.poll()
        await self.pilot.pause()

    async def press(self, *keys):
        """One after the other."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def draw(self):
        """What has been held back."""
        with drawn():
            for screen in self.app.screen_stack:
                if isinstance(screen, HeldBack):
                    screen.draw_held()
            await self.pilot.pause()

    async def burst(self, keys):
        """All at once, as tmux, a paste or a slow line send them: no key waits for what the one before has done."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))
        for _ in range(5):
            await self.settle()

    def text(self, name):
        """What a widget of the screen on top shows."""
        return str(self.app.screen.query_one(name).render())

    @property
    def said(self):
        """All messages so far."""
        return [message.message for message in self.app._notifications]

    @property
    def snapshot(self):
        return self.app.worker.snapshot


@asynccontextmanager
async def driven(app, size=WIDE):
    """A driver of it, once the engine is idle."""
    with undrawn():
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            yield driver
            if TIMES > 1:
                await driver.draw()


@pytest.fixture
async def explorer(request):
    preset, size = getattr(request, "param", ("asked", WIDE))
    settings = engine.preset(preset)
    app = ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False)
    async with driven(app, size) as driver:
        yield driver
    # What fails is a message, and would go unnoticed here.
    assert app.faults == driver.expected_faults
