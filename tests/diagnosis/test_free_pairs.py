"""Readings that are the same function by arithmetic, and ones that are not, trained beside one another."""

from dataclasses import replace

import numpy as np
import pytest

from engine.diagnosis.free_pairs import Beside
from engine.diagnosis.gradients import Reading
from engine.diagnosis.observed import Observed
from engine.experiment.data import Dataset
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from tests.diagnosis.injected import recorded

SAMPLES, OUTPUTS = 30, 3


def _observed(seed=0, hidden=(16,), **side):
    random = np.random.RandomState(seed)
    data = Dataset("data", random.uniform(-1, 1, (SAMPLES, 2)), random.uniform(0, 1, (SAMPLES, OUTPUTS)))
    own = Side(**{"precision": "float64", "initial_weights": "normal"} | side)
    settings = Settings(data, own, own, hidden=hidden, activation="relu", output_activation="identity", seed=seed)
    return Observed(recorded(settings, 24)), Reading(settings.activations, own)


def _with(reading, **choices):
    return replace(reading, side=replace(reading.side, **choices))


@pytest.mark.parametrize(("hidden", "rate", "seed"), [((16, 16), 3.0, 5), ((64,), 3.0, 4), ((64,), 30.0, 6)])
def test_adam_is_the_same_where_gradient_and_epsilon_are_both_multiplied(hidden, rate, seed):
    """½·Σ(ŷ − y)² is N·C/2 times the mean of the squares; long steps over the kinks of ReLUs make of the roundings what
    is no rounding any more.
    """
    observed, reading = _observed(seed, hidden, optimizer="adam:epsilon=1e-07", learning_rate=rate)
    summed = _with(reading, reduction="sum", optimizer=f"adam:epsilon={1e-7 * SAMPLES * OUTPUTS / 2}")
    beside = Beside(observed, reading)
    assert not beside.is_another(summed)
    assert beside.is_another(_with(reading, optimizer="adam:epsilon=1.001e-07"))


def test_a_change_far_under_what_the_steps_show_is_no_other_function():
    observed, reading = _observed(learning_rate=0.1)
    beside = Beside(observed, reading)
    assert not beside.is_another(_with(reading, learning_rate=0.1 * (1 + 1e-15)))
    assert beside.is_another(_with(reading, learning_rate=0.1 * (1 + 1e-11)))
