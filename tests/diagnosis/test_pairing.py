"""Inputs and targets that are shuffled apart."""

import numpy as np

from engine.diagnosis.pairing import are_shuffled_apart
from engine.diagnosis.recording import LayerNames, Recording

X, Y = np.random.RandomState(1).normal(size=(8, 2)), np.random.RandomState(2).normal(size=(8, 1))


def recording_of(orders_of_inputs, orders_of_targets):
    steps = len(orders_of_inputs)
    return Recording(
        {"W": np.zeros((steps + 1, 2, 1))},
        tuple(X[order] for order in orders_of_inputs),
        tuple(Y[order] for order in orders_of_targets),
        (LayerNames("W"),),
    )


def orders(seed, steps=6):
    random = np.random.RandomState(seed)
    return [random.permutation(8) for _ in range(steps)]


def test_one_order_for_both_keeps_them_together():
    assert not are_shuffled_apart(recording_of(orders(3), orders(3)))


def test_two_orders_part_them():
    assert are_shuffled_apart(recording_of(orders(3), orders(4)))


def test_rows_that_come_once_say_nothing():
    assert not are_shuffled_apart(recording_of([slice(0, 4), slice(4, 8)], [slice(4, 8), slice(0, 4)]))


def test_a_row_that_is_there_twice_with_two_targets_is_no_shuffle():
    doubled = [np.array([0, 0, 1, 2, 3, 4, 5, 6, 7])] * 3
    targets = [np.array([0, 1, 1, 2, 3, 4, 5, 6, 7])] * 3
    assert not are_shuffled_apart(recording_of(doubled, targets))
