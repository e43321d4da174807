"""Batches in the explorer: where a run stands inside an epoch, and the steps of its batches."""

from dataclasses import replace

import pytest

import engine
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import find
from engine.step.trace import trace_epoch
from engine.worker.snapshot import State
from engine.worker.worker import Worker
from tests.driver import NARROW, WIDE, driven
from tests.examples import one_in
from tests.test_batches import BATCHES, made_up
from tui_app.app import ExplorerApp
from tui_app.screens.values import ValuesScreen
from tui_app.widgets.line_list import LineList

SETTINGS = replace(BATCHES.with_side(SideName.NUMPY, order="permutation"), data=made_up(11, 3, 2))


@pytest.fixture
async def explorer(request):
    app = ExplorerApp(SETTINGS, worker=Worker(SETTINGS, devices=lambda: ("cpu",)), start_worker=False)
    async with driven(app, getattr(request, "param", WIDE)) as driver:
        yield driver
    assert app.faults == []


async def inside_the_third_epoch(explorer):
    """Two whole epochs, and two batches of the three of the next."""
    await explorer.press("s", "s", "B", "B")
    shown = explorer.snapshot
    assert (shown.state, shown.epoch, shown.batch) == (State.PAUSED, 2, 2)


@one_in(2)
@pytest.mark.parametrize("explorer", [NARROW, WIDE], indirect=True)
async def test_what_is_shown_is_said_to_be_of_the_batches_so_far(explorer):
    await inside_the_third_epoch(explorer)
    assert "epoch 3 · batch 2 of 3" in str(explorer.app.query_one("StatusLine").render())
    await explorer.press("w")
    assert "after 2 epochs and 2 batches" in explorer.text("#weights-heading")
    await explorer.press("f")
    assert "after 2 epochs and 2 batches" in explorer.text("#predictions-heading")


async def test_each_batch_that_is_trained_can_be_opened(explorer):
    await inside_the_third_epoch(explorer)
    await explorer.press("T", "g")
    places = []
    for _ in range(9):
        places.append((explorer.snapshot.step.epoch, explorer.snapshot.step.batch))
        await explorer.press("right_curly_bracket")
    assert places == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 2)]
    assert "step of epoch 3, batch 2" in explorer.text("#step-heading")
    for one, other in zip(explorer.snapshot.step.operations, trace_epoch(SETTINGS, 3, batch=2).operations, strict=True):
        assert (one.numpy == other.numpy).all()
        assert (one.pytorch == other.pytorch).all()
    await explorer.press("w")
    assert "after 2 epochs and 2 batches" in explorer.text("#weights-heading")
    await explorer.press("T", *["left_curly_bracket"] * 12)
    assert (explorer.snapshot.step.epoch, explorer.snapshot.step.batch) == (1, 1)


async def test_without_batches_another_epoch_is_offered(explorer):
    explorer.app.change_settings(replace(engine.preset("exact"), epochs=20))
    await explorer.settle()
    await explorer.press("T", "right_curly_bracket")
    assert any("< and > open the step of another epoch" in message for message in explorer.said)


async def test_the_operations_have_the_keys_again_after_the_growth(explorer):
    await explorer.press("T", "h", "h", "down", "down")
    operations = explorer.app.query_one("#operations", LineList)
    assert operations.has_focus
    await explorer.press("enter")
    assert explorer.app.query_one("#tensors").display


async def test_a_value_of_ones_own_is_listed_with_who_has_it():
    settings = SETTINGS.with_side(SideName.PYTORCH, batch=5)
    app = ExplorerApp(settings, worker=Worker(settings, devices=lambda: ("cpu",)), start_worker=False)
    async with driven(app, NARROW) as explorer:
        await explorer.press(*explorer.down_to("batch"), "enter")
        assert isinstance(explorer.app.screen, ValuesScreen)
        choices = explorer.app.screen.query_one("#choices", LineList)
        lines = [choices.render_line(y).text.split() for y in range(6)]
        assert lines[4][:3] == ["4", "by", "hand"]
        assert lines[5][:3] == ["▸", "5", "PyTorch"]
        await explorer.press("up", "enter")
        assert explorer.app.settings.numpy.batch == explorer.app.settings.pytorch.batch == 4


def said(field, settings):
    return find(field).explain(settings)


def test_explanations_of_batches_are_true_of_these():
    in_order = BATCHES.with_side(SideName.NUMPY, order="in-order").with_side(SideName.PYTORCH, order="in-order")
    assert "Every epoch has the same batches" in said("order", in_order).numbers
    assert "draws an order" in said("order", BATCHES).numbers
    assert "one epoch ahead" not in str(said("log_moment", BATCHES))
    assert "before the update" in said("log_moment", BATCHES).what
    one = engine.preset("exact")
    assert "one epoch ahead" in said("log_moment", one).what
    whole = one.with_side(SideName.NUMPY, epoch_loss="whole-set")
    assert "By hand the whole set's loss is logged" in said("log_moment", whole).numbers
    late = whole.with_side(SideName.PYTORCH, log_moment="after-update")
    assert "nothing to change" in said("log_moment", late).numbers
    assert not find("log_moment").acts(late)


def test_of_a_batch_that_one_side_lacks_it_is_said_that_none_is_taken():
    settings = BATCHES.with_side(SideName.NUMPY, last_batch="drop")
    text = trace_epoch(settings, 1, batch=3).reason.text
    assert "By hand the epoch has no such batch, and no step is taken" in text
    assert "bit for bit" not in text
