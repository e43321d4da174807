"""What the networks answer, against PyTorch's modules and the hand-written forward pass."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import engine
from engine.experiment.data import Dataset
from engine.run.lockstep import Lockstep
from engine.run.predictions import can_be_mapped, predictions_of


def trained(name, epochs=50):
    lockstep = Lockstep(replace(engine.preset("asked"), data=engine.built_in(name)))
    lockstep.step(epochs)
    return lockstep, predictions_of(lockstep.settings, lockstep.numpy, lockstep.pytorch)


@pytest.mark.parametrize("name", ["xor", "moons", "regression"])
def test_answers_for_the_data(name):
    lockstep, predictions = trained(name)
    data = lockstep.settings.data
    np.testing.assert_array_equal(predictions.numpy, lockstep.numpy.predict(data.X))
    expected = lockstep.pytorch.model(torch.tensor(data.X, dtype=torch.float32)).detach().numpy()
    np.testing.assert_array_equal(predictions.pytorch, expected)


def test_a_point_of_the_map_is_the_networks_answer_there():
    lockstep, predictions = trained("xor")
    plane = predictions.map
    row, column = 7, 31
    x, y = (np.linspace(*ends, plane.numpy.shape[0]) for ends in (plane.x_range, plane.y_range))
    point = np.array([[x[column], y[row]]])
    assert plane.numpy[row, column] == pytest.approx(lockstep.numpy.predict(point)[0, 0], rel=1e-12)
    assert plane.pytorch[row, column] == pytest.approx(lockstep.pytorch.predict(point)[0, 0], rel=1e-6)
    assert plane.x_range[0] < 0
    assert plane.x_range[1] > 1


def on(data):
    return replace(engine.preset("asked"), data=data)


def test_two_inputs_and_one_output_or_classes_are_a_plane():
    assert can_be_mapped(on(engine.built_in("moons")))
    assert can_be_mapped(engine.preset("classes"))
    assert not can_be_mapped(on(engine.built_in("regression")))
    points = np.arange(6.0).reshape(3, 2)
    assert not can_be_mapped(on(Dataset("numbers", points, points)))
    assert not can_be_mapped(on(Dataset("classes", np.eye(3), np.eye(3), classes=("a", "b", "c"))))
    assert trained("regression")[1].map is None
