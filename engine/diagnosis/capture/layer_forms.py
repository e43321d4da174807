"""A layer's arrays in every way that programs lay them out, its activations, and what counts as equal.

Which arrays of a program are a layer of others is `relations.py`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

ACTIVATIONS = (
    "identity",
    "sigmoid",
    "tanh",
    "relu",
    "leaky-relu",
    "softmax",
    "softmax-over-samples",
    "softmax-over-all",
)

AXES = {"softmax": 1, "softmax-over-samples": 0, "softmax-over-all": None}
"""What each softmax sums over, of (N, H)."""

MOST_PRODUCT = 50_000_000
"""Multiplications of a product that is tried."""

NOTHING = 1e-12


class Form(NamedTuple):
    """How a layer's arrays are laid out, and what is made of their product."""

    columns: bool
    """Whether samples are columns of the input."""
    transposed: bool
    """Whether the weight is (fan_out, fan_in)."""
    ones: int
    """1 if the weight's last row is the bias, -1 if its first is, 0 if it has none of it."""
    activation: str
    flat_weight: bool = False
    """Whether a weight of one dimension is (1, fan_out); otherwise it is (fan_in, 1)."""
    flat_input: bool = False
    """Whether an input of one dimension is (N, 1); otherwise it is one sample, (1, D)."""


LEAKY = "leaky-relu"
"""With its slope after a colon, where that is known."""


def activated(name: str, z: Array) -> Array:
    """An activation of pre-activations (N, H)."""
    found = z
    with np.errstate(all="ignore"):
        if name == "sigmoid":
            found = np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))
        elif name == "tanh":
            found = np.tanh(z)
        elif name == "relu":
            found = np.maximum(z, 0)
        elif name.startswith(LEAKY):
            found = np.maximum(z, float(name.partition(":")[2] or 0.01) * z)
        elif name.startswith("softmax"):
            axis = AXES[name]
            powers = np.exp(z - z.max(axis=axis, keepdims=True))
            found = powers / powers.sum(axis=axis, keepdims=True)
    return found


def input_rows(array: Array, form: Form) -> Array:
    """(N, D)."""
    if array.ndim == 1:
        return array[:, None] if form.flat_input else array[None, :]
    return array.T if form.columns else array


def weight_rows(array: Array, form: Form) -> Array:
    """(fan_in, fan_out), a row of biases included."""
    if array.ndim == 1:
        return array[None, :] if form.flat_weight else array[:, None]
    return array.T if form.transposed else array


def product(left: Array, right: Array, form: Form) -> Array | None:
    """(N, H), with the biases that are in the weight; none if the shapes do not fit."""
    rows, weight = input_rows(left, form), weight_rows(right, form)
    if rows.shape[1] + abs(form.ones) != weight.shape[0] or rows.shape[0] * weight.size > MOST_PRODUCT:
        return None
    with np.errstate(all="ignore"):
        found: Array = (
            rows @ weight[:-1] + weight[-1]
            if form.ones == 1
            else rows @ weight[1:] + weight[0]
            if form.ones == -1
            else rows @ weight
        )
        return found


def layouts(left: Array, right: Array) -> Iterator[Form]:
    """Every way in which the two could be multiplied; activations are left open."""
    lefts = [(False, False), (False, True)] if left.ndim == 1 else [(False, False), (True, False)]
    rights = [(False, False), (False, True)] if right.ndim == 1 else [(False, False), (True, False)]
    if left.ndim > 2 or right.ndim > 2 or left.ndim == 0 or right.ndim == 0:
        return
    for columns, flat_input in lefts:
        for transposed, flat_weight in rights:
            form = Form(columns, transposed, 0, "identity", flat_weight, flat_input)
            wide = input_rows(left, form).shape[1]
            deep = weight_rows(right, form).shape[0]
            if wide == deep:
                yield form
            elif wide + 1 == deep:
                yield form._replace(ones=1)
                yield form._replace(ones=-1)


def is_nothing(array: Array) -> bool:
    """Whether it is zeros, but for rounding: no layer is to be seen in such numbers."""
    return not np.any(np.abs(array) > NOTHING)


def fits(out: Array, rows: Array, tolerance: float) -> bool:
    """Whether `out`, laid out in some way, is (N, H)."""
    if out.size != rows.size:
        return False
    return any(_close(one, rows, tolerance) for one in arrangements(out, rows.shape))


def arrangements(out: Array, shape: tuple[int, ...]) -> list[Array]:
    """The ways in which an array can stand for one of that shape."""
    if out.ndim <= 1:
        return [out.reshape(shape)] if 1 in shape and out.size == math.prod(shape) else []
    if out.ndim > 2:
        return []
    found = [out] if out.shape == shape else []
    return [*found, out.T] if out.T.shape == shape and (shape[0] > 1 or not found) else found


def _close(found: Array, wanted: Array, tolerance: float) -> bool:
    first, other = found.flat[0], wanted.flat[0]
    if not abs(first - other) <= tolerance * max(abs(other), 1e-3) + tolerance:
        return False
    with np.errstate(all="ignore"):
        gap = np.abs(found - wanted).max()
        scale = np.abs(wanted).max()
    return bool(gap <= tolerance * max(float(scale), 1e-6))


def tolerance_of(*arrays: Array) -> float:
    """How far rounding takes such arrays apart, relative to their largest element."""
    if any(array.dtype == np.float32 for array in arrays if array.dtype.kind == "f"):
        return 2e-5
    return 1e-11


def bias_row(array: Array, width: int) -> Array | None:
    """(1, H) of an array that can be the bias of so many neurons; none if it cannot."""
    if array.size != width or array.ndim > 2 or (array.ndim == 2 and min(array.shape) != 1):
        return None
    return array.reshape(1, width)
