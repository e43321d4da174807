"""Ticks: every label is true, none is like another, and all are round."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tui_app.text.ticks import epoch_ticks, log_ticks, value_ticks

ROWS = st.integers(2, 60)
MAGNITUDES = st.integers(-200, 200)


def read(label):
    return float(label.replace(",", ""))


def rows_of(places, low, high, rows):
    """Where a curve of this value would lie, counted in dots, four to a row."""
    return [round((place - low) / (high - low) * (4 * rows - 1)) // 4 for place in places]


def check(ticks, low, high, rows):
    places, labels = ticks.places, ticks.labels
    assert 1 <= len(places) == len(labels) == len(set(labels))
    assert all(low <= place <= high for place in places)
    assert all(before < after for before, after in itertools.pairwise(places))
    assert max(map(len, labels)) <= 10
    assert len(set(rows_of(places, low, high, rows))) == len(places)


@st.composite
def ranges(draw):
    """From far below zero to far above, wide or nearly flat."""
    scale = 10.0 ** draw(MAGNITUDES)
    middle = draw(st.sampled_from([0.0, 1.0, -1.0, 0.25])) + draw(st.floats(-1, 1))
    width = 10.0 ** draw(st.floats(-11, 1))
    return (middle - width) * scale, (middle + width) * scale


@examples(250)
@given(ranges(), ROWS)
def test_a_linear_axis(ends, rows):
    low, high = ends
    ticks = value_ticks(low, high, rows)
    check(ticks, low, high, rows)
    if low <= 0 <= high:
        assert "0" in ticks.labels
    if len(ticks.places) == 1:
        assert read(ticks.labels[0]) == pytest.approx(ticks.places[0], rel=0.01, abs=0)
        # Only where round numbers would take more digits than there is room for, or zero needs the rows.
        assert rows < 4 or (high - low) < 1e-2 * max(abs(low), abs(high))
        return
    assert [read(label) for label in ticks.labels] == list(ticks.places)
    steps = np.diff(ticks.places)
    if len(steps) > 1:
        assert steps == pytest.approx([steps[0]] * len(steps), rel=1e-4)
        mantissa = float(f"{steps[0]:.3e}".split("e")[0])
        assert mantissa in (1, 2, 2.5, 5)


@examples(150)
@given(st.floats(-200, 200), st.floats(1e-9, 40), ROWS)
def test_a_log_axis(low, width, rows):
    high = low + width
    ticks = log_ticks(low, high, rows)
    check(ticks, low, high, rows)
    values = [read(label) for label in ticks.labels]
    tolerance = 0.01 if len(values) == 1 else 1e-9
    assert np.log10(values) == pytest.approx(np.array(ticks.places), rel=0, abs=tolerance)
    if width >= 3:
        assert all(float(place).is_integer() for place in ticks.places)
        assert all(
            label == f"{value:,g}" for label, value in zip(ticks.labels, values, strict=True) if 1e-3 <= value <= 1e3
        )


def test_what_is_written():
    assert value_ticks(-0.03, 0.2508, 16).labels == ("0", "0.05", "0.10", "0.15", "0.20", "0.25")
    assert value_ticks(0, 20_000, 16).labels == ("0", "5e+03", "1.0e+04", "1.5e+04", "2.0e+04")
    assert value_ticks(0, 4_000, 13).labels == ("0", "1,000", "2,000", "3,000", "4,000")
    assert value_ticks(0.25 - 1e-7, 0.25 + 1e-7, 9).labels == ("0.2499999", "0.2500000", "0.2500001")
    assert log_ticks(-5.2, 1.1, 30).labels == ("1e-05", "1e-04", "0.001", "0.01", "0.1", "1", "10")
    assert log_ticks(math.log10(0.005), math.log10(0.25), 17).labels == ("0.005", "0.01", "0.02", "0.05", "0.1", "0.2")
    assert log_ticks(math.log10(0.24), math.log10(0.27), 17).labels == ("0.24", "0.25", "0.26", "0.27")


@pytest.mark.parametrize(
    ("first", "last", "columns", "labels"),
    [
        (0, 5000, 75, "0 1,000 2,000 3,000 4,000 5,000"),
        (0, 5000, 53, "0 1,000 2,000 3,000 4,000 5,000"),
        (0, 1, 50, "0 1"),
        (0, 3, 50, "0 1 2 3"),
        (0, 2_000_000, 73, "0 500,000 1,000,000 1,500,000 2,000,000"),
        (2401, 4951, 73, "2,410 3,000 3,500 4,000 4,500"),
        (17, 22, 73, "17 18 19 20 21 22"),
    ],
)
def test_epochs_begin_at_the_start_and_are_round(first, last, columns, labels):
    assert epoch_ticks(first, last, columns).labels == tuple(labels.split())


@given(st.integers(0, 3_000_000), st.integers(1, 3_000_000), st.integers(8, 300))
def test_an_axis_of_epochs(first, span, columns):
    last = first + span
    ticks = epoch_ticks(first, last, columns)
    assert [read(label) for label in ticks.labels] == list(ticks.places)
    assert all(first <= place <= last for place in ticks.places)
    assert ticks.places[0] - first <= span / (columns - 1)
    assert first > 0 or ticks.places[0] == 0
    widest = max(map(len, ticks.labels))
    for before, after in itertools.pairwise(ticks.places):
        assert (after - before) / span * (columns - 1) >= 2 * widest
