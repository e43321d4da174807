"""Gaps against walks of `numpy.nextafter` and arithmetic by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.comparison import LossComparison, compare_parameters, pair_parameters, relative_gap, ulp_distance


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("start", [0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 3.5e-310, 0.3, 1e30])
@pytest.mark.parametrize("steps", [0, 1, 2, 7])
@pytest.mark.parametrize("toward", [np.inf, -np.inf])
def test_ulps_are_steps_of_nextafter(dtype, start, steps, toward):
    first = value = dtype(start)
    for _ in range(steps):
        value = np.nextafter(value, dtype(toward))
    assert ulp_distance(np.array([first]), np.array([value]), dtype)[0] == steps
    assert ulp_distance(np.array([value]), np.array([first]), dtype)[0] == steps


def test_ulps_across_zero_and_from_end_to_end():
    smallest = np.nextafter(np.float64(0), 1)
    assert ulp_distance(np.array([-smallest]), np.array([smallest]), np.float64)[0] == 2
    assert ulp_distance(np.array([-0.0]), np.array([0.0]), np.float64)[0] == 0
    largest = np.finfo(np.float64).max
    each_side = int(np.array(largest).view(np.int64))
    assert int(ulp_distance(np.array([-largest]), np.array([largest]), np.float64)[0]) == 2 * each_side


def test_the_relative_gap():
    assert relative_gap(np.array([0.0, 2.0, -1.0]), np.array([0.0, 1.0, 1.0])).tolist() == [0.0, 0.5, 2.0]


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=1, max_size=60), st.integers(1, 7))
def test_blocks_add_up_to_the_whole(pairs, block):
    first, second = np.array(pairs).T
    gathered = LossComparison(np.float64)
    for start in range(0, len(first), block):
        gathered.add(first[start : start + block], second[start : start + block])
    gap, difference = gathered.gap, np.abs(first - second)
    assert gap.epochs == len(first)
    assert gap.different == np.count_nonzero(difference)
    assert gap.first_different_epoch == (np.flatnonzero(difference)[0] + 1 if difference.any() else 0)
    assert gap.max_absolute == difference.max()
    assert gap.max_absolute_epoch == (difference.argmax() + 1 if difference.any() else 0)
    assert gap.max_relative == relative_gap(first, second).max()
    assert gap.max_ulp == ulp_distance(first, second, np.float64).max()


def test_a_bias_that_is_not_there_counts_as_zero():
    settings = engine.preset("no-bias").with_side(engine.SideName.PYTORCH, bias=True)
    weights = [np.ones((5, 2)), np.ones((1, 5))]
    with_bias = [weights[0], np.full(5, 0.25), weights[1] + 1, np.array([-3.0])]
    pairs = pair_parameters(settings, weights, with_bias)
    assert [pair.name for pair in pairs] == ["layer 1 weight", "layer 1 bias", "layer 2 weight", "layer 2 bias"]
    gaps = compare_parameters(settings, pairs)
    assert [gap.max_absolute for gap in gaps] == [0, 0.25, 1, 3]
    assert [gap.different for gap in gaps] == [0, 5, 5, 1]


def test_a_run_compares_starts_and_ends():
    run = engine.train(engine.preset("pytorch"))
    assert all(gap.different == 0 for gap in run.comparison.initial_parameters)
    largest = max(
        np.abs(first - second).max() for first, second in zip(run.numpy.parameters, run.pytorch.parameters, strict=True)
    )
    assert run.comparison.max_parameter_gap == pytest.approx(float(largest), rel=1e-6)
    assert run.comparison.losses.max_ulp == max(ulp_distance(run.numpy.losses, run.pytorch.losses, np.float32))
