"""What a key sets off is drawn once, whole and soon; training waits for it, and no longer than a moment."""

import time
from dataclasses import replace

import pytest
from textual.screen import Screen

import engine
from engine.worker.worker import Worker
from tests import driver
from tests.driver import NARROW
from tests.examples import hardest, one_in, some_of
from tui_app import one_picture
from tui_app.text.difference_rows import listed_rows

SIZES = [("asked", size) for size in hardest(((120, 40), NARROW))]


@pytest.fixture
def drawn(monkeypatch):
    """The times at which a screen was drawn."""
    times, draw = [], Screen._compositor_refresh

    def drawing(screen):
        times.append(time.monotonic())
        draw(screen)

    monkeypatch.setattr(Screen, "_compositor_refresh", drawing)
    with driver.drawn():
        yield times


@one_in(3)
@pytest.mark.parametrize("explorer", SIZES, indirect=True)
@pytest.mark.parametrize(
    ("keys", "most"),
    some_of([("o escape", 1), ("question_mark escape", 1), ("e escape", 1), ("p escape", 1), ("w T x c", 3)], 4),
)
async def test_a_dialog_is_drawn_once_and_a_tab_once_but_for_its_scrollbars(explorer, drawn, keys, most):
    for key in keys.split():
        await explorer.pilot.pause(0.05)
        drawn.clear()
        await explorer.pilot.press(key)
        while explorer.app.picture_held:
            await explorer.pilot.pause(0.01)
        assert 1 <= len(drawn) <= most, key


@pytest.mark.parametrize("explorer", SIZES, indirect=True)
async def test_a_burst_of_keys_is_not_drawn_key_by_key(explorer, drawn, monkeypatch):
    monkeypatch.setattr(one_picture, "LONGEST_SECONDS", 60)
    await explorer.press("d")
    listed = listed_rows(explorer.app.settings, -1)
    begun = listed.index(explorer.app._selected)
    drawn.clear()
    await explorer.burst(["j"] * 5 + ["k"] * 3 + ["question_mark", "escape"] * 5)
    assert explorer.app._selected == listed[begun + 2]
    assert type(explorer.app.screen).__name__ == "MainScreen"
    assert 1 <= len(drawn) < 10
    assert not explorer.app.picture_held


async def test_keys_without_end_do_not_keep_the_picture_away(explorer, drawn, monkeypatch):
    monkeypatch.setattr(one_picture, "LONGEST_SECONDS", -1)
    listed = listed_rows(explorer.app.settings, -1)
    begun = listed.index(explorer.app._selected)
    await explorer.burst(["j"] * 5)
    assert len(drawn) >= 5
    assert explorer.app._selected == listed[begun + 5]


async def test_a_dialog_closed_twice_closes_nothing_else(explorer):
    await explorer.press("question_mark")
    dialog = explorer.app.screen
    dialog.dismiss()
    dialog.dismiss()
    await explorer.settle()
    assert type(explorer.app.screen).__name__ == "MainScreen"


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("longest", [0.02, 60])
def test_training_waits_for_the_screen_until_it_is_told_to_go_on_or_for_a_moment(monkeypatch, longest):
    monkeypatch.setattr(engine.worker.worker, "LONGEST_WAIT", longest)
    worker = Worker(replace(engine.preset("asked"), epochs=10**7))
    worker.start()

    def trained_in(seconds):
        before = worker._lockstep.epoch
        time.sleep(seconds)
        return worker._lockstep.epoch - before

    try:
        until(lambda: worker.snapshot.epoch)
        worker.give_way()
        if longest == 60:
            until(lambda: not trained_in(0.1))
            worker.go_on()
        until(lambda: trained_in(0.01))
    finally:
        worker.go_on()
        worker.stop(5)
