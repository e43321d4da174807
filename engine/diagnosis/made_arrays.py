"""The arrays that a program makes on its way through one step, by what they sum to: enough to know one again however it
is laid out, and whatever it is multiplied by.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = re.compile(r"[^\W\d][\w.\[\]'\"()]*")
"""Of a variable, an attribute or an entry; what a program gives no name is called by its expression."""


@dataclass(frozen=True)
class MadeArray:
    """Its line, what it is called, how many numbers it has, and Σa, Σ|a|, Σa², Σa³."""

    line: int
    name: str
    size: int
    sums: tuple[float, float, float, float]

    @property
    def is_named(self) -> bool:
        """Whether it is a variable or the like, not an expression's value."""
        return NAME.fullmatch(self.name) is not None

    def is_multiple_of(self, array: NDArray[Any], allowed: float) -> bool:
        """Whether it has the same numbers, but for a factor and their order."""
        if self.size != array.size:
            return False
        mine, theirs = _of_unit_length(self.sums), _of_unit_length(sums_of(array))
        if mine is None or theirs is None:
            return False
        return any(
            max(abs(mine[0] - sign * theirs[0]), abs(mine[1] - theirs[1]), abs(mine[2] - sign * theirs[2])) <= allowed
            for sign in (1, -1)
        )


def sums_of(array: NDArray[Any]) -> tuple[float, float, float, float]:
    """Σa, Σ|a|, Σa² and Σa³, in float64."""
    numbers = np.asarray(array, np.float64).ravel()
    with np.errstate(all="ignore"):
        return float(numbers.sum()), float(np.abs(numbers).sum()), float((numbers**2).sum()), float((numbers**3).sum())


def _of_unit_length(sums: tuple[float, float, float, float]) -> tuple[float, float, float] | None:
    """Σa, Σ|a| and Σa³ of the array divided by its length; none of one that is nothing, or no number."""
    length = math.sqrt(sums[2]) if sums[2] > 0 and math.isfinite(sums[2]) else 0.0
    return (sums[0] / length, sums[1] / length, sums[3] / length**3) if length else None
