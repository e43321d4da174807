"""The hand-written network's step without temporary arrays: the operations of `numpy_mlp.py`, in its order and
rounding, each writing into an array made once. It says nothing new; read `numpy_mlp.py` to learn what happens.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from engine.numpy_mlp import Layer, NumpyMLP
from engine.settings import Activation, LossReport, Settings
from engine.types import FloatArray

Operation = tuple[Callable[..., Any], tuple[Any, ...]]


class BufferedNumpyMLP(NumpyMLP):
    """`NumpyMLP` with a faster `step`; the bits are the same."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._operations: list[Operation] = []
        # Zero-dimensional arrays of the right dtype: a Python number would be converted at every call.
        self._one = self.X.dtype.type(1) * np.ones((), self.X.dtype)
        self._minus_rate = np.array(-self.learning_rate, self.X.dtype)
        self._factor = np.array(self.factor, self.X.dtype)
        outputs = [self.X]
        for layer in self.layers:
            outputs.append(self._record_forward(layer, outputs[-1]))
        self._error = self._like(outputs[-1])
        self._record(np.subtract, outputs[-1], self.Y, self._error)
        self._square = self._like(self._error)
        self._record_backward(outputs)

    def step(self) -> float:
        """As `NumpyMLP.step`."""
        for function, arguments in self._operations:
            function(*arguments)
        return self._reported_loss()

    def _record(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._operations.append((function, arguments))

    def _like(self, array: FloatArray) -> FloatArray:
        return np.empty(array.shape, self.X.dtype)

    def _record_forward(self, layer: Layer, layer_input: FloatArray) -> FloatArray:
        z = np.empty((len(layer_input), layer.weight.shape[1]), self.X.dtype)
        self._record(np.dot, layer_input, layer.weight, z)
        if layer.bias is not None:
            self._record(np.add, z, layer.bias, z)
        if layer.activation is Activation.SIGMOID:
            self._record(np.negative, z, z)
            self._record(np.exp, z, z)
            self._record(np.add, self._one, z, z)
            self._record(np.divide, self._one, z, z)
        elif layer.activation is Activation.TANH:
            self._record(np.tanh, z, z)
        elif layer.activation is Activation.RELU:
            self._record(partial(np.maximum, out=z), z, np.zeros((), z.dtype))
        return z

    def _record_derivative(self, kind: Activation, output: FloatArray, derivative: FloatArray) -> None:
        if kind is Activation.SIGMOID:
            self._record(np.subtract, self._one, output, derivative)
            self._record(np.multiply, output, derivative, derivative)
        elif kind is Activation.TANH:
            self._record(np.multiply, output, output, derivative)
            self._record(np.subtract, self._one, derivative, derivative)
        else:
            self._record(np.greater, output, np.zeros((), output.dtype), derivative)

    def _record_backward(self, outputs: list[FloatArray]) -> None:
        error = self._like(self._error)
        self._record(np.multiply, self._factor, self._error, error)
        updates: list[Operation] = []
        for index in reversed(range(len(self.layers))):
            layer, output = self.layers[index], outputs[index + 1]
            delta = error
            if layer.activation is not Activation.IDENTITY:
                delta = self._like(output)
                self._record_derivative(layer.activation, output, delta)
                self._record(np.multiply, error, delta, delta)
            updates += self._descent(layer, outputs[index], delta)
            if index > 0:
                error = self._like(outputs[index])
                self._record(np.dot, delta, layer.weight.T, error)
        # No weight changes before every error has been computed from the old ones.
        self._operations += updates

    def _descent(self, layer: Layer, layer_input: FloatArray, delta: FloatArray) -> list[Operation]:
        gradient = np.empty(layer.weight.shape, self.X.dtype)
        operations: list[Operation] = [
            (np.dot, (layer_input.T, delta, gradient)),
            (np.multiply, (self._minus_rate, gradient, gradient)),
            (np.add, (layer.weight, gradient, layer.weight)),
        ]
        if layer.bias is not None:
            bias_gradient = np.empty(layer.bias.shape, self.X.dtype)
            operations += [
                (np.add.reduce, (delta, 0, None, bias_gradient)),
                (np.multiply, (self._minus_rate, bias_gradient, bias_gradient)),
                (np.add, (layer.bias, bias_gradient, layer.bias)),
            ]
        return operations

    def _reported_loss(self) -> float:
        np.square(self._error, self._square)
        total = np.add.reduce(self._square, None)
        if self.report is LossReport.HALF_SUM:
            return float(0.5 * total)
        mean_square = total / self._square.size
        if self.report is LossReport.MSE:
            return float(mean_square)
        np.multiply(self._error, 0.5 * mean_square, self._square)
        return float(np.add.reduce(self._square, None) / self._square.size)
