"""Finding a difference or a value by a few letters, listing a row's values, and giving one to a side."""

from functools import cache

import pytest

import engine
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import BY_STAGE, CATALOGUE, Group, find
from tests.driver import NARROW, WIDE, driven
from tests.examples import one_in
from tests.made_up import made_up_worker
from tests.strategies import classes
from tui_app.app import ExplorerApp
from tui_app.screens.find import FindScreen
from tui_app.screens.value import ValueScreen
from tui_app.screens.values import ValuesScreen
from tui_app.text.catalogue_search import _names, entries, find_entries
from tui_app.text.difference_rows import BESIDE, first_row, listed_rows, panel_lines
from tui_app.widgets.line_list import LineList
from tui_app.widgets.plain_text import PlainText

MOST_KEYS = 6


def explored(settings, size=WIDE):
    """An explorer of it."""
    return driven(ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False), size)


def letters_for(entry):
    """Up to three letters that stand in its names, or are its initials: the fewest first."""
    names, initials = _names(entry)
    parts = [*initials, *(name[start : start + 3] for name in names for start in range(len(name)))]
    tried = {part[:count] for part in parts for count in (1, 2, 3)}
    return sorted((one for one in tried if one.isprintable() and one.strip() == one), key=lambda one: (len(one), one))


found_for = cache(find_entries)


@one_in(5)
@pytest.mark.parametrize("entry", [one for one in entries() if one.choice], ids=lambda one: one.choice.name)
def test_every_value_is_at_most_six_keys_away(entry):
    """/, letters and steps down, enter, and the arrow of a side."""

    def keys(typed):
        found = found_for(typed)
        return ["/", *typed, *["down"] * found.index(entry), "enter", "left"] if entry in found else [*typed] * 9

    assert any(len(keys(typed)) <= MOST_KEYS for typed in letters_for(entry) if typed.isascii())


@pytest.mark.parametrize(
    ("typed", "field", "name"),
    [
        ("he", "initial_weights", "he"),
        ("flat", "target_shape", "flat"),
        ("nesterov", "momentum", "nesterov-0.9"),
        ("start=zeros", "initial_weights", "zeros"),
        ("reduction per-sample", "reduction", "per-sample"),
        ("zero_grad", "zero_grad", None),
        ("learn", "learning_rate", None),
        ("gradient", "reduction", None),
        ("zero", "zero_grad", None),
        ("bgs", "bias_gradient", "sum"),
        ("FORGOTTEN", "zero_grad", "forgotten"),
    ],
)
def test_the_first_that_is_found_is_what_one_means(typed, field, name):
    first = find_entries(typed)[0]
    assert first.discrepancy.field == field
    assert (first.choice and first.choice.name) == name


def test_what_nothing_is_called_finds_nothing_and_nothing_typed_finds_every_setting():
    assert find_entries("xyzzy") == []
    assert [entry.discrepancy for entry in find_entries("")] == list(BY_STAGE)
    assert find_entries("[bold]") == find_entries("\x1b[31m") == []


@one_in(2)
@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_value_is_found_and_given_to_a_side(size):
    async with explored(engine.preset("exact"), size) as explorer:
        await explorer.press("slash")
        assert isinstance(explorer.app.screen, FindScreen)
        await explorer.press(*"nest", "enter")
        assert isinstance(explorer.app.screen, ValuesScreen)
        shown = str(explorer.app.screen.query_one("#meaning", PlainText).content)
        assert shown.startswith("nesterov-0.9: v ← 0.9·v + g, then")
        await explorer.press("right")
        assert explorer.app.settings.pytorch.momentum == find("momentum").parse("nesterov-0.9", SideName.PYTORCH)
        assert explorer.app.settings.numpy.momentum.coefficient == 0
        assert explorer.app._selected == CATALOGUE.index(find("momentum"))
        assert explorer.app._view == ("differences" if size == NARROW else "curves")


async def test_enter_lists_the_values_and_gives_one_to_both_sides():
    async with explored(engine.preset("exact")) as explorer:
        await explorer.press(*explorer.down_to("log_moment"), "enter")
        choices = explorer.app.screen.query_one("#choices", LineList)
        lines = [choices.render_line(y).text for y in range(3)]
        assert "has it" in lines[0]
        assert lines[1].split()[:4] == ["▸", "before", "by", "hand,"]
        assert lines[2].split()[:1] == ["after"]
        await explorer.press("down", "enter")
        assert {side.log_moment.value for side in (explorer.app.settings.numpy, explorer.app.settings.pytorch)} == {
            "after-update"
        }
        await explorer.press("enter", "up", "left")
        assert explorer.app.settings.numpy.log_moment.value == "before-update"
        assert explorer.app.settings.pytorch.log_moment.value == "after-update"


async def test_what_a_side_cannot_have_is_said_and_nothing_is_lost():
    async with explored(engine.preset("exact")) as explorer:
        before = explorer.app.settings
        await explorer.press("slash", *"flat", "enter")
        assert "(not by hand)" in str(explorer.app.screen.query_one("#meaning", PlainText).content)
        await explorer.press("left")
        assert "numpy.target_shape cannot be 'flat'" in str(
            explorer.app.screen.query_one("#problem", PlainText).content
        )
        await explorer.press("escape")
        assert explorer.app.settings is before


async def test_a_number_is_typed_and_a_value_that_is_not_listed_too():
    async with explored(engine.preset("exact")) as explorer:
        await explorer.press("slash", *"learn", "enter")
        assert isinstance(explorer.app.screen, ValueScreen)
        await explorer.press("escape", "slash", *"momen", "enter", "L")
        assert isinstance(explorer.app.screen, ValueScreen)
        await explorer.press("ctrl+u", *"0", "full_stop", *"5", "enter")
        assert explorer.app.settings.pytorch.momentum.coefficient == 0.5


async def test_what_has_no_effect_is_found_selected_and_explained():
    async with explored(engine.preset("asked")) as explorer:
        await explorer.press("slash", *"softmax form", "enter", "escape")
        assert explorer.app._selected == CATALOGUE.index(find("softmax_form"))
        assert CATALOGUE.index(find("softmax_form")) in listed_rows(explorer.app.settings, explorer.app._selected)
        text = str(explorer.app.query_one("#why PlainText").content)
        assert "There is no softmax in this network" in text


async def test_nothing_found_is_said_and_enter_waits():
    async with explored(engine.preset("asked")) as explorer:
        await explorer.press("slash", *"xyzzy", "enter")
        assert isinstance(explorer.app.screen, FindScreen)
        assert "Nothing is called so" in str(explorer.app.screen.query_one("#problem", PlainText).content)
        await explorer.press("ctrl+u", "down", "up", "pagedown", "pageup", "enter", "escape")
        assert explorer.app._selected == CATALOGUE.index(find("batch"))


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("settings", [engine.preset("asked"), classes()], ids=["asked", "classes"])
def test_what_differs_is_unfolded_and_the_group_of_the_cursor(settings, beside):
    for selected in listed_rows(settings, -1):
        lines = panel_lines(settings, selected, beside)
        rows = [line.index for line in lines if line.index is not None]
        group = CATALOGUE[selected].group
        expected = [
            index
            for index in listed_rows(settings, -1)
            if CATALOGUE[index].group is group or not CATALOGUE[index].matched(settings)
        ]
        assert rows == expected
        # Every listed row is in a line, or counted in one.
        assert len(rows) + sum(line.equal for line in lines) == len(listed_rows(settings, -1))
        assert [line.group for line in lines if line.group] == [
            one.value for one in Group if any(CATALOGUE[i].group is one for i in listed_rows(settings, -1))
        ]
        for line in lines:
            assert CATALOGUE[line.selects].in_effect(settings)


def test_the_list_goes_from_the_data_to_the_numbers_and_begins_where_something_differs():
    asked = engine.preset("asked")
    stages = [list(Group).index(CATALOGUE[index].group) for index in listed_rows(asked, -1)]
    assert stages == sorted(stages)
    assert CATALOGUE[first_row(asked)].field == "initial_weights"
    assert CATALOGUE[first_row(engine.preset("exact"))].field == "batch"
    assert {one.field for one in BY_STAGE} == {one.field for one in CATALOGUE}


async def test_a_click_on_a_folded_group_unfolds_it():
    async with explored(engine.preset("asked")) as explorer:
        rows = explorer.app.query_one("DifferenceRows")
        place = next(y for y, line in enumerate(rows.lines) if line.group == "Backward")
        await explorer.pilot.click("DifferenceRows", offset=(3, place + 1))
        assert CATALOGUE[explorer.app._selected].group is Group.BACKWARD
        assert rows.size.width < BESIDE


async def test_the_selected_row_is_in_view_when_its_tab_comes_on_screen():
    settings = engine.preset("exact").with_side(SideName.NUMPY, zero_grad="forgotten")
    async with explored(settings, NARROW) as explorer:
        await explorer.press("d")
        await explorer.pilot.pause()
        panel, rows = explorer.app.query_one("DifferencesPanel"), explorer.app.query_one("DifferenceRows")
        assert CATALOGUE[explorer.app._selected].field == "zero_grad"
        line = rows.selected_line + 1
        assert panel.scroll_offset.y <= line < panel.scroll_offset.y + panel.scrollable_content_region.height
        assert panel.scroll_offset.y > 0
