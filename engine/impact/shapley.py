"""Shares of a whole among its parts, when parts work together and against each other. Pure arithmetic on games.

A game of n players is an array of 2ⁿ values along its first axis: entry m is the value of the set of all players
whose bit is set in m. Further axes (seeds) are carried along.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import factorial

import numpy as np

from engine.types import FloatArray


def players(game: FloatArray) -> int:
    """n; raises `ValueError` where the length is not a power of two."""
    count = len(game).bit_length() - 1
    if len(game) != 1 << count:
        raise ValueError(f"a game has 2**n values, not {len(game)}")
    return count


def alone(game: FloatArray) -> FloatArray:
    """(n, ...): what each player makes by himself, v({i}) − v(∅)."""
    return np.array([game[1 << player] - game[0] for player in range(players(game))])


def removed(game: FloatArray) -> FloatArray:
    """(n, ...): what goes with each player when all others stay, v(N) − v(N without i)."""
    everyone = len(game) - 1
    return np.array([game[everyone] - game[everyone & ~(1 << player)] for player in range(players(game))])


def shapley_values(game: FloatArray) -> FloatArray:
    """(n, ...): each player's contribution averaged over all orders of arrival; they add up to v(N) − v(∅).

    Source: Shapley, "A Value for n-Person Games" (1953).
    """
    count = players(game)
    weights = [factorial(size) * factorial(count - size - 1) / factorial(count) for size in range(count)]
    shares = np.zeros((count, *game.shape[1:]))
    for player in range(count):
        for others in _without(count, player):
            shares[player] += weights[others.bit_count()] * (game[others | 1 << player] - game[others])
    return shares


def interactions(game: FloatArray) -> FloatArray:
    """(n, n, ...): what each pair makes together beyond what both make apart, averaged; negative pairs cancel.

    Source: Grabisch and Roubens, "An axiomatic approach to the concept of interaction" (1999).
    """
    count = players(game)
    pairs = np.zeros((count, count, *game.shape[1:]))
    if count < 2:
        return pairs
    weights = [factorial(size) * factorial(count - size - 2) / factorial(count - 1) for size in range(count - 1)]
    for first in range(count):
        for second in range(first):
            one, other = 1 << first, 1 << second
            for rest in _without(count, first, second):
                together = game[rest | one | other] - game[rest | one] - game[rest | other] + game[rest]
                pairs[first, second] += weights[rest.bit_count()] * together
            pairs[second, first] = pairs[first, second]
    return pairs


def _without(count: int, *absent: int) -> Iterator[int]:
    """Every set that has none of the absent players."""
    forbidden = sum(1 << player for player in absent)
    return (members for members in range(1 << count) if not members & forbidden)
