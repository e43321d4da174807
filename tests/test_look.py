"""Cursor and zoom stay inside the run, whatever keys are pressed."""

from hypothesis import given
from hypothesis import strategies as st

from tui_app.look import Look

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("cursor"), st.integers(-300, 300)),
        st.tuples(st.just("zoom"), st.sampled_from([0.5, 0.8, 1.25, 2.0])),
        st.tuples(st.just("pan"), st.sampled_from([-0.25, 0.25])),
    ),
    max_size=30,
)


@given(st.integers(1, 10_000), MOVES)
def test_any_keys(last, moves):
    look = Look()
    for kind, value in moves:
        if kind == "cursor":
            look = look.moved_cursor(value, last)
            if look.zoom is not None:
                assert look.zoom[0] <= look.cursor <= look.zoom[1]
        elif kind == "zoom":
            look = look.zoomed(value, look.cursor or last // 2, last)
        else:
            look = look.panned(value, last)
        assert look.cursor is None or 1 <= look.cursor <= last
        if look.zoom is not None:
            first_shown, last_shown = look.zoom
            assert 1 <= first_shown < last_shown <= last


def test_zooming_keeps_its_middle():
    assert Look().zoomed(0.5, 2500, 5000).zoom == (1250, 3750)
    assert Look(zoom=(1250, 3750)).zoomed(2.0, 2500, 5000).zoom is None
