"""Cursor and zoom stay inside the run, whatever keys are pressed."""

from hypothesis import given
from hypothesis import strategies as st

from tui_app.view_state import ViewState

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
    view_state = ViewState()
    for kind, value in moves:
        if kind == "cursor":
            view_state = view_state.moved_cursor(value, last)
            if view_state.zoom is not None:
                assert view_state.zoom[0] <= view_state.cursor <= view_state.zoom[1]
        elif kind == "zoom":
            view_state = view_state.zoomed(value, view_state.cursor or last // 2, last)
        else:
            view_state = view_state.panned(value, last)
        assert view_state.cursor is None or 1 <= view_state.cursor <= last
        if view_state.zoom is not None:
            first_shown, last_shown = view_state.zoom
            assert 1 <= first_shown < last_shown <= last


def test_zooming_keeps_its_middle():
    assert ViewState().zoomed(0.5, 2500, 5000).zoom == (1250, 3750)
    assert ViewState(zoom=(1250, 3750)).zoomed(2.0, 2500, 5000).zoom is None
