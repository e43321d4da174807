"""A column of ones among the inputs, read as what a first layer's bias is multiplied by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.diagnosis.recording import Recording


def with_ones_as_bias(recording: Recording) -> Recording | None:
    """The same run with the inputs' first or last column taken for a bias's; none where there is no column of ones, or
    a bias already.
    """
    first = recording.layers[0]
    if first.bias is not None or first.ones or recording.inputs[0].shape[1] < 2:
        return None
    for column in (0, -1):
        if all((batch[:, column] == 1).all() for batch in recording.inputs):
            return _with_bias(recording, column)
    return None


def _with_bias(recording: Recording, column: int) -> Recording:
    first = recording.layers[0]
    weights = recording.arrays[first.weight]
    axis = 2 if first.transposed else 1
    rolled = np.roll(weights, -1, axis) if column == 0 else weights
    return replace(
        recording,
        arrays={**recording.arrays, first.weight: rolled},
        inputs=tuple(np.delete(batch, column, axis=1) for batch in recording.inputs),
        layers=(replace(first, ones=True, ones_first=column == 0), *recording.layers[1:]),
    )
