"""Bounded curves against the whole curve kept beside them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.run.history import Curve, History


@given(
    blocks=st.lists(st.integers(0, 50), min_size=1, max_size=20),
    capacity=st.sampled_from([2, 4, 16]),
    seed=st.integers(0, 99),
)
def test_every_group_has_the_extremes_of_its_epochs(blocks, capacity, seed):
    random = np.random.RandomState(seed)
    history, whole = History(capacity), []
    for length in blocks:
        losses = random.normal(size=(2, length))
        whole.append(losses)
        history.add(*losses)
    numpy_losses, pytorch_losses = np.concatenate(whole, axis=1)
    curves, width = history.curves(), history.epochs_per_group
    assert history.epochs == len(numpy_losses)
    assert len(curves.numpy.epochs) <= capacity
    gap = np.abs(numpy_losses - pytorch_losses)
    for curve, values in ((curves.numpy, numpy_losses), (curves.pytorch, pytorch_losses), (curves.gap, gap)):
        for index, epoch in enumerate(curve.epochs):
            group = values[epoch - 1 : epoch - 1 + width]
            assert (curve.low[index], curve.high[index]) == (group.min(), group.max())
        if len(values):
            assert (curve.first, curve.last, curve.last_epoch) == (values[0], values[-1], len(values))
            assert (curve.least, curve.least_epoch) == (values.min(), values.argmin() + 1)
        else:
            assert (curve.least, curve.least_epoch) == (np.inf, 0)


@given(st.integers(1, 400), st.integers(0, 99), st.data())
def test_the_least_value_and_its_epoch_are_exact_where_epochs_are_grouped(epochs, seed, data):
    losses = np.random.RandomState(seed).randint(-20, 20, size=(2, epochs)) / 7
    losses[data.draw(st.integers(0, 1)), data.draw(st.integers(0, epochs - 1))] = data.draw(
        st.sampled_from([np.nan, np.inf, -9.0])
    )
    history, cut = History(4), data.draw(st.integers(0, epochs))
    for block in (losses[:, :cut], losses[:, cut:]):
        history.add(*block)
    curves = history.curves()
    for curve, values in ((curves.numpy, losses[0]), (curves.pytorch, losses[1])):
        if np.isfinite(values).any():
            finite = np.where(np.isfinite(values), values, np.inf)
            for part in (curve, curve.between(1, 1)):
                assert (part.least, part.least_epoch) == (finite.min(), finite.argmin() + 1)


def test_a_curve_of_separate_epochs():
    curve = Curve.of(np.array([1, 8, 16]), np.array([3.0, -1.0, 2.0]), 20)
    assert (curve.first, curve.last, curve.last_epoch, curve.least, curve.least_epoch) == (3, 2, 20, -1, 8)
    assert curve.at(9) == (-1, -1)


def test_five_thousand_epochs_are_kept_one_by_one():
    losses = np.random.RandomState(0).uniform(size=5000)
    history = History()
    history.add(losses, losses / 2)
    curves = history.curves()
    np.testing.assert_array_equal(curves.numpy.low, losses)
    np.testing.assert_array_equal(curves.numpy.high, losses)


def test_a_spike_of_one_epoch_survives_two_million():
    history = History()
    flat = np.full(100_000, 0.5)
    for block in range(20):
        losses = flat.copy()
        if block == 13:
            losses[77_777] = 9.0
        history.add(losses, flat)
    curves = history.curves()
    assert curves.numpy.high.max() == 9.0
    assert curves.gap.high.max() == 8.5
    spike = curves.numpy.epochs[curves.numpy.high.argmax()]
    assert spike <= 1_377_778 < spike + history.epochs_per_group


@given(st.integers(1, 60), st.sampled_from([4, 16, 64]), st.data())
def test_a_part_and_a_single_epoch_of_the_curve(epochs, capacity, data):
    losses = np.random.RandomState(epochs).normal(size=epochs)
    history = History(capacity)
    history.add(losses, losses)
    curve = history.curves().numpy
    first = data.draw(st.integers(1, epochs))
    last = data.draw(st.integers(first, epochs))
    part = curve.between(first, last)
    assert part.epochs[0] <= first
    assert part.last_epoch >= last
    assert part.low.min() <= losses[first - 1 : last].min()
    low, high = curve.at(first)
    assert low <= losses[first - 1] <= high
    assert curve.at(0) is curve.at(epochs + 1) is None
