"""Ticks of the charts' axes: round numbers, written so that no two on one axis are alike.

Round are 1, 2, 2.5 and 5 times a power of ten; on a log axis the powers of ten themselves.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.number_text import number
from tui_app.text.raster import DOTS_DOWN

LABEL_WIDTH = 10
"""Columns that a label of the y axis may take."""

MOST = 10
"""Labels of the y axis, however tall it is."""

MANTISSAS = (10, 20, 25, 50)
"""Of round steps, in tenths."""

STRIDES = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500)
"""Every so many powers of ten are labelled."""

MOST_MULTIPLES = 200
"""More multiples of one step than this are not looked at: the step is far too fine."""

LEAST_RANGE = 1e-300
"""Steps of a range below this would be too small to be divided by."""


@dataclass(frozen=True)
class Ticks:
    """Places on an axis, ascending, in the axis's own unit, and what is written there."""

    places: tuple[float, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class _Room:
    """The most ticks that an axis takes, and how far apart they must lie to have rows of their own."""

    most: int
    apart: float

    def takes(self, ticks: Ticks) -> bool:
        places = ticks.places
        return (
            len(places) <= self.most
            and all(after - before >= self.apart for before, after in itertools.pairwise(places))
            and all(len(label) <= LABEL_WIDTH for label in ticks.labels)
        )


def value_ticks(low: float, high: float, rows: int) -> Ticks:
    """Of a linear axis of so many rows; 0 is one of them if it is on the axis."""
    return _linear(low, high, _room(low, high, rows), log=False)


def log_ticks(low: float, high: float, rows: int) -> Ticks:
    """Of a log axis between two powers of ten, which need not be whole."""
    room = _room(low, high, rows)
    decades = range(math.ceil(low), math.floor(high) + 1)
    if len(decades) > 2:
        return next(ticks for ticks in _every_so_many(decades) if room.takes(ticks))
    fine = [float(f"{digit}e{decade}") for decade in range(math.floor(low), math.ceil(high) + 1) for digit in (1, 2, 5)]
    for values in (fine, [float(f"1e{decade}") for decade in decades]):
        ticks = _on_log_axis([value for value in values if low <= _log10(value) <= high])
        if len(ticks.places) > 1 and room.takes(ticks):
            return ticks
    return _linear(low, high, room, log=True)


def epoch_ticks(first: float, last: float, columns: int) -> Ticks:
    """Round epochs, so far apart that no label reaches another's place; 0 is where a run starts.

    plotext sets labels down in the order of a Python set, which no two processes share: where labels touch, another one
    would be left out each time.
    """
    epochs_per_column = (last - first) / (columns - 1)
    # plotext moves a label by up to its own width away from an edge.
    least = epochs_per_column * 2 * len(f"{last:,.0f}")
    step = _round_up(least)
    # As round as the first column allows: the label stands in it and is true.
    unit = int(10 ** math.floor(math.log10(max(epochs_per_column, 1))))
    start = unit * math.ceil(first / unit)
    round_epochs = range(step * math.ceil(first / step), math.floor(last) + 1, step)
    places = [float(start), *(float(epoch) for epoch in round_epochs if epoch - start >= least)]
    return Ticks(tuple(places), tuple(f"{place:,.0f}" for place in places))


def _round_up(least: float) -> int:
    """1, 2 or 5 times a power of ten, at least 1."""
    unit = int(10 ** math.floor(math.log10(max(least, 1))))
    return next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= least)


def _room(low: float, high: float, rows: int) -> _Room:
    most = max(min(3, rows // 2 + 1), min(MOST, rows // 3 + 1))
    return _Room(most, (high - low) * DOTS_DOWN / (rows * DOTS_DOWN - 1))


def _every_so_many(decades: range) -> Iterator[Ticks]:
    for stride in STRIDES:
        chosen = [decade for decade in decades if decade % stride == 0] or [decades[0]]
        yield Ticks(tuple(map(float, chosen)), tuple(number(float(f"1e{decade}"), 1) for decade in chosen))


def _on_log_axis(values: list[float]) -> Ticks:
    return Ticks(tuple(map(_log10, values)), tuple(number(value, 1) for value in values))


def _log10(value: float) -> float:
    # NumPy's, as the curves are drawn with: another library's last bit might put a tick off the axis.
    return float(np.log10(value)) if value > 0 else -math.inf


def _linear(low: float, high: float, room: _Room, log: bool) -> Ticks:
    """Multiples of the finest round step that the axis has room for; if that leaves fewer than two, two of a finer one.

    On a log axis too short for powers of ten the numbers are evenly spaced, their places are not.
    """
    ends = (10**low, 10**high) if log else (low, high)
    two, one = None, None
    for mantissa, exponent in _steps(*ends):
        values = _multiples(*ends, mantissa, exponent)
        places = [_log10(value) for value in values] if log else values
        last_digit = exponent if mantissa % 10 else exponent + 1
        labels = _labels(values, last_digit)
        inside = [index for index, place in enumerate(places) if low <= place <= high]
        ticks = Ticks(tuple(places[index] for index in inside), tuple(labels[index] for index in inside))
        if len(inside) > 1:
            if room.takes(ticks):
                return ticks
            outer = _two_of(ticks)
            two = outer if room.takes(outer) else two
        elif inside and room.takes(ticks):
            one = one or ticks
            break
    return two or one or _middle(low, high, log)


def _steps(low: float, high: float) -> Iterator[tuple[int, int]]:
    """Round steps, each `mantissa · 10^exponent`, from a fraction of the range up to more than its numbers."""
    span, largest = high - low, max(abs(low), abs(high))
    if span <= LEAST_RANGE:
        return
    finest, coarsest = (math.floor(math.log10(value)) for value in (span / MOST / 10, max(span, largest) * 10))
    for exponent in range(finest, coarsest):
        yield from ((mantissa, exponent) for mantissa in MANTISSAS)


def _multiples(low: float, high: float, mantissa: int, exponent: int) -> list[float]:
    """All multiples of a step between two numbers, each the float nearest to its decimal digits."""
    step = float(f"{mantissa}e{exponent}")
    # A division's last bit may put the first or last one on the wrong side: one more is tried on each.
    candidates = range(math.ceil(low / step) - 1, math.floor(high / step) + 2)
    if len(candidates) > MOST_MULTIPLES:
        return []
    return [value for count in candidates if low <= (value := float(f"{count * mantissa}e{exponent}")) <= high]


def _labels(values: list[float], last_digit: int) -> list[str]:
    """All written to the same decimal place: plain where the largest is, with an exponent where it has one."""
    largest = max(map(abs, values), default=0.0)
    plain = 0.001 <= largest < 9999.5
    labels = []
    for value in values:
        if value == 0:
            labels.append("0")
        elif plain:
            labels.append(f"{value:,.{max(0, -last_digit)}f}")
        else:
            labels.append(f"{value:.{max(0, _magnitude(value) - last_digit)}e}")
    return labels


def _magnitude(value: float) -> int:
    return int(f"{value:.16e}".partition("e")[2])


def _two_of(ticks: Ticks) -> Ticks:
    """The outermost two; 0 stays if it is there."""
    first, last = 0, len(ticks.places) - 1
    if 0.0 in ticks.places:
        zero = ticks.places.index(0.0)
        first, last = (zero, last) if last - zero >= zero else (first, zero)
    return Ticks((ticks.places[first], ticks.places[last]), (ticks.labels[first], ticks.labels[last]))


def _middle(low: float, high: float, log: bool) -> Ticks:
    """One number with as many digits as a label has room for: the axis is too short for round ones."""
    place = low + (high - low) / 2
    value = 10**place if log else place
    written = (number(value, digits) for digits in range(LABEL_WIDTH, 0, -1))
    return Ticks((place,), (next(label for label in written if len(label) <= LABEL_WIDTH),))
