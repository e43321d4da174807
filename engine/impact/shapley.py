"""Shares of a whole among its parts, when parts work together and against each other. Pure arithmetic on games.

A game of n players is an array of values along its first axis, one for each of its `Members`: entry m is the value of
the set of all players whose bit is set in the m-th of them. Further axes (seeds) are carried along.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import factorial, sqrt

import numpy as np

from engine.impact.members import Members, passed_through
from engine.types import FloatArray


def alone(game: FloatArray, members: Members) -> FloatArray:
    """(n, ...): what each player makes by himself, v({i}) − v(∅)."""
    return np.array([game[members.place(1 << player)] - game[0] for player in range(members.count)])


def removed(game: FloatArray, members: Members) -> FloatArray:
    """(n, ...): what goes with each player when all others stay, v(N) − v(N without i)."""
    everyone = (1 << members.count) - 1
    without = [members.place(everyone & ~(1 << player)) for player in range(members.count)]
    return np.array([game[-1] - game[place] for place in without])


def shapley_values(game: FloatArray, members: Members) -> FloatArray:
    """(n, ...): each player's contribution averaged over all orders of arrival, or those of a sample; they add up to
    v(N) − v(∅).

    Source: Shapley, "A Value for n-Person Games" (1953).
    """
    if members.sampled:
        sampled: FloatArray = _contributions(game, members).mean(axis=0)
        return sampled
    count = members.count
    weights = [factorial(size) * factorial(count - size - 1) / factorial(count) for size in range(count)]
    shares = np.zeros((count, *game.shape[1:]))
    for player in range(count):
        for others in _without(count, player):
            shares[player] += weights[others.bit_count()] * (game[others | 1 << player] - game[others])
    return shares


def standard_errors(game: FloatArray, members: Members) -> FloatArray:
    """(n,): how far the mean over all seeds (the last axis) of each sampled Shapley value may be off, as the standard
    error of the mean over pairs of an order and its reverse; 0 where nothing is sampled.

    Source: Castro, Gómez and Tejada, "Polynomial calculation of the Shapley value based on sampling" (2009); an order
    with its reverse: Mitchell et al., "Sampling Permutations for Shapley Value Estimation" (2022).
    """
    if not members.sampled:
        return np.zeros(members.count)
    pairs = _contributions(game, members).mean(axis=-1)
    errors: FloatArray = pairs.std(axis=0, ddof=1) / sqrt(len(pairs))
    return errors


def _contributions(game: FloatArray, members: Members) -> FloatArray:
    """(pairs, n, ...): of each player on arrival, in an order and its reverse."""
    found = np.zeros((len(members.orders), members.count, *game.shape[1:]))
    for row, order in zip(found, members.orders, strict=True):
        values = game[[members.place(one) for one in passed_through(order)]]
        row[list(order)] = values[1:] - values[:-1]
    return (found[0::2] + found[1::2]) / 2


def interactions(game: FloatArray, members: Members) -> FloatArray:
    """(n, n, ...): what each pair makes together beyond what both make apart, averaged; negative pairs cancel. Of a
    game whose members are all there.

    Source: Grabisch and Roubens, "An axiomatic approach to the concept of interaction" (1999).
    """
    count = members.count
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
