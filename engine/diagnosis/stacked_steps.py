"""Many steps of a recording at once, as the hand-written network takes them: a stack, one run for each step.

T steps, N samples, D inputs, C outputs. What is computed of them is `gradients.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from engine.diagnosis.recording import Recording
from engine.networks.numpy_mlp import Arrays
from engine.networks.places import Kind, Place
from engine.networks.stacked_arrays import StackedArray
from engine.types import FloatArray

Series = dict[Place, FloatArray]
"""Of each tensor, a row of its numbers for each step: (T, n)."""

AT_ONCE = 2_000_000
"""Numbers that a stack may have, some 16 MB, unless a single step has more."""


@dataclass(eq=False)
class StackedSteps:
    """Steps whose batches have as many samples. W and b are the parameters before each, `after` those after it."""

    X: FloatArray
    """(T, N, D), or (N, D) where all steps have the same."""
    Y: FloatArray
    """Likewise, (T, N, C) or (N, C)."""
    W: Arrays
    b: Arrays
    after: tuple[Arrays, Arrays]
    forward: dict[object, tuple[Arrays, Arrays]] = field(default_factory=dict)
    """The last forward pass through them, by what it depends on."""


def stacked_steps(
    recording: Recording, parameters: Series, batches: Sequence[tuple[FloatArray, FloatArray]]
) -> Iterator[StackedSteps]:
    """Those of these batches X and Y, one stack after the other. `parameters` are the recorded ones before the first of
    them and after each, (T + 1, n); the last may be lacking where nothing goes by it.
    """
    for samples, alike in groupby(range(len(batches)), lambda step: len(batches[step][0])):
        group = list(alike)
        longest = max(1, AT_ONCE // _numbers_of_a_step(recording, samples))
        for begin in range(group[0], group[-1] + 1, longest):
            steps = slice(begin, min(begin + longest, group[-1] + 1))
            X, Y = (_batches(arrays) for arrays in zip(*batches[steps], strict=True))
            before = _parameters(recording, parameters, steps)
            after = _parameters(recording, parameters, slice(steps.start + 1, steps.stop + 1))
            yield StackedSteps(X, Y, *before, after)


def _numbers_of_a_step(recording: Recording, samples: int) -> int:
    """About so many are made of one: its batch, every layer's output, and the parameters."""
    shapes = [recording.weight(layer, 0).shape for layer in range(len(recording.layers))]
    return sum(rows * columns + samples * (rows + columns) for rows, columns in shapes)


def _parameters(recording: Recording, parameters: Series, steps: slice) -> tuple[Arrays, Arrays]:
    W: Arrays = {}
    b: Arrays = {}
    for layer in range(len(recording.layers)):
        weights = parameters[Place(Kind.WEIGHT, layer + 1)][steps]
        W[layer + 1] = weights.reshape(-1, *recording.weight(layer, 0).shape).view(StackedArray)
        place = Place(Kind.BIAS, layer + 1)
        if place in parameters:
            b[layer + 1] = parameters[place][steps][:, None].view(StackedArray)
    return W, b


def _batches(arrays: Sequence[FloatArray]) -> FloatArray:
    first = arrays[0]
    if all(one is first or np.array_equal(one, first) for one in arrays):
        return first.astype(np.float64)
    return np.stack(arrays).astype(np.float64).view(StackedArray)
