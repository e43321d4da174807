"""Shapley values against brute force over all orders, and the rest against arithmetic by hand."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.impact.members import MOST_COMBINATIONS, Members, members_of, passed_through
from engine.impact.shapley import alone, interactions, removed, shapley_values, standard_errors

games = st.integers(1, 5).flatmap(
    lambda count: st.lists(st.floats(-100, 100), min_size=1 << count, max_size=1 << count).map(np.array)
)


def everyone(game):
    """All combinations of the game's players."""
    count = len(game).bit_length() - 1
    return Members(count, tuple(range(1 << count)))


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
    np.testing.assert_allclose(shapley_values(game, everyone(game)), by_all_orders(game), atol=1e-9)


@given(games)
def test_they_add_up_to_the_whole(game):
    assert shapley_values(game, everyone(game)).sum() == pytest.approx(game[-1] - game[0], abs=1e-9)


@given(games)
def test_an_interaction_is_a_share_that_depends_on_the_other(game):
    """What i gains on average from j's presence: the share of i with j always there, less that with j never there."""
    count = len(game).bit_length() - 1
    pairs = interactions(game, everyone(game))
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
    assert alone(game, everyone(game)).tolist() == [3, 5]
    assert removed(game, everyone(game)).tolist() == [-1, 1]
    assert shapley_values(game, everyone(game)).tolist() == [1, 3]
    assert interactions(game, everyone(game)).tolist() == [[0, -4], [-4, 0]]


def test_seeds_are_carried_along():
    game = np.random.RandomState(0).normal(size=(16, 7))
    for seed in range(7):
        np.testing.assert_allclose(
            shapley_values(game, everyone(game))[:, seed], shapley_values(game[:, seed], everyone(game))
        )


def test_all_combinations_are_measured_while_they_are_few():
    for count in range(1, 11):
        assert members_of(count) == Members(count, tuple(range(1 << count)))


@pytest.mark.parametrize("count", [11, 16, 22, 40])
def test_a_sample_is_of_orders_and_their_reverses(count):
    members = members_of(count)
    combinations = set(members.combinations)
    assert list(members.combinations) == sorted(combinations)
    assert MOST_COMBINATIONS - 2 * count < len(combinations) <= MOST_COMBINATIONS
    for order, reverse in zip(members.orders[0::2], members.orders[1::2], strict=True):
        assert reverse == order[::-1]
        assert sorted(order) == list(range(count))
    for order in members.orders:
        assert combinations.issuperset(passed_through(order))
    assert combinations.issuperset({0, (1 << count) - 1, *(1 << player for player in range(count))})
    assert len(set(members.orders)) == len(members.orders) > 20
    assert members == members_of(count)


def game_of(members, value):
    """(M, 1): the value of each combination, given the players that are in."""
    players = [[one for one in range(members.count) if each >> one & 1] for each in members.combinations]
    return np.array([[value(one)] for one in players], float)


def test_a_sample_is_exact_where_nobody_depends_on_the_others():
    members = members_of(14)
    game = game_of(members, lambda players: sum(3.0**player for player in players))
    np.testing.assert_allclose(shapley_values(game, members)[:, 0], 3.0 ** np.arange(14), rtol=1e-9)
    np.testing.assert_allclose(standard_errors(game, members) / 3.0 ** np.arange(14), 0, atol=1e-3)
    # A pair's extra is halved between an order and its reverse: pairs are exact, too.
    pairs = game_of(members, lambda players: len(players) ** 2)
    np.testing.assert_allclose(shapley_values(pairs, members)[:, 0], 14, rtol=1e-9)
    np.testing.assert_array_equal(removed(pairs, members)[:, 0], 14**2 - 13**2)
    np.testing.assert_array_equal(alone(pairs, members)[:, 0], 1)


def test_a_sample_is_as_near_as_its_standard_error_says():
    """Of random games whose Shapley values are known from all 2,048 combinations."""
    members, everybody = members_of(11), Members(11, tuple(range(1 << 11)))
    off = []
    for seed in range(8):
        whole = np.random.RandomState(seed).normal(size=(1 << 11, 2))
        known = shapley_values(whole, everybody).mean(axis=1)
        sample = whole[list(members.combinations)]
        found, errors = shapley_values(sample, members), standard_errors(sample, members)
        np.testing.assert_allclose(found.sum(axis=0), whole[-1] - whole[0], atol=1e-9)
        off.append((found.mean(axis=1) - known) / errors)
    assert 0.6 < np.std(off) < 1.4
    assert np.abs(np.mean(off)) < 0.3
    assert (standard_errors(whole, everybody) == 0).all()
