"""Which rows of a larger array a layer was given, where the program takes them without a name: `X[i] @ W`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import numpy as np

from engine.diagnosis.capture.first_and_last import NAMES, Choice, are_probabilities, fitting_activations
from engine.diagnosis.capture.layer_forms import (
    LEAKY,
    Array,
    Form,
    activated,
    arrangements,
    bias_row,
    input_rows,
    is_nothing,
    layouts,
    product,
    tolerance_of,
    weight_rows,
)
from engine.diagnosis.capture.relations import Match
from engine.diagnosis.capture.trace import Trace

MOST_ROWS = 512
"""Of an output whose rows are looked for."""

MOST_PRODUCTS = 4_000_000
"""Numbers of a product of all rows."""


def row_matches(
    trace: Trace, out: Array, wholes: Mapping[int, Array], rights: Mapping[int, Array], biases: Mapping[int, Array]
) -> list[Match]:
    """The ways in which `out` is act(L·R + c) of some rows or columns of a larger array; each L becomes a value."""
    found: list[Match] = []
    for (right_number, right), (whole_number, whole) in itertools.product(rights.items(), wholes.items()):
        for form in layouts(whole, right):
            if form.ones or not _may_be_rows(whole, right, form, out):
                continue
            key = whole_number, right_number, form
            column = trace.columns.get(key)
            if column is None:
                column = trace.columns[key] = input_rows(whole, form) @ weight_rows(right, form)[:, 0]
            tolerance = tolerance_of(out, whole, right)
            choices = list(_hopeful(out, column, weight_rows(right, form).shape[1], biases, tolerance))
            z = product(whole, right, form) if choices else None
            if z is None:
                continue
            for bias, name in choices:
                row = None if bias is None else bias_row(biases[bias], z.shape[1])
                places = found_rows(out, z if row is None else z + row, name, tolerance)
                if places is not None and not is_nothing(z[places]):
                    left = virtual(trace, whole_number, whole, form, places)
                    plain = form._replace(columns=False, flat_input=False, activation=name)
                    found.append(Match(left, right_number, bias, plain))
    return found


def _may_be_rows(whole: Array, right: Array, form: Form, out: Array) -> bool:
    """Whether `out` can be some rows of their product (M, H), which is not too large."""
    samples, width = len(input_rows(whole, form)), weight_rows(right, form).shape[1]
    if samples * width > MOST_PRODUCTS or out.size % width or not 0 < out.size // width < samples:
        return False
    return width in (*out.shape, 1) and out.size // width <= MOST_ROWS


def _hopeful(out: Array, column: Array, width: int, biases: Mapping[int, Array], tolerance: float) -> Iterator[Choice]:
    """The biases and activations with which some number of the products' first column (M,) makes the first number of
    `out`.
    """
    numbers: list[int | None] = [None, *(number for number, one in biases.items() if one.size == width)]
    z = column[:, None] + [0.0 if number is None else biases[number].flat[0] for number in numbers]
    arranged = arrangements(out, (out.size // width, width))
    fitting = np.zeros((len(NAMES), len(numbers)), bool)
    for first in {float(rows[0, 0]) for rows in arranged}:
        allowed = 2 * tolerance * (abs(first) + 1e-6)
        near = fitting_activations(z, first, allowed)
        near[LEAKY] |= np.abs(activated(LEAKY, z) - first) <= allowed
        fitting |= np.array([near[name].any(axis=0) for name in NAMES])
    names = [*NAMES, "softmax"] if width > 1 and any(are_probabilities(rows[0]) for rows in arranged) else NAMES
    for column_of, number in enumerate(numbers):
        for row, name in enumerate(names):
            if name == "softmax" or fitting[row, column_of]:
                yield number, name


def found_rows(out: Array, z: Array, name: str, tolerance: float) -> list[int] | None:
    """The numbers of the rows of z that are `out` once they are activated; none if there are none."""
    width = z.shape[1]
    samples = out.size // width
    for rows in arrangements(out, (samples, width)):
        places = []
        for row in rows:
            if name != "softmax":
                near = np.flatnonzero(
                    np.abs(activated(name, z[:, :1])[:, 0] - row[0]) <= tolerance * (abs(row[0]) + 1e-6)
                )
            else:
                near = np.arange(len(z))
            if not len(near):
                break
            gaps = np.abs(activated(name, z[near]) - row).max(axis=1)
            best = int(np.argmin(gaps))
            if not gaps[best] <= tolerance * max(float(np.abs(row).max()), 1e-6):
                break
            places.append(int(near[best]))
        else:
            return places
    return None


def virtual(trace: Trace, whole_number: int, whole: Array, form: Form, places: list[int]) -> int:
    """The value of those rows, as old as the array that they are of."""
    known = len(trace.values)
    number = trace.value(np.ascontiguousarray(input_rows(whole, form)[places]))
    if number == known:
        trace.first[number] = trace.first[whole_number]
    return number
