"""Numbers as text: read back by Python's own `float`, and against what a person would write."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.number_text import number, ulps


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.25, 2, "0.25"),
        (18.04, 2, "18"),
        (386.4, 2, "386"),
        (9999.0, 2, "9,999"),
        (9999.6, 2, "1.0e+04"),
        (10000.0, 2, "1.0e+04"),
        (0.001, 2, "0.0010"),
        (0.00099, 2, "9.9e-04"),
        (0.0009999, 2, "0.0010"),
        (9.96, 2, "10"),
        (-2.0e-3, 2, "-0.0020"),
        (7.7e-8, 2, "7.7e-08"),
        (0.0, 2, "0"),
        (-0.0, 2, "0"),
        (float("nan"), 2, "nan"),
        (1.5, 4, "1.500"),
    ],
)
def test_as_a_person_writes_it(value, digits, text):
    assert number(value, digits) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 8))
def test_it_reads_back_to_so_many_digits(value, digits):
    text = number(value, digits)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.5000001 * 10 ** (1 - digits), abs=0)
    plain = "e" not in text
    assert plain == (value == 0 or (float(f"{abs(value):.{digits - 1}e}") >= 1e-3 and round(abs(value)) < 10_000))
    assert math.copysign(1, value) < 0 or not text.startswith("-")


@pytest.mark.parametrize(("count", "text"), [(0, ""), (2, " (2 ULP)"), (999_999, " (999,999 ULP)"), (10**6, "")])
def test_ulps_are_left_out_where_they_say_nothing(count, text):
    assert ulps(count) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.76e308, "1.8e+308"), (-1.7976931348623157e308, "-1.8e+308"), (5e-324, "4.9e-324")]
)
def test_the_largest_and_the_least_float_are_written(value, text):
    assert number(value) == text
