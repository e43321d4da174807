"""What tells two states of an array apart without keeping it: whose memory it is, and a mark of its content."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLED_FROM = 500_000
"""From so many elements on, a part of them is compared."""


def base_of(array: NDArray[Any]) -> NDArray[Any]:
    """The array that owns the memory."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def mark_of(array: NDArray[Any]) -> int:
    """A number that differs where the contents do; of a large array, where one of some thousand elements does."""
    if array.size > SAMPLED_FROM:
        array = array.reshape(-1)[:: array.size // 4001] if array.flags.c_contiguous else array[:: len(array) // 50 + 1]
    return hash((array.shape, array.tobytes()))
