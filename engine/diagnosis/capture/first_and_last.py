"""Which layers the first and the last element of an array do not rule out: nearly all that are tried are refused here.

All products, biases and activations are looked at together. Whether what is left fits is `relations.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.capture.layer_forms import LEAKY, Array, Form

Bools = NDArray[np.bool_]

Choice = tuple[int | None, str]
"""A bias, by its number, and an activation."""

NAMES = ("identity", "relu", LEAKY, "sigmoid", "tanh")


class Ends(NamedTuple):
    """The first and the last number of a product, without a bias of its own."""

    form: Form
    samples: int
    width: int
    first: float
    last: float


class _Side(NamedTuple):
    """An array laid out as an input, or as a weight: its samples or its width, and what of it is multiplied."""

    flipped: bool
    """Whether samples are columns of the input, whether the weight is (fan_out, fan_in)."""
    flat: bool
    number: int
    """Of samples or units."""
    depth: int
    first: Array
    """(depth,), the first sample or the first unit's weights."""
    last: Array


@dataclass
class Known:
    """What was computed of values, by their numbers: most is asked for again and again."""

    products: dict[tuple[int, int, int], tuple[Ends, ...]] = field(default_factory=dict)
    inputs: dict[int, tuple[_Side, ...]] = field(default_factory=dict)
    weights: dict[int, tuple[_Side, ...]] = field(default_factory=dict)


def ends_of(known: Known, pair: tuple[int, int], left: Array, right: Array, size: int) -> tuple[Ends, ...]:
    """Of the product of the two in every layout that makes so many numbers, in the order of `layouts`."""
    key = *pair, size
    found = known.products.get(key)
    if found is None:
        inputs, weights = known.inputs.get(pair[0]), known.weights.get(pair[1])
        if inputs is None:
            inputs = known.inputs[pair[0]] = tuple(_sides(left))
        if weights is None:
            weights = known.weights[pair[1]] = tuple(_sides(right, weight=True))
        found = known.products[key] = tuple(
            end
            for rows in inputs
            for units in weights
            if rows.number * units.number == size
            for end in _ends(rows, units)
        )
    return found


def _sides(array: Array, weight: bool = False) -> Iterator[_Side]:
    """Both ways to lay it out, its samples or its units in rows."""
    numbers = np.asarray(array, np.float64)
    for flipped in (False, True) if array.ndim in (1, 2) else ():
        if array.ndim == 1:
            rows = numbers[:, None] if flipped else numbers[None, :]
        else:
            rows = numbers.T if flipped is not weight else numbers
        is_flat = array.ndim == 1 and flipped
        number, depth = rows.shape
        yield _Side(flipped and not is_flat, is_flat, number, depth, np.array(rows[0]), np.array(rows[-1]))


def _ends(rows: _Side, units: _Side) -> Iterator[Ends]:
    """Of one layout, or of two where the weight has a row of biases."""
    if rows.depth == units.depth:
        form = Form(rows.flipped, units.flipped, 0, "identity", units.flat, rows.flat)
        yield Ends(form, rows.number, units.number, float(rows.first @ units.first), float(rows.last @ units.last))
    elif rows.depth + 1 == units.depth:
        for ones, inner, bias in ((1, slice(None, -1), -1), (-1, slice(1, None), 0)):
            form = Form(rows.flipped, units.flipped, ones, "identity", units.flat, rows.flat)
            first = float(rows.first @ units.first[inner]) + float(units.first[bias])
            last = float(rows.last @ units.last[inner]) + float(units.last[bias])
            yield Ends(form, rows.number, units.number, first, last)


def choices_of(out: Array, products: Sequence[Ends], biases: Mapping[int, Array]) -> list[list[Choice]]:
    """Of each product, the biases and activations that may make `out` of it."""
    found: list[list[Choice]] = [[] for _ in products]
    probabilities = are_probabilities(out)
    for width in {one.width for one in products}:
        rows = [row for row, one in enumerate(products) if one.width == width]
        numbers = [number for number, one in biases.items() if one.size == width]
        offsets = np.array([(0.0, 0.0), *((biases[one].flat[0], biases[one].flat[-1]) for one in numbers)])
        ends = np.array([(products[row].first, products[row].last) for row in rows])
        own_bias = np.array([bool(products[row].form.ones) for row in rows])
        z = ends[:, None, :] + offsets
        hopeful = _Hopeful.of(z, float(out.flat[0]), float(out.flat[-1]))
        softmax = np.array([probabilities and out.size > products[row].samples for row in rows])
        left: Bools = hopeful.any | softmax[:, None]
        left[own_bias, 1:] = False
        for row, column in np.argwhere(left):
            bias = numbers[column - 1] if column else None
            found[rows[row]] += [(bias, name) for name in hopeful.names(row, column)]
            if softmax[row]:
                found[rows[row]].append((bias, "softmax"))
                if products[rows[row]].samples > 1:
                    found[rows[row]] += [(bias, "softmax-over-samples"), (bias, "softmax-over-all")]
    return found


class _Hopeful:
    """The activations that may make two wanted numbers of pre-activations (products, biases, 2)."""

    def __init__(self, fitting: Mapping[str, Bools], slopes: Array) -> None:
        self._fitting = fitting
        self._slopes = slopes
        leaky, sloped = fitting[LEAKY], slopes > 0
        self._sloped: Bools = _at_both(sloped | leaky) & np.logical_or.reduce(sloped, axis=2)
        self.any: Bools = np.logical_or.reduce([self._sloped, *(_at_both(one) for one in fitting.values())])

    @staticmethod
    def of(z: Array, first: float, last: float) -> _Hopeful:
        """Of (products, biases, 2)."""
        wanted = np.array([first, last])
        near = 1e-4 * (np.abs(wanted) + 1e-3)
        return _Hopeful(fitting_activations(z, wanted, near), _slopes(z, wanted, near))

    def names(self, row: int, column: int) -> list[str]:
        """Of one product with one bias; a leaky ReLU of what is not negative may have any slope."""
        found = [name for name in NAMES if self._fitting[name][row, column].all()]
        if self._sloped[row, column]:
            slopes = {float(one) for one in self._slopes[row, column] if one > 0}
            if len(slopes) == 1:
                found.append(f"{LEAKY}:{slopes.pop():g}")
        return found


def _at_both(fitting: Bools) -> Bools:
    found: Bools = np.logical_and.reduce(fitting, axis=2)
    return found


def fitting_activations(z: Array, wanted: Array | float, near: Array | float) -> dict[str, Bools]:
    """Where each activation of z comes so near to what is wanted, by its name; softmax is not among them."""
    with np.errstate(all="ignore"):
        identity = np.abs(z - wanted) <= near
        positive = identity & (z >= 0)
        cut_off = (np.asarray(wanted) == 0) & (z <= 0) & ~identity
        sigmoid = np.abs(1 / (1 + np.exp(-z)) - wanted) <= near
        tanh = np.abs(np.tanh(z) - wanted) <= near
    return {"identity": identity, "relu": positive | cut_off, LEAKY: positive, "sigmoid": sigmoid, "tanh": tanh}


def _slopes(z: Array, wanted: Array, near: Array) -> Array:
    """The slopes of leaky ReLUs that make the wanted numbers of negative ones; 0 where none does."""
    if not np.any(wanted < 0):
        return np.zeros(z.shape)
    with np.errstate(all="ignore"):
        slopes = np.round(wanted / z, 3)
        fitting = (np.abs(slopes * z - wanted) <= near) & (np.abs(z - wanted) > near) & (z < wanted) & (wanted < 0)
    return np.where(fitting, slopes, 0.0)


def are_probabilities(out: Array) -> bool:
    """Whether rows or columns, or all of it, sum to 1."""
    if out.min() < 0 or out.max() > 1:
        return False
    sums = [out.sum()] if out.ndim == 1 else [out.sum(axis=0), out.sum(axis=1), out.sum()]
    return any(bool(np.all(np.abs(one - 1) < 1e-4)) for one in sums)
