"""The ways in which one operation can be rounded, each carried out: fused or apart, in order, in halves, exactly.

Every way takes the operands of one element and gives its value in a dtype. A claim about rounding is tried with them
against the bits that a library gave; nothing is claimed that was not reproduced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from engine.types import FloatArray


@dataclass(frozen=True)
class Way:
    """A way to compute one element of Σ first·second (+ offset), described in words.

    `fused` if it multiplies and adds with one rounding, `onto_offset` if the sum begins with the offset.
    """

    words: str
    compute: Callable[[FloatArray, FloatArray, float], np.floating]
    fused: bool = False
    onto_offset: bool = False


def rounded(exact: Fraction, dtype: np.dtype[np.floating]) -> np.floating:
    """The nearest number of that dtype, ties to even: ONE rounding of an exact value."""
    double = np.float64(exact.numerator / exact.denominator)
    if dtype == np.float64:
        return double
    single = np.float32(double)
    # Rounding twice is wrong only where the first rounding landed on the middle between two float32s.
    other = np.nextafter(single, np.float32(np.inf if double > single else -np.inf))
    middle = (Fraction(float(single)) + Fraction(float(other))) / 2
    if Fraction(float(double)) == middle and exact != middle:
        low, high = sorted((single, other))
        return np.float32(high if exact > middle else low)
    return single


def fused(first: np.floating, second: np.floating, added: np.floating) -> np.floating:
    """first·second + added, rounded once: a fused multiply-add in the operands' dtype."""
    exact = Fraction(float(first)) * Fraction(float(second)) + Fraction(float(added))
    return rounded(exact, np.asarray(added).dtype)


def _in_order(first: FloatArray, second: FloatArray, offset: float) -> np.floating:
    total = first.dtype.type(0)
    for one, other in zip(first, second, strict=True):
        total = total + one * other
    return total + first.dtype.type(offset)


def _in_order_fused(first: FloatArray, second: FloatArray, offset: float) -> np.floating:
    total = first.dtype.type(0)
    for one, other in zip(first, second, strict=True):
        total = fused(one, other, total)
    return total + first.dtype.type(offset)


def _from_offset(first: FloatArray, second: FloatArray, offset: float) -> np.floating:
    total = first.dtype.type(offset)
    for one, other in zip(first, second, strict=True):
        total = total + one * other
    return total


def _from_offset_fused(first: FloatArray, second: FloatArray, offset: float) -> np.floating:
    total = first.dtype.type(offset)
    for one, other in zip(first, second, strict=True):
        total = fused(one, other, total)
    return total


def _backwards(way: Callable[[FloatArray, FloatArray, float], np.floating]) -> Callable[..., np.floating]:
    return lambda first, second, offset: way(first[::-1], second[::-1], offset)


def _interleaved(count: int, inner: Callable[..., np.floating], pairwise: bool = False) -> Callable[..., np.floating]:
    """`count` sums side by side, each over every count-th product, joined in order or by halves."""

    def compute(first: FloatArray, second: FloatArray, offset: float) -> np.floating:
        sums = [inner(first[start::count], second[start::count], 0.0) for start in range(count)]
        while pairwise and len(sums) > 1:
            half = len(sums) // 2
            sums = [sums[index] + sums[index + half] for index in range(half)]
        total = sums[0]
        for one in sums[1:]:
            total = total + one
        return total + first.dtype.type(offset)

    return compute


def _halves(inner: Callable[..., np.floating]) -> Callable[..., np.floating]:
    def compute(first: FloatArray, second: FloatArray, offset: float) -> np.floating:
        half = len(first) // 2
        return (
            inner(first[:half], second[:half], 0.0) + inner(first[half:], second[half:], 0.0) + first.dtype.type(offset)
        )

    return compute


def _with_remainder(lanes: int, pairs: bool) -> Callable[..., np.floating]:
    """`lanes` sums by fused multiply-adds over as many whole groups as there are, joined; the rest fused onto them."""

    def compute(first: FloatArray, second: FloatArray, offset: float) -> np.floating:
        whole = len(first) // lanes * lanes
        sums = [_in_order_fused(first[lane:whole:lanes], second[lane:whole:lanes], 0.0) for lane in range(lanes)]
        while len(sums) > 1:
            half = len(sums) // 2
            other = [(index, index + half) for index in range(half)]
            neighbours = [(2 * index, 2 * index + 1) for index in range(half)]
            sums = [sums[one] + sums[two] for one, two in (neighbours if pairs else other)]
        total = sums[0]
        for one, other_factor in zip(first[whole:], second[whole:], strict=True):
            total = fused(one, other_factor, total)
        return total + first.dtype.type(offset)

    return compute


def _remainder_first(lanes: int) -> Callable[..., np.floating]:
    """PyTorch's sum of a contiguous row: what no vector of so many lanes holds, then the lanes' sums onto it.

    Source: `vectorized_inner_sum` (aten/src/ATen/native/cpu/SumKernel.cpp).
    """

    def compute(first: FloatArray, second: FloatArray, offset: float) -> np.floating:
        whole = len(first) // lanes * lanes
        total = _in_order(first[whole:], second[whole:], 0.0)
        for lane in range(min(lanes, whole)):
            total = total + _in_order(first[lane:whole:lanes], second[lane:whole:lanes], 0.0)
        return total + first.dtype.type(offset)

    return compute


def _exactly(first: FloatArray, second: FloatArray, offset: float) -> np.floating:
    products = (Fraction(float(one)) * Fraction(float(other)) for one, other in zip(first, second, strict=True))
    return rounded(sum(products, Fraction(float(offset))), first.dtype)


SUMS_OF_PRODUCTS = (
    Way("products summed in order, each rounded before it is added", _in_order),
    Way("products summed in order by fused multiply-adds", _in_order_fused, fused=True),
    Way("products added in order onto the bias, each rounded before", _from_offset, onto_offset=True),
    Way("products added in order onto the bias by fused multiply-adds", _from_offset_fused, True, True),
    Way("products summed from last to first, each rounded before it is added", _backwards(_in_order)),
    Way("products summed from last to first by fused multiply-adds", _backwards(_in_order_fused), fused=True),
    Way(
        "products added from last to first onto the bias by fused multiply-adds",
        _backwards(_from_offset_fused),
        True,
        True,
    ),
    *(
        Way(
            f"{count} sums side by side, {how}, joined {joined}",
            _interleaved(count, inner, pairwise),
            inner is _in_order_fused,
        )
        for count in (2, 4, 8, 16)
        for inner, how in ((_in_order, "each product rounded"), (_in_order_fused, "by fused multiply-adds"))
        for pairwise, joined in ((False, "in order"), (True, "by halves"))
        if count > 2 or not pairwise
    ),
    *(
        Way(
            f"{lanes} sums side by side by fused multiply-adds, joined by {joined}, the remainder fused onto them",
            _with_remainder(lanes, pairs),
            fused=True,
        )
        for lanes in (2, 4, 8)
        for pairs, joined in ((False, "halves"), (True, "neighbours"))
        if lanes > 2 or not pairs
    ),
    *(
        Way(f"the remainder of groups of {lanes} first, then {lanes} sums side by side", _remainder_first(lanes))
        for lanes in (4, 8, 16)
    ),
    Way("two halves summed apart, each product rounded", _halves(_in_order)),
    Way("two halves summed apart by fused multiply-adds", _halves(_in_order_fused), fused=True),
    Way("summed as if exactly, and rounded once", _exactly),
)
"""Tried in this order: the plainest first."""


def summing_ways(words: str = "terms") -> Iterable[Way]:
    """The same for plain sums, where a fused multiply-add is nothing else."""
    for way in SUMS_OF_PRODUCTS:
        if not way.fused and not way.onto_offset:
            text = way.words.replace(", each product rounded", "").replace(", each rounded before it is added", "")
            yield Way(text.replace("products", words), way.compute)


MOST_ORDERED = 5
"""Products of which every order of summation is tried."""


def order_that_gives(first: FloatArray, second: FloatArray, target: float) -> str | None:
    """An order of adding up the products, fused or not, that gives the target: '(p1 + p3) + p2', if there is one."""
    products = [one * other for one, other in zip(first, second, strict=True)]
    known: dict[int, dict[float, str]] = {}
    for members in range(1, 1 << len(products)):
        known[members] = _sums_of(members, first, second, products, known)
    return known[(1 << len(products)) - 1].get(float(target))


def _sums_of(
    members: int,
    first: FloatArray,
    second: FloatArray,
    products: list[np.floating],
    known: dict[int, dict[float, str]],
) -> dict[float, str]:
    """Every value that some order of these products gives, with that order in words."""
    indices = [index for index in range(len(products)) if members >> index & 1]
    if len(indices) == 1:
        return {float(products[indices[0]]): f"p{indices[0] + 1}"}
    number = products[0].dtype.type
    found: dict[float, str] = {}
    part = (members - 1) & members
    while part:
        rest = members & ~part
        if part < rest:
            for value, words in known[part].items():
                for other, more in known[rest].items():
                    found.setdefault(float(number(value) + number(other)), f"({words} + {more})")
        part = (part - 1) & members
    for index in indices:
        for value, words in known[members & ~(1 << index)].items():
            total = fused(first[index], second[index], number(value))
            found.setdefault(float(total), f"fma(p{index + 1}, {words})")
    return found
