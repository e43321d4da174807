"""Arrays by place: made from plain lists, and compared bit for bit."""

import numpy as np

from engine.networks.model_state import ModelState
from engine.networks.places import parameter_places


def placed(arrays, bias=False):
    """Weight, bias, weight, ... by their places."""
    return dict(zip(parameter_places([bias] * (len(arrays) // (2 if bias else 1))), arrays, strict=True))


def state_of(*arrays, bias=False):
    """A state before the first step."""
    return ModelState(placed(arrays, bias), 0)


def assert_same_bits(ours, theirs):
    """Mappings, or states, with the same places and the same bits."""
    if isinstance(ours, ModelState):
        assert ours.steps == theirs.steps
        ours, theirs = ours.tensors, theirs.tensors
    assert ours.keys() == theirs.keys()
    for place, tensor in ours.items():
        np.testing.assert_array_equal(tensor, theirs[place], err_msg=place.name)
