"""How numbers are written, in sentences and in tables: the same everywhere. What a number means is said elsewhere."""

from __future__ import annotations

import math
import sys

MEANINGFUL_ULPS = 1_000_000
"""From here on a distance in ULPs says no more than the gap itself; values of different sign are always farther apart,
subnormal ones excepted."""


def read_number(text: str) -> float:
    """The number that is written there, as Python reads it but for underscores: '1_0' is no ten.

    Raises `ValueError` that says what the text is: 'is not a number', or 'is too large a number'.
    """
    try:
        value = float(text)
    except ValueError:
        raise ValueError("is not a number") from None
    if "_" in text:
        raise ValueError("is not a number: an underscore is no part of one")
    if math.isinf(value) and "n" not in text.lower():
        raise ValueError(f"is too large a number: the largest is about {sys.float_info.max:.1e}")
    return value


def number(value: float, digits: int = 2) -> str:
    """At least so many significant digits: plain from 0.001 to 9,999, an exponent beyond. 0.25, 386, 7.7e-08."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    # Of the rounded number, which may be larger than the largest float.
    magnitude = int(f"{value:.{digits - 1}e}".partition("e")[2])
    if magnitude < -3 or abs(value) >= 9999.5:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(0, digits - 1 - magnitude)}f}"


def ulps(count: int) -> str:
    """' (2 ULP)', or nothing where the count says nothing."""
    return f" ({count:,} ULP)" if 0 < count < MEANINGFUL_ULPS else ""
