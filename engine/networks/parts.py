"""A large matrix product cut by rows of its result, so that a second core can take a hand in it.

Which rows make a part depends on the sizes alone, never on load or time, and every bit is that of the whole product,
whoever computes a part. A row's sums are the same in any part as long as BLAS treats the row alike: see `ROWS` and
`LEAST`; another BLAS than OpenBLAS may not, so each cut is tried before it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from engine.networks.companion import carry_out
from engine.types import FloatArray

ReadyCall = tuple[Callable[..., Any], tuple[Any, ...]]
"""A function and what it is called with."""

ROWS = 192
"""A part's rows are a multiple of it, the last part's excepted. OpenBLAS takes rows in groups of 4 to 48, and the order
in which a row is summed can depend on its group's size. Smaller parts pay no more: each packs the other matrix anew."""

LEAST = 8_000_000
"""Multiply-adds of the smallest part: for up to 7.3 million OpenBLAS has other kernels, which sum in another order."""

DRAWN_ROWS = 100
"""Of a made-up matrix at once."""

WHOLE = (slice(None),)
"""Not cut."""


def run(operations: list[ReadyCall]) -> None:
    """One after another."""
    for function, arguments in operations:
        function(*arguments)


def in_parts(cut: tuple[slice, ...], operations: Callable[[slice], list[ReadyCall]]) -> list[ReadyCall]:
    """What `operations` gives for each of these ranges of rows; if they are several, as one that two threads share."""
    if cut == WHOLE:
        return operations(*WHOLE)
    return [(carry_out, ([partial(run, operations(rows)) for rows in cut],))]


def product(rows: slice, left: FloatArray, right: FloatArray, result: FloatArray) -> ReadyCall:
    """`left[rows] @ right` into `result`."""
    # np.dot costs less a call, but copies some rows of a transposed matrix before it multiplies them.
    return np.dot if rows == WHOLE[0] else np.matmul, (left[rows], right, result)


def row_blocks(left: FloatArray, right: FloatArray) -> tuple[slice, ...]:
    """The rows of each part of `left @ right`, a (rows, inner) by (inner, columns) product; its longest part first."""
    cut = blocks(len(left), *right.shape)
    # Arrays of two types are converted whole for every part, and a single column is another routine's.
    if cut == WHOLE or left.dtype != right.dtype or 1 in right.shape:
        return WHOLE
    return cut if keeps_bits(_layout(left), _layout(right)) else WHOLE


def blocks(rows: int, inner: int, columns: int) -> tuple[slice, ...]:
    """As `row_blocks`, by size alone."""
    size = ROWS * -(-LEAST // (ROWS * inner * columns))
    starts = range(0, rows // size * size, size)
    if len(starts) < 2:
        return WHOLE
    ends = [*starts[1:], rows]
    return tuple(slice(start, end) for start, end in zip(starts, ends, strict=True))[::-1]


Layout = tuple[tuple[int, ...], np.dtype[Any], bool]
"""Shape, type, and whether rows lie together in memory."""


def _layout(array: FloatArray) -> Layout:
    return array.shape, array.dtype, array.flags.c_contiguous


@cache
def keeps_bits(left: Layout, right: Layout) -> bool:
    """Whether made-up arrays of this layout, cut in two, have the product's bits; further parts are like the first."""
    (rows, inner), (_, columns) = left[0], right[0]
    *_, first = blocks(rows, inner, columns)
    size = first.stop
    made_up, factor = _made_up(((2 * size + rows % size, inner), *left[1:])), _made_up(right)
    whole = np.dot(made_up, factor)
    return all(np.array_equal(np.matmul(made_up[part], factor), whole[part]) for part in (first, slice(size, None)))


def _made_up(layout: Layout) -> FloatArray:
    shape, dtype, rows_together = layout
    values = np.empty(shape if rows_together else shape[::-1], dtype)
    random = np.random.RandomState(0)
    for start in range(0, len(values), DRAWN_ROWS):  # all at once, in float64, may be as large as the data
        rows = values[start : start + DRAWN_ROWS]
        rows[...] = random.uniform(-1, 1, rows.shape)
    return values if rows_together else values.T
