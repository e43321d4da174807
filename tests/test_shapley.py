"""Shapley values against brute force over all orders, and the rest against arithmetic by hand."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.impact.shapley import alone, interactions, removed, shapley_values

games = st.integers(1, 5).flatmap(
    lambda count: st.lists(st.floats(-100, 100), min_size=1 << count, max_size=1 << count).map(np.array)
)


def by_all_orders(game):
    """Each player's contribution on arrival, averaged over every order of arrival."""
    count = len(game).bit_length() - 1
    shares = np.zeros(count)
    orders = list(permutations(range(count)))
    for order in orders:
        present = 0
        for player in order:
            shares[player] += game[present | 1 << player] - game[present]
            present |= 1 << player
    return shares / len(orders)


@given(games)
def test_they_are_the_average_over_all_orders(game):
    np.testing.assert_allclose(shapley_values(game), by_all_orders(game), atol=1e-9)


@given(games)
def test_they_add_up_to_the_whole(game):
    assert shapley_values(game).sum() == pytest.approx(game[-1] - game[0], abs=1e-9)


@given(games)
def test_an_interaction_is_a_share_that_depends_on_the_other(game):
    """What i gains on average from j's presence: the share of i with j always there, less that with j never there."""
    count = len(game).bit_length() - 1
    pairs = interactions(game)
    for one in range(count):
        for other in range(count):
            if one == other:
                assert pairs[one, other] == 0
                continue
            without = np.array([game[mask] for mask in range(len(game)) if not mask >> other & 1])
            with_it = np.array([game[mask] for mask in range(len(game)) if mask >> other & 1])
            place = one - (one > other)
            expected = by_all_orders(with_it)[place] - by_all_orders(without)[place]
            assert pairs[one, other] == pytest.approx(expected, abs=1e-9)


def test_two_players_by_hand():
    game = np.array([0.0, 3.0, 5.0, 4.0])
    assert alone(game).tolist() == [3, 5]
    assert removed(game).tolist() == [-1, 1]
    assert shapley_values(game).tolist() == [1, 3]
    assert interactions(game).tolist() == [[0, -4], [-4, 0]]


def test_seeds_are_carried_along():
    game = np.random.RandomState(0).normal(size=(16, 7))
    for seed in range(7):
        np.testing.assert_allclose(shapley_values(game)[:, seed], shapley_values(game[:, seed]))


def test_a_length_that_is_no_power_of_two_is_refused():
    with pytest.raises(ValueError, match="not 6"):
        shapley_values(np.zeros(6))
