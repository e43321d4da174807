"""How tables fit their width: every way keeps its promise, and fewer digits come before fewer columns."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui_app.text.columns import (
    Column,
    counts,
    fit,
    fixed,
    fixed_ways,
    measured,
    names,
    share_ways,
    shortened,
    signed_ways,
    trimmed,
)

WORST = [1.2345678e-300, -1.2345678e-300, 1e300, -1e300, 9999.4999, 9999.5, 0.00099999, 5e-324, 0.0, math.inf, math.nan]
FLOATS = st.one_of(st.floats(), st.sampled_from(WORST))


def reads_back(text, value, share=0.5):
    """Whether a text is the whole number, to its digits: '-2.0' is not -2.0e-03."""
    found = float(text.replace(",", ""))
    return (math.isnan(found) and math.isnan(value)) or found == value or abs(found - value) <= share * abs(value)


@given(FLOATS)
def test_no_way_is_wider_than_it_says_and_every_text_is_the_number(value):
    for way in (*fixed_ways(), *fixed_ways("+"), *signed_ways()):
        text = way.write(value)
        assert len(text) <= way.width, (text, way.width)
        assert reads_back(text, value)
    for way in share_ways():
        assert len(way.write(abs(value))) <= way.width
        assert reads_back(way.write(abs(value)), abs(value))
    for digits in (6, 4, 3, 2):
        assert reads_back(trimmed(value, digits), value, 0.06)


@given(st.integers(0, 10**9))
def test_counts_are_as_wide_as_the_largest(largest):
    assert [way.write(largest).replace(",", "") for way in counts(largest)] == [str(largest)] * 5
    assert all(len(way.write(largest)) == way.width for way in counts(largest))


def columns_of(values):
    return [
        Column("name", "operation", (names(60), names(16)), flexible=True),
        Column("place", "unit", counts(20_000_000), drop=4),
        Column("by hand", "by hand", fixed_ways("+"), drop=1),
        Column("target", "target", measured([repr, str], values), drop=3),
        Column("gap", "Δ", signed_ways(), drop=2),
    ]


@given(st.lists(FLOATS, min_size=1, max_size=5), st.integers(0, 200), st.text(max_size=70))
def test_lines_fit_any_width_and_headings_and_numbers_stay_whole(values, width, name):
    layout = fit(columns_of(values), width)
    assert layout.width <= width
    if layout.columns:
        headings = [column.heading for column in layout.columns]
        assert layout.heading().split() == " ".join(headings).split()
    for value in values:
        row = {"name": name.replace("\n", " "), "place": 20_000_000, "by hand": value, "target": value, "gap": value}
        cells = layout.cells(row)
        assert cell_len(layout.line(row)) == layout.width
        for column in ("by hand", "target", "gap"):
            if column in cells:
                assert reads_back(cells[column], value)


def test_digits_go_before_columns_and_columns_in_their_order():
    columns = [
        Column("unit", "unit", counts(20), drop=2),
        Column("by hand", "by hand", fixed_ways("+")),
        Column("gap", "Δ", signed_ways(), drop=1),
    ]
    assert fit(columns, 31).line({"unit": 3, "by hand": 0.5, "gap": -0.002}) == "   3     +0.50000000    -0.0020"
    assert fit(columns, 25).line({"unit": 3, "by hand": 0.5, "gap": -0.002}) == "   3    +0.5000   -0.0020"
    assert fit(columns, 24).line({"unit": 3, "by hand": 0.5, "gap": -0.002}) == "   3     +0.500   -0.002"
    assert [column.name for column in fit(columns, 21).columns] == ["by hand", "gap"]
    assert [column.name for column in fit(columns, 14).columns] == ["by hand"]
    assert fit(columns, 5).line({"by hand": 0.5}) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.25, "+0.25000000"), (386.5, "+386.50000000"), (0, "0"), (5e-4, "+5.000000e-04"), (-1e300, "-1.000000e+300")],
)
def test_plain_digits_up_to_9999_and_an_exponent_beyond(value, text):
    assert fixed(value, 8, "+") == text


@given(st.text(max_size=80), st.integers(1, 70))
def test_only_names_are_shortened_and_say_so(name, width):
    text = shortened(name, width)
    assert cell_len(text) <= width
    assert text == name or text.endswith("…")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1, "1"), (0.25, "0.25"), (452_600, "4.526e+05"), (1000, "1,000"), (-0.136281, "-0.136281")],
)
def test_targets_have_no_zeros_at_their_end(value, text):
    assert trimmed(value) == text
