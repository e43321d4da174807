"""How far two equal sides may part: as far as rounding carries, measured by moving one starting weight by one ulp."""

import numpy as np

from engine.networks.numpy_model import NumpyModel, RecordedNumpyModel
from engine.networks.places import Kind, Place
from engine.networks.torch_replay import ReplayedTorchModel
from tests.examples import TIMES

EPOCHS = 1000 if TIMES > 1 else 300


def assert_equal_sides_stay_near(settings):
    """Each hundredth step from the same state within 1e-12; in the end no further apart than 100 times what one ulp
    in a starting weight of the last layer does to PyTorch alone.
    """
    ours, theirs = RecordedNumpyModel(settings), ReplayedTorchModel(settings)
    for epoch in range(EPOCHS):
        if epoch % 100 == 0:
            again = NumpyModel(settings)
            again.set_state(theirs.state())
        ours.step()
        theirs.step()
        if epoch % 100 == 0:
            again.step()
            for place, tensor in again.parameters().items():
                np.testing.assert_allclose(tensor, theirs.parameters()[place], rtol=1e-12, atol=1e-12)
    by_one_ulp = max(furthest(theirs, moved_by_one_ulp(settings, column)) for column in range(2))
    assert furthest(theirs, ours) <= 100 * by_one_ulp


def moved_by_one_ulp(settings, column):
    """PyTorch's side after as many epochs, one weight of the last layer an ulp larger at the start."""
    moved = ReplayedTorchModel(settings)
    state = moved.state()
    weight = state.tensors[Place(Kind.WEIGHT, len(settings.activations))]
    weight[0, column] = np.nextafter(weight[0, column], np.inf)
    moved.set_state(state)
    for _ in range(EPOCHS):
        moved.step()
    return moved


def furthest(one, other):
    """The largest gap between two models' parameters."""
    theirs = other.parameters()
    return max(np.abs(tensor - theirs[place]).max() for place, tensor in one.parameters().items())
