"""The Impact tab while it measures, stopped and finished: whole at every size, and nothing concluded early."""

import re

import pytest
from textual.geometry import Region
from textual.widgets import Static

from tests.examples import some_of
from tui_app.views.impact import ImpactView
from tui_app.widgets.line_list import LineList

SIZES = [(60, 20), (80, 24), (118, 30), (120, 40), (200, 60)]


async def measuring(explorer):
    """A measurement under way: the first hundred epochs of five thousand."""
    await explorer.pilot.press("I")
    await explorer.pilot.pause()
    worker = explorer.app.worker
    worker._take_commands(0)
    worker._jobs.impact._study.step(1)
    worker._jobs.impact._show(worker._jobs.impact._study, running=True)
    worker._publish()
    explorer.app.poll()
    await explorer.pilot.pause()


def said(explorer):
    """All that the tab's texts say."""
    return " ".join(str(one.render()) for one in explorer.app.query_one(ImpactView).query(Static))


def words(text):
    return "".join(text.split())


def assert_whole(explorer):
    """Every text and row has all of its words on its lines, and these lie inside the tab."""
    view = explorer.app.query_one(ImpactView)
    for text in view.query(Static):
        lines = text.render_lines(Region(0, 0, *text.size))
        assert words("".join(line.text for line in lines)) == words(str(text.render())), text.id
        assert text.region.right <= view.content_region.right
        assert all(line.cell_length <= view.content_region.width for line in lines)
    rows = view.query_one(LineList)
    lines = [rows.render_line(y).text.rstrip() for y in range(rows._count + 1)]
    assert rows.size.height >= len(lines)
    assert rows.region.right <= view.content_region.right
    assert lines[0].endswith(" first")
    assert all(re.search(r" \d+/\d+$", line) for line in lines[1:])


@pytest.mark.parametrize("explorer", [("asked", size) for size in some_of(SIZES, 3)], indirect=True, ids=str)
async def test_nothing_is_cut_at_any_size(explorer):
    await measuring(explorer)
    assert_whole(explorer)
    await explorer.settle()
    # Each row with its details, by another measure each.
    for _ in range(5):
        assert_whole(explorer)
        await explorer.press("u", "down")


async def test_nothing_is_concluded_before_the_end(explorer):
    await measuring(explorer)
    assert "so far, after 100 of 5,000 epochs at 20 of 20 seeds" in said(explorer)
    assert "nothing follows from them yet" in said(explorer)
    assert "Match " not in said(explorer)
    assert explorer.app.query_one("#impact-rows", LineList).render_line(0).text.split()[:2] == ["so", "far"]
    await explorer.press("escape")
    assert "so far, after 100 of 5,000 epochs at 20 of 20 seeds; stopped" in said(explorer)
    assert "Match " not in said(explorer)
    await explorer.press("I")
    assert "so far" not in said(explorer)
    assert "Match " in said(explorer)
    assert "20 seeds, 5,000 epochs" in said(explorer)


async def test_where_no_difference_is_left_it_says_so(explorer):
    explorer.app.choose_preset("exact")
    await explorer.settle()
    await explorer.press("I")
    assert "no difference is left, so there is nothing to measure" in said(explorer)
    assert "nothing measured yet" not in said(explorer)
    assert explorer.snapshot.impact is None
    assert explorer.said == []
    await explorer.press("I")
    assert "No difference is left" in explorer.said[-1]


async def test_what_was_measured_with_other_settings_says_so(explorer):
    """A value, a layer or a seed since then: the table is of what was, and the key measures what is."""
    await explorer.press("I")
    for key in ("right", "R"):
        assert "I measures these" not in said(explorer)
        await explorer.press(key)
        assert "measured with other settings than these; I measures these" in said(explorer)
        await explorer.press("I")


async def test_what_was_measured_before_all_was_matched_says_so(explorer):
    await explorer.press("I", "a")
    assert "measured before the last difference was matched" in said(explorer)


async def test_it_says_match_and_not_another_word_for_it(explorer):
    await explorer.press("I")
    for _ in range(5):
        for _ in range(4):
            assert not re.search(r"\bmend", said(explorer) + ImpactView.HELP, re.IGNORECASE)
            await explorer.press("u")
        await explorer.press("down")
