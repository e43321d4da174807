"""First weights and sample orders that are given as arrays: both sides start from them, and the programs they write."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import engine
from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.given import Given, GivenLayer
from engine.export.run_file import read_settings, write_run
from engine.networks.programs import script_files
from tests.examples import one_in
from tests.test_scripts import losses_here

SIZES = (2, 3, 1)
RANDOM = np.random.RandomState(3)
LAYERS = tuple(GivenLayer(RANDOM.uniform(-1, 1, pair), RANDOM.uniform(-1, 1, pair[1])) for pair in pairwise(SIZES))
ORDERS = np.array([[3, 1, 0, 2], [0, 0, 2, 1]])


def started(**choices):
    """XOR from given weights on both sides."""
    side = engine.Side(initial_weights="given", learning_rate=0.5, precision="float64", **choices)
    return engine.Settings(engine.built_in("xor"), side, side, hidden=(3,), epochs=5, given=Given(LAYERS, ORDERS))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def by_hand(batches):
    """The squared errors' means before each update, and the last weights."""
    X, Y = engine.built_in("xor").X, engine.built_in("xor").Y
    (W1, b1), (W2, b2) = ((one.weight.copy(), one.bias.copy()) for one in LAYERS)
    losses = []
    for rows in batches:
        x, y = X[rows], Y[rows]
        a = sigmoid(x @ W1 + b1)
        p = sigmoid(a @ W2 + b2)
        losses.append(np.mean((p - y) ** 2))
        d2 = 2 / len(rows) * (p - y) * p * (1 - p)
        d1 = d2 @ W2.T * a * (1 - a)
        W2 -= 0.5 * a.T @ d2
        b2 -= 0.5 * d2.sum(axis=0)
        W1 -= 0.5 * x.T @ d1
        b1 -= 0.5 * d1.sum(axis=0)
    return np.array(losses), (W1, b1, W2, b2)


def test_both_sides_train_from_the_given_weights():
    run = engine.train(started())
    losses, weights = by_hand([[0, 1, 2, 3]] * 5)
    for side in (run.numpy, run.pytorch):
        np.testing.assert_allclose(side.losses, losses, rtol=1e-12)
        for trained, mine in zip(side.parameters.values(), weights, strict=True):
            np.testing.assert_allclose(trained, mine.T, rtol=1e-11)


def test_both_sides_take_the_samples_in_the_given_orders_from_the_first_again_after_the_last():
    batches = [rows for epoch in range(5) for rows in (ORDERS[epoch % 2][:2], ORDERS[epoch % 2][2:])]
    losses, weights = by_hand(batches)
    run = engine.train(started(batch=2, order="given"))
    for side in (run.numpy, run.pytorch):
        np.testing.assert_allclose(side.losses, losses.reshape(5, 2).mean(axis=1), rtol=1e-12)
        for trained, mine in zip(side.parameters.values(), weights, strict=True):
            np.testing.assert_allclose(trained, mine.T, rtol=1e-11)


MANY = Given(
    tuple(GivenLayer(RANDOM.uniform(-1, 1, pair)) for pair in pairwise((2, 20, 1))),
    np.stack([RANDOM.permutation(4) for _ in range(6)]),
)


@one_in(5)
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("given", [Given(LAYERS, ORDERS), MANY])
@pytest.mark.parametrize("choices", [{}, {"batch": 2}, {"optimizer": "adam"}, {"batch": 3, "optimizer": "adam"}])
def test_the_programs_have_the_bits_of_the_engine(given, precision, choices):
    side = engine.Side(initial_weights="given", order="given", precision=precision, **choices)
    settings = engine.Settings(
        engine.built_in("xor"), side, side, hidden=given.layer_sizes[1:-1], epochs=5, given=given
    )
    losses_here(settings)
    assert ("xor_given.npz" in script_files(settings)) == (given is MANY)


def test_layers_may_start_from_what_is_given_beside_others():
    side = engine.Side(initial_weights=("given", "pytorch"), order="dataloader", batch=3)
    settings = engine.Settings(
        engine.built_in("xor"),
        side,
        replace(side, initial_weights=("normal", "given")),
        (3,),
        epochs=4,
        given=Given(LAYERS),
    )
    losses_here(settings)
    run = engine.train(settings)
    W1, _, W2, _ = run.numpy.initial_parameters.values()
    np.testing.assert_array_equal(W1, LAYERS[0].weight.T.astype(np.float32))
    assert not np.allclose(W2, LAYERS[1].weight.T)


def test_a_document_holds_what_is_given(tmp_path):
    settings = started(order="given", batch=2)
    write_run(engine.train(settings), tmp_path / "run.json")
    assert read_settings(tmp_path / "run.json").given == settings.given
    without = replace(settings, given=Given(settings.given.layers, ORDERS[:, ::-1]))
    assert without != settings


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "numpy.initial_weights cannot be 'given': there are no such weights here"),
        (Given(LAYERS[1:]), "with the layers 2-3-1: the given weights are those of 3-1"),
        (Given(LAYERS), "numpy.order cannot be 'given': there are no such orders here"),
        (Given(LAYERS, np.zeros((1, 3), int)), "with 4 samples: the given orders are those of 3"),
    ],
)
def test_what_is_not_given_is_refused(given, message):
    with pytest.raises(SettingsError, match=message):
        replace(started(order="given"), given=given)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GivenLayer(np.zeros((2, 2)), np.zeros(3)), "a bias of 3 numbers does not fit"),
        (lambda: GivenLayer(np.array([[np.nan]])), "holds nan"),
        (lambda: GivenLayer(np.zeros(3)), "a weight"),
        (lambda: GivenLayer(np.array([["a"]])), "a weight"),
        (lambda: Given((LAYERS[1], LAYERS[1])), "cannot stand before"),
        (lambda: Given(LAYERS, np.array([[0, 5]])), "places go from 0 to 1"),
        (lambda: Given(LAYERS, np.array([[0.5]])), "whole numbers"),
    ],
)
def test_what_cannot_be_given_is_refused(make, message):
    with pytest.raises(SettingsError, match=message):
        make()


def test_no_seed_moves_what_is_given():
    one, other = (engine.train(replace(started(), seed=seed)) for seed in (0, 1))
    for side in SideName:
        np.testing.assert_array_equal(getattr(one, side.value).losses, getattr(other, side.value).losses)


def test_an_impact_where_nothing_is_drawn_is_measured_once():
    settings = started().with_side(SideName.PYTORCH, reduction="sum")
    assert len(engine.plan(settings).seeds) == 1
    assert len(engine.plan(settings.with_side(SideName.PYTORCH, initial_weights="zeros")).seeds) == 1
    for choices in ({"initial_weights": ("given", "normal")}, {"order": "permutation", "batch": 2}):
        assert len(engine.plan(settings.with_side(SideName.PYTORCH, **choices)).seeds) == 20
