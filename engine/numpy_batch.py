"""The hand-written network for many runs at once: the arithmetic of `numpy_mlp.py` on stacked arrays.

A test holds every run to `engine.train`; the bits may differ, since a stack of small products is summed otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.batching import BatchedDescent, BatchRun, stacked_biases
from engine.numpy_mlp import activate, activation_derivative, data_arrays
from engine.places import Kind, Place, Tensors
from engine.settings import DerivativeAt, Settings, gradient_factor
from engine.types import FloatArray
from engine.update_rules import UpdateOrder


class NumpyBatch:
    """R runs of one structure; weights are (R, fan_in, fan_out), activations (R, N, fan_out)."""

    def __init__(self, settings: Settings, runs: Sequence[BatchRun]) -> None:
        sides = [run.side for run in runs]
        self._X, self._Y = data_arrays(replace(settings, numpy=sides[0]))
        self._activations = settings.activations
        self._in_turn = sides[0].update_order is UpdateOrder.IN_TURN
        self._slipped = sides[0].derivative_at is DerivativeAt.PRE_ACTIVATION
        self._factor = self._column([gradient_factor(side.reduction, settings.elements) for side in sides])
        self._descent = BatchedDescent(sides, self._column)
        starts = [run.start(settings) for run in runs]
        layers = range(len(self._activations))
        self._weights = [np.stack([start[layer].weight.T for start in starts]) for layer in layers]
        self._biases = [stacked_biases(starts, layer) for layer in layers]
        self._velocities: dict[Place, FloatArray | None] = {}

    def _column(self, numbers: list[float]) -> FloatArray:
        return np.array(numbers, self._X.dtype)[:, None, None]

    def step(self) -> tuple[FloatArray, FloatArray]:
        """As `Batch.step`."""
        outputs, pre_activations = self._forward()
        error = outputs[-1] - self._Y
        self._backward(outputs, pre_activations if self._slipped else outputs[1:], self._factor * error)
        flat = error.reshape(len(error), -1)
        mean_square = np.einsum("re,re->r", flat, flat) / flat.shape[1]
        return mean_square.astype(np.float64), flat.mean(axis=1).astype(np.float64)

    def _forward(self) -> tuple[list[FloatArray], list[FloatArray]]:
        outputs: list[FloatArray] = [self._X]
        pre_activations: list[FloatArray] = []
        for kind, weight, bias in zip(self._activations, self._weights, self._biases, strict=True):
            z = outputs[-1] @ weight
            if bias is not None:
                z += bias[0]
            pre_activations.append(z)
            outputs.append(activate(kind, z))
        return outputs, pre_activations

    def _backward(self, outputs: list[FloatArray], derived_at: list[FloatArray], error: FloatArray) -> None:
        gradients = []
        for layer in reversed(range(len(self._weights))):
            delta = error * activation_derivative(self._activations[layer], derived_at[layer])
            gradients.append((layer, outputs[layer].mT @ delta, delta))
            if self._in_turn:
                self._update(*gradients.pop())
            if layer > 0:
                error = delta @ self._weights[layer].mT
        for gradient in gradients:
            self._update(*gradient)

    def _update(self, layer: int, gradient: FloatArray, delta: FloatArray) -> None:
        self._descend(Place(Kind.WEIGHT, layer + 1), self._weights[layer], gradient)
        bias = self._biases[layer]
        if bias is not None:
            value, mask = bias
            self._descend(Place(Kind.BIAS, layer + 1), value, mask * delta.sum(axis=1, keepdims=True))

    def _descend(self, place: Place, parameter: FloatArray, gradient: FloatArray) -> None:
        self._velocities[place] = self._descent.step(parameter, gradient, self._velocities.get(place))

    def parameters(self) -> Tensors:
        """As `Batch.parameters`."""
        found: Tensors = {}
        for layer, (weight, bias) in enumerate(zip(self._weights, self._biases, strict=True), start=1):
            outward = weight.mT.astype(np.float64)
            found[Place(Kind.WEIGHT, layer)] = outward
            lacking = np.zeros(outward.shape[:2])
            found[Place(Kind.BIAS, layer)] = lacking if bias is None else bias[0][:, 0].astype(np.float64)
        return found
