"""Histograms against counting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.run.comparison import ParameterPair
from engine.run.histogram import histogram


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=40), st.integers(1, 12))
def test_every_weight_is_counted_once(pairs, bins):
    first, second = np.array(pairs).T
    found = histogram(ParameterPair("layer 1 weight", first, second), bins)
    assert (found.numpy.sum(), found.pytorch.sum()) == (len(pairs), len(pairs))
    assert len(found.edges) == bins + 1


def test_bins_by_hand():
    pair = ParameterPair("layer 1 weight", np.array([[0.0, 0.1], [0.9, 4.0]]), np.array([[1.0, 1.5], [3.0, 2.0]]))
    found = histogram(pair, 4)
    assert found.edges.tolist() == [0, 1, 2, 3, 4]
    assert found.numpy.tolist() == [3, 0, 0, 1]
    assert found.pytorch.tolist() == [0, 2, 1, 1]


@pytest.mark.parametrize("value", [0.0, 7.0, float("nan")])
def test_one_value_has_a_bin(value):
    array = np.full((2, 2), value)
    found = histogram(ParameterPair("layer 1 weight", array, array), 3)
    assert found.numpy.sum() == np.isfinite(array).sum()


def test_of_very_many_weights_every_nth_is_counted():
    array = np.linspace(0, 1, 4_000_000)
    found = histogram(ParameterPair("layer 1 weight", array, array), 4)
    assert found.step == 20
    assert found.numpy.tolist() == [50_000] * 4
