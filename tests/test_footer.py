"""Keys at the foot of the screen are whole, at every width."""

from itertools import pairwise

import pytest

from tests.driver import LEAST, NARROW, WIDE


@pytest.mark.parametrize("explorer", [("asked", size) for size in (LEAST, NARROW, (118, 30), WIDE)], indirect=True)
async def test_no_key_is_cut(explorer):
    for width in (None, 60, 66, 74, 80, 100, 118, 160):
        if width is not None:
            await explorer.pilot.resize_terminal(width, 30)
            await explorer.settle()
        keys = list(explorer.app.query("FooterKey"))
        assert {"help", "quit"} <= {key.action for key in keys}
        for key in keys:
            text = str(key.render()).rstrip()
            assert key.region.width >= len(text)
            assert key.region.x + len(text) <= explorer.app.size.width
        regions = sorted((key.region.x, key.region.right) for key in keys)
        assert all(first[1] <= second[0] for first, second in pairwise(regions))


@pytest.mark.parametrize("explorer", [("asked", WIDE)], indirect=True)
async def test_where_there_is_room_all_are_there(explorer):
    assert len(explorer.app.query("FooterKey")) == 10
    await explorer.pilot.resize_terminal(80, 24)
    await explorer.settle()
    assert len(explorer.app.query("FooterKey")) == 9
