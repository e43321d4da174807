"""Whether an array is a layer of others: act(L·R + c), with every way to lay the three out. Arrays in, findings out.

Which of those findings are a network is `network_finder.py`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
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

LEAST_SHARE = 1e-6
"""Of a bias that a product must be."""


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


class Match(NamedTuple):
    """A layer that was found: what it is made of, by number."""

    left: int
    right: int
    bias: int | None
    form: Form


class Ends(NamedTuple):
    """The first and the last number of a product, without a bias of its own: what refuses most at once."""

    form: Form
    samples: int
    width: int
    first: float
    last: float


Known = dict[tuple[int, int], tuple[Ends, ...]]
"""The ends of the products of two values, by their numbers: most are asked for again and again."""


def matches(
    out: Array, lefts: Mapping[int, Array], rights: Mapping[int, Array], biases: Mapping[int, Array], known: Known
) -> list[Match]:
    """All ways in which `out` is act(L·R + c) of these; a bias of zeros is not looked at."""
    found = []
    probabilities = _are_probabilities(out)
    for left_number, right_number in _pairs(out, lefts, rights):
        left, right = lefts[left_number], rights[right_number]
        for ends in _ends(known, (left_number, right_number), left, right):
            if ends.samples * ends.width != out.size:
                continue
            choices = _hopeful(out, ends, biases, probabilities)
            z = product(left, right, ends.form) if choices else None
            if z is not None:
                for bias, activation in _explanations(out, z, biases, choices, tolerance_of(out, left, right)):
                    found.append(Match(left_number, right_number, bias, ends.form._replace(activation=activation)))
    return found


def _ends(known: Known, pair: tuple[int, int], left: Array, right: Array) -> tuple[Ends, ...]:
    found = known.get(pair)
    if found is None:
        found = known[pair] = tuple(_ends_of(left, right, form) for form in layouts(left, right))
    return found


def _ends_of(left: Array, right: Array, form: Form) -> Ends:
    rows, weight = input_rows(left, form), weight_rows(right, form)
    inner = weight[1:] if form.ones == -1 else weight[:-1] if form.ones == 1 else weight
    first, last = float(rows[0] @ inner[:, 0]), float(rows[-1] @ inner[:, -1])
    if form.ones:
        extra = weight[0] if form.ones == -1 else weight[-1]
        first, last = first + float(extra[0]), last + float(extra[-1])
    return Ends(form, len(rows), weight.shape[1], first, last)


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


def _hopeful(out: Array, ends: Ends, biases: Mapping[int, Array], probabilities: bool) -> list[tuple[int | None, str]]:
    """The biases and activations that the first and the last element do not rule out."""
    first, last = float(out.flat[0]), float(out.flat[-1])
    choices: list[tuple[int | None, str]] = []
    candidates: list[tuple[int | None, float, float]] = [(None, 0.0, 0.0)]
    if not ends.form.ones:
        candidates += [
            (number, float(one.flat[0]), float(one.flat[-1]))
            for number, one in biases.items()
            if one.size == ends.width
        ]
    softmax = probabilities and out.size > ends.samples
    for number, own_first, own_last in candidates:
        at_first, at_last = ends.first + own_first, ends.last + own_last
        choices += [(number, name) for name in _together(_single(at_first, first), _single(at_last, last))]
        if softmax:
            choices.append((number, "softmax"))
            if ends.samples > 1:
                choices += [(number, "softmax-over-samples"), (number, "softmax-over-all")]
    return choices


def _together(one: tuple[str, ...], other: tuple[str, ...]) -> list[str]:
    """Those that may make both; a leaky ReLU of what is not negative may have any slope."""
    found = [name for name in one if name in other]
    for names, others in ((one, other), (other, one)):
        found += [name for name in names if name.startswith(f"{LEAKY}:") and LEAKY in others]
    return found


def _single(z: float, wanted: float) -> tuple[str, ...]:
    """The activations of one number that may make the wanted one of z."""
    found: tuple[str, ...] = ()
    allowed = 1e-4 * (abs(wanted) + 1e-3)
    if abs(z - wanted) <= allowed:
        found = ("identity", "relu", LEAKY) if z >= 0 else ("identity",)
    elif wanted == 0.0 and z <= 0:
        found = ("relu",)
    elif z < 0 and z < wanted < 0 and abs((slope := round(wanted / z, 3)) * z - wanted) <= allowed and slope:
        found = (f"{LEAKY}:{slope:g}",)
    if -allowed <= wanted <= 1 + allowed and abs(_sigmoid(z) - wanted) <= allowed:
        found += ("sigmoid",)
    if abs(wanted) <= 1 + allowed and abs(math.tanh(z) - wanted) <= allowed:
        found += ("tanh",)
    return found


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


def _are_probabilities(out: Array) -> bool:
    """Whether rows or columns, or all of it, sum to 1."""
    if out.min() < 0 or out.max() > 1:
        return False
    sums = [out.sum()] if out.ndim == 1 else [out.sum(axis=0), out.sum(axis=1), out.sum()]
    return any(bool(np.all(np.abs(one - 1) < 1e-4)) for one in sums)


def _explanations(
    out: Array, z: Array, biases: Mapping[int, Array], choices: list[tuple[int | None, str]], tolerance: float
) -> Iterator[tuple[int | None, str]]:
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
