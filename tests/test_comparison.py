"""Gaps against walks of `numpy.nextafter` and arithmetic by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.run.comparison import (
    LossComparison,
    compare_parameters,
    compare_weights,
    pair_parameters,
    relative_gap,
    ulp_distance,
)
from tests.runs import trained
from tests.tensors import placed


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("start", [0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 3.5e-310, 0.3, 1e30])
def test_ulps_are_steps_of_nextafter(dtype, start):
    for toward in (np.inf, -np.inf):
        first = value = dtype(start)
        for steps in range(8):
            assert ulp_distance(np.array([first]), np.array([value]), dtype)[0] == steps
            assert ulp_distance(np.array([value]), np.array([first]), dtype)[0] == steps
            value = np.nextafter(value, dtype(toward))


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


def test_a_bias_that_is_not_there_has_no_gap():
    settings = engine.preset("no-bias").with_side(engine.SideName.PYTORCH, bias=True)
    weights = [np.ones((5, 2)), np.ones((1, 5))]
    with_bias = [weights[0], np.full(5, 0.25), weights[1] + 1, np.array([-3.0])]
    pairs = pair_parameters(placed(weights), placed(with_bias, bias=True))
    assert [pair.name for pair in pairs] == ["layer 1 weight", "layer 1 bias", "layer 2 weight", "layer 2 bias"]
    assert [pair.shape for pair in pairs] == [(5, 2), (5,), (1, 5), (1,)]
    gaps = compare_parameters(settings, pairs)
    assert [(gap.name, gap.max_absolute, gap.different) for gap in gaps] == [
        ("layer 1 weight", 0, 0),
        ("layer 2 weight", 1, 5),
    ]
    whole = compare_weights(pairs)
    assert (whole.elements, whole.different, whole.max_absolute) == (15, 5, 1)
    assert whole.lacking == ("layer 1 bias", "layer 2 bias")
    assert not compare_weights(pairs[:2]).same


def pairs(numpy, pytorch):
    """Of two sides' weights, without biases."""
    return pair_parameters(placed(numpy), placed(pytorch))


def test_weights_have_moved_as_far_as_the_longer_side():
    start = [np.zeros((5, 2)), np.zeros((1, 5))]
    one, other = [np.full((5, 2), 2.0), np.zeros((1, 5))], [np.zeros((5, 2)), np.full((1, 5), -8.0)]
    whole = compare_weights(pairs(one, other), pairs(start, start))
    assert (whole.moved, whole.max_absolute, whole.relative) == (8.0, 8.0, 1.0)
    still = compare_weights(pairs(start, start), pairs(start, start))
    assert (still.moved, still.relative, still.same) == (0.0, 0.0, True)


def test_a_run_compares_starts_and_ends():
    run = trained(engine.preset("pytorch"))
    assert run.comparison.initial_weights.same
    sides = [[weight.astype(float) for weight in side.parameters.values()] for side in (run.numpy, run.pytorch)]
    starts = [
        [weight.astype(float) for weight in side.initial_parameters.values()] for side in (run.numpy, run.pytorch)
    ]
    assert run.comparison.weights.max_absolute == max(np.abs(a - b).max() for a, b in zip(*sides, strict=True))
    ways = [np.abs(now - start).max() for side in (0, 1) for now, start in zip(sides[side], starts[side], strict=True)]
    assert run.comparison.weights.moved == max(ways)
    assert run.comparison.losses.max_ulp == max(ulp_distance(run.numpy.losses, run.pytorch.losses, np.float32))


@pytest.mark.parametrize("place", [0, 1])
def test_a_gap_that_is_no_number_is_kept_wherever_it_stands(place):
    zeros = [np.zeros((5, 2)), np.zeros((1, 5))]
    broken = [np.ones((5, 2)), np.ones((1, 5))]
    broken[place][0, 0] = np.nan
    whole = compare_weights(pairs(broken, zeros), pairs(zeros, zeros))
    assert np.isnan(whole.max_absolute)
    assert whole.relative == np.inf


def test_equal_infinities_are_equal():
    wide = [np.full((5, 2), np.inf), np.zeros((1, 5))]
    whole = compare_weights(pairs(wide, wide))
    assert (whole.max_absolute, whole.same) == (0.0, True)
