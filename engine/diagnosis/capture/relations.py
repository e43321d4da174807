"""Whether an array is a layer of others: act(L·R + c), with every way to lay the three out. Arrays in, findings out.

Which of those findings are a network is `network_finder.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from engine.diagnosis.capture.first_and_last import Choice, Known, choices_of, ends_of
from engine.diagnosis.capture.layer_forms import (
    LEAKY,
    Array,
    Form,
    activated,
    bias_row,
    fits,
    product,
    tolerance_of,
)

LEAST_SHARE = 1e-6
"""Of a bias that a product must be."""


class Match(NamedTuple):
    """A layer that was found: what it is made of, by number."""

    left: int
    right: int
    bias: int | None
    form: Form


def matches(
    out: Array, lefts: Mapping[int, Array], rights: Mapping[int, Array], biases: Mapping[int, Array], known: Known
) -> list[Match]:
    """All ways in which `out` is act(L·R + c) of these; a bias of zeros is not looked at. What is computed of two
    values is written into `known`.
    """
    tried = [
        (pair, ends)
        for pair in _pairs(out, lefts, rights)
        for ends in ends_of(known, pair, lefts[pair[0]], rights[pair[1]], out.size)
    ]
    found = []
    for ((left, right), ends), choices in zip(tried, choices_of(out, [one for _, one in tried], biases), strict=True):
        z = product(lefts[left], rights[right], ends.form) if choices else None
        if z is not None:
            tolerance = tolerance_of(out, lefts[left], rights[right])
            for bias, activation in _explanations(out, z, biases, choices, tolerance):
                found.append(Match(left, right, bias, ends.form._replace(activation=activation)))
    return found


def _pairs(out: Array, lefts: Mapping[int, Array], rights: Mapping[int, Array]) -> Iterator[tuple[int, int]]:
    """Inputs and weights whose sizes can make an output of that size."""
    by_size: dict[int, list[int]] = {}
    for number, right in rights.items():
        by_size.setdefault(right.size, []).append(number)
    widths = {*out.shape, 1}
    for left_number, left in lefts.items():
        sizes = set()
        for width in widths:
            samples = out.size // width
            if left.size % samples == 0:
                depth = left.size // samples
                sizes |= {depth * width, (depth + 1) * width}
        for size in sizes:
            for right_number in by_size.get(size, ()):
                if left_number != right_number and not (out.size == 1 == rights[right_number].size):
                    yield left_number, right_number


def _explanations(
    out: Array, z: Array, biases: Mapping[int, Array], choices: Sequence[Choice], tolerance: float
) -> Iterator[Choice]:
    for number, name in choices:
        bias = None if number is None else bias_row(biases[number], z.shape[1])
        if bias is None and number is not None:
            continue
        # A product that is nothing beside its bias proves nothing.
        if bias is not None and np.abs(z).max() <= LEAST_SHARE * np.abs(bias).max():
            continue
        whole = z if bias is None else z + bias
        exact = _with_slope(whole, out) if name == LEAKY else name
        if fits(out, activated(exact, whole), tolerance):
            yield number, exact


def _with_slope(z: Array, out: Array) -> str:
    """The leaky ReLU whose slope the most negative number shows, if there is one."""
    least = float(z.min())
    slope = round(float(out.min()) / least, 3) if least < 0 else 0.0
    return f"{LEAKY}:{slope:g}" if 0 < slope < 1 else LEAKY
