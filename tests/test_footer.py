"""Keys at the foot of the screen are whole at every width, and are there to be clicked."""

import pytest
from rich.cells import cell_len

from tests.driver import LEAST, NARROW, WIDE
from tui_app.keys import KEYS
from tui_app.widgets.key_footer import KeyFooter


def footer(explorer):
    return explorer.app.query_one(KeyFooter)


async def test_no_key_is_cut(explorer):
    shown = {key.shown.split()[0]: key.title for key in KEYS if key.footer} | {"^p": "palette"}
    for size in (WIDE, LEAST, NARROW, *((width, 30) for width in (60, 66, 74, 80, 100, 118, 160))):
        await explorer.pilot.resize_terminal(*size)
        await explorer.settle()
        line = footer(explorer).render_line(0).text
        assert cell_len(line.rstrip()) <= explorer.app.size.width
        words = line.replace("▏", " ").split()
        pairs = dict(zip(words[::2], words[1::2], strict=True))
        assert {"?", "q"} <= set(pairs)
        assert pairs.items() <= shown.items()


@pytest.mark.parametrize("explorer", [("asked", WIDE)], indirect=True)
async def test_where_there_is_room_all_are_there(explorer):
    assert len(footer(explorer).placed()) == 10
    await explorer.pilot.resize_terminal(80, 24)
    await explorer.settle()
    assert len(footer(explorer).placed()) == 9


@pytest.mark.parametrize("explorer", [("asked", WIDE)], indirect=True)
async def test_a_click_presses_the_key(explorer):
    line = footer(explorer).render_line(0).text
    await explorer.pilot.click(KeyFooter, offset=(line.index("all"), 0))
    await explorer.settle()
    assert explorer.app.settings.numpy == explorer.app.settings.pytorch
    await explorer.pilot.click(KeyFooter, offset=(line.index("? help"), 0))
    await explorer.settle()
    assert type(explorer.app.screen).__name__ == "HelpScreen"
    await explorer.press("escape")
    await explorer.pilot.click(KeyFooter, offset=(line.index("palette"), 0))
    await explorer.settle()
    assert type(explorer.app.screen).__name__ == "Palette"
