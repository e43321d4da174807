"""How numbers are written, in sentences and in tables, and how they are read: the same everywhere.

What a number means is said elsewhere.
"""

from __future__ import annotations

import math
import re
import sys

from engine.errors import SettingsError
from engine.shown_text import shown

MEANINGFUL_ULPS = 1_000_000
"""From here on a distance in ULPs says no more than the gap itself; values of different sign are always farther apart,
subnormal ones excepted."""

WHOLE = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)", re.ASCII)
"""Thousands with commas, as the program itself writes them, or without."""

MOST_DIGITS = 300
"""Of a whole number that is typed."""


class TooLargeError(ValueError):
    """A number beyond what can be computed with."""


def read_number(text: str) -> float:
    """The number that is written there, as Python reads it but for underscores: '1_0' is no ten.

    Raises `ValueError` that says what the text is: 'is not a number', or, as `TooLargeError`, that it is too large.
    """
    try:
        value = float(text)
    except ValueError:
        raise ValueError("is not a number") from None
    if "_" in text:
        raise ValueError("is not a number: an underscore is no part of one")
    if math.isinf(value) and "n" not in text.lower():
        raise TooLargeError(f"is too large a number: the largest is about {sys.float_info.max:.1e}")
    return value


def typed_number(what: str, text: str) -> float:
    """The number typed for `what`; raises `SettingsError`."""
    try:
        return read_number(text)
    except TooLargeError as error:
        raise SettingsError(f"{what} cannot be '{shown(text)}': that {error}.") from None
    except ValueError:
        raise SettingsError(f"{what} cannot be '{shown(text)}'; it is a number.") from None


def read_whole(text: str) -> int:
    """The whole number, its thousands with commas or without; raises `ValueError`, of what is too long
    `TooLargeError`.
    """
    digits = text.strip()
    if not WHOLE.fullmatch(digits):
        raise ValueError(text)
    if len(digits) > MOST_DIGITS:
        raise TooLargeError(text)
    return int(digits.replace(",", ""))


def typed_whole(what: str, text: str) -> int:
    """The whole number typed for `what`, as `read_whole`; raises `SettingsError`."""
    try:
        return read_whole(text)
    except TooLargeError:
        size = f"of {len(text.strip()):,} digits"
        raise SettingsError(f"{what} cannot be '{shown(text)}': that is too large a number, {size}.") from None
    except ValueError:
        raise SettingsError(f"{what} cannot be '{shown(text)}'; it is a whole number.") from None


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
