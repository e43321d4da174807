"""Which rows of a larger array a layer was given, where the program takes them without a name: `X[i] @ W`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.diagnosis.capture.relations import (
    Array,
    Form,
    Match,
    activated,
    arrangements,
    bias_row,
    input_rows,
    is_nothing,
    layouts,
    product,
    tolerance_of,
)
from engine.diagnosis.capture.trace import Trace

MOST_ROWS = 512
"""Of an output whose rows are looked for."""

MOST_PRODUCTS = 4_000_000
"""Numbers of a product of all rows."""

NAMES = ("identity", "sigmoid", "tanh", "relu", "leaky-relu", "softmax")


def row_matches(
    trace: Trace, out: Array, wholes: Mapping[int, Array], rights: Mapping[int, Array], biases: Mapping[int, Array]
) -> list[Match]:
    """The ways in which `out` is act(L·R + c) of some rows or columns of a larger array; each L becomes a value."""
    found: list[Match] = []
    for right_number, right in rights.items():
        for whole_number, whole in wholes.items():
            for form in layouts(whole, right):
                if form.ones:
                    continue
                z = _products(whole, right, form, out)
                if z is None:
                    continue
                for bias in (None, *(number for number, one in biases.items() if one.size == z.shape[1])):
                    row = None if bias is None else bias_row(biases[bias], z.shape[1])
                    for name in NAMES:
                        places = found_rows(out, z if row is None else z + row, name, tolerance_of(out, whole, right))
                        if places is not None and not is_nothing(z[places]):
                            left = virtual(trace, whole_number, whole, form, places)
                            plain = form._replace(columns=False, flat_input=False, activation=name)
                            found.append(Match(left, right_number, bias, plain))
    return found


def _products(whole: Array, right: Array, form: Form, out: Array) -> Array | None:
    """(M, H) of all rows, if `out` can be some of them."""
    rows = input_rows(whole, form)
    width = right.shape[0] if form.transposed and right.ndim == 2 else right.shape[-1] if right.ndim == 2 else 1
    if rows.shape[0] * width > MOST_PRODUCTS or out.size % width or not 0 < out.size // width < rows.shape[0]:
        return None
    if width not in (*out.shape, 1) or out.size // width > MOST_ROWS:
        return None
    return product(whole, right, form)


def found_rows(out: Array, z: Array, name: str, tolerance: float) -> list[int] | None:
    """The numbers of the rows of z that are `out` once they are activated; none if there are none."""
    width = z.shape[1]
    samples = out.size // width
    if name == "softmax" and width == 1:
        return None
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
