"""Which combinations of n differences are measured: all, or those that a sample of orders of matching passes through.

A combination is a whole number whose bit i says that difference i is in. No training here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_COMBINATIONS = 1024
"""Of these, all are measured where there are no more."""

Order = tuple[int, ...]
"""The differences in the order in which they are put in."""


@dataclass(frozen=True)
class Members:
    """The combinations, ascending: the first has no difference in, the last has all.

    `orders` are those that a sample consists of, each followed by its reverse; none where all combinations are there.
    """

    count: int
    combinations: tuple[int, ...]
    orders: tuple[Order, ...] = ()

    @property
    def sampled(self) -> bool:
        """Whether they are a sample."""
        return bool(self.orders)

    def place(self, combination: int) -> int:
        """Where it stands among them."""
        return bisect_left(self.combinations, combination)


def members_of(count: int) -> Members:
    """All 2ⁿ while they are at most `MOST_COMBINATIONS`; else as many random orders, each with its reverse, as pass
    through no more. Each difference alone, and all but each, are always there. The same for the same count.
    """
    if 1 << count <= MOST_COMBINATIONS:
        return Members(count, tuple(range(1 << count)))
    everyone = (1 << count) - 1
    found = {0, everyone}
    for player in range(count):
        found |= {1 << player, everyone & ~(1 << player)}
    random = np.random.RandomState(0)
    orders: list[Order] = []
    while True:
        order = tuple(int(player) for player in random.permutation(count))
        with_pair = found.union(*map(passed_through, (order, order[::-1])))
        if len(with_pair) > MOST_COMBINATIONS:
            return Members(count, tuple(sorted(found)), tuple(orders))
        found = with_pair
        orders += [order, order[::-1]]


def passed_through(order: Sequence[int]) -> list[int]:
    """The combinations from none to all, as the differences are put in one by one."""
    found = [0]
    for player in order:
        found.append(found[-1] | 1 << player)
    return found
