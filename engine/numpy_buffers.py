"""The hand-written network's step without temporary arrays, each operation writing into an array made once.

The operations are those of `numpy_mlp.py` and `numpy_descent.py`, in their order and rounding; read them there. What
follows a large product row by row is recorded for some rows at a time, as parts that two threads can share.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from engine.numpy_descent import Descent
from engine.numpy_mlp import Layer, NumpyMLP
from engine.parts import WHOLE, Operation, in_parts, product, row_blocks, run
from engine.places import Tensors
from engine.settings import Activation, DerivativeAt, LogMoment, LossReport, Settings
from engine.threads import shares_products
from engine.types import FloatArray
from engine.update_rules import DecayForm, MomentumForm, UpdateOrder

LARGE = 50_000
"""Elements from which the order in memory tells."""


class BufferedNumpyMLP(NumpyMLP):
    """`NumpyMLP` with a faster `step`; the bits are the same."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._operations: list[Operation] = []
        self._shared = shares_products(settings)
        # Zero-dimensional arrays of the right dtype: a Python number would be converted at every call.
        self._one = self._number(1)
        self._velocity_arrays: dict[int, FloatArray] = {}
        # What a velocity takes of the gradient; the first step of PyTorch's form is undampened.
        self._share = self._number(1)
        self._started = False
        self._slipped = self.side.derivative_at is DerivativeAt.PRE_ACTIVATION
        outputs, pre_activations = [self.X], []
        for layer in self.layers:
            z, output = self._record_forward(layer, outputs[-1])
            pre_activations.append(z)
            outputs.append(output)
        self._error = self._like(outputs[-1])
        self._record(np.subtract, outputs[-1], self.Y, self._error)
        forward_pass = list(self._operations)
        self._square = self._like(self._error)
        self._record_backward(outputs, pre_activations if self._slipped else outputs[1:])
        if self.side.log_moment is LogMoment.AFTER:
            self._operations += forward_pass

    def step(self) -> float:
        """As `NumpyMLP.step`."""
        self.steps += 1
        run(self._operations)
        if not self._started:
            self._start(True)
        return self._reported_loss()

    def _start(self, started: bool) -> None:
        self._started = started
        dampened = started or self.side.momentum.form is MomentumForm.TEXTBOOK
        self._share[...] = 1 - self.side.momentum.dampening if dampened else 1

    def _velocities(self) -> Tensors:
        return self._kept_velocities() if self._started else {}

    def _kept_velocities(self) -> Tensors:
        """Of all parameters if there is momentum; they are recorded last layer to first."""
        kept = self._velocity_arrays
        return {place.velocity: kept[id(one)] for place, one in self._by_place.items() if id(one) in kept}

    def _set_velocities(self, velocities: Tensors) -> None:
        self._start(bool(velocities))
        for place, array in self._kept_velocities().items():
            array[...] = velocities[place] if velocities else 0

    def _number(self, value: float) -> FloatArray:
        return np.array(value, self.X.dtype)

    def _record(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._operations.append((function, arguments))

    def _like(self, array: FloatArray) -> FloatArray:
        return np.empty(array.shape, self.X.dtype)

    def _rows(self, left: FloatArray, right: FloatArray) -> tuple[slice, ...]:
        """The rows of `left @ right` that are computed at a time."""
        return row_blocks(left, right) if self._shared else WHOLE

    def _record_forward(self, layer: Layer, layer_input: FloatArray) -> tuple[FloatArray, FloatArray]:
        z = np.empty((len(layer_input), layer.weight.shape[1]), self.X.dtype)
        output = self._like(z) if self._slipped and layer.activation is not Activation.IDENTITY else z
        self._operations += in_parts(
            self._rows(layer_input, layer.weight),
            lambda rows: [
                product(rows, layer_input, layer.weight, z[rows]),
                *self._activation(layer, z[rows], output[rows]),
            ],
        )
        return z, output

    def _activation(self, layer: Layer, z: FloatArray, output: FloatArray) -> list[Operation]:
        operations: list[Operation] = [] if layer.bias is None else [(np.add, (z, layer.bias, z))]
        if layer.activation is Activation.SIGMOID:
            operations += [
                (np.negative, (z, output)),
                (np.exp, (output, output)),
                (np.add, (self._one, output, output)),
                (np.divide, (self._one, output, output)),
            ]
        elif layer.activation is Activation.TANH:
            operations.append((np.tanh, (z, output)))
        elif layer.activation is Activation.RELU:
            operations.append((partial(np.maximum, out=output), (z, self._number(0))))
        return operations

    def _record_derivative(self, kind: Activation, s: FloatArray, derivative: FloatArray) -> None:
        if kind is Activation.SIGMOID:
            self._record(np.subtract, self._one, s, derivative)
            self._record(np.multiply, s, derivative, derivative)
        elif kind is Activation.TANH:
            self._record(np.multiply, s, s, derivative)
            self._record(np.subtract, self._one, derivative, derivative)
        else:
            self._record(np.greater, s, self._number(0), derivative)

    def _record_backward(self, outputs: list[FloatArray], derived_at: list[FloatArray]) -> None:
        error = self._like(self._error)
        self._record(np.multiply, self._number(self.factor), self._error, error)
        updates: list[Operation] = []
        for index in reversed(range(len(self.layers))):
            layer = self.layers[index]
            delta = error
            if layer.activation is not Activation.IDENTITY:
                delta = self._like(outputs[index + 1])
                self._record_derivative(layer.activation, derived_at[index], delta)
                self._record(np.multiply, error, delta, delta)
            updates += self._updates(index, outputs[index], delta)
            if self.side.update_order is UpdateOrder.IN_TURN:
                self._operations += updates
                updates = []
            if index > 0:
                error = self._like(outputs[index])
                self._operations += self._product(delta, layer.weight.T, error)
        # No weight changes before every error has been computed from the old ones.
        self._operations += updates

    def _product(self, left: FloatArray, right: FloatArray, result: FloatArray) -> list[Operation]:
        return in_parts(self._rows(left, right), lambda rows: [product(rows, left, right, result[rows])])

    def _updates(self, index: int, layer_input: FloatArray, delta: FloatArray) -> list[Operation]:
        weight, *biases = self.descents[index]
        operations = in_parts(
            self._rows(layer_input.T, delta),
            lambda rows: self._weight_update(weight, rows, layer_input, delta),
        )
        for bias in biases:
            bias_gradient = np.empty(bias.parameter.shape, self.X.dtype)
            operations.append((np.add.reduce, (delta, 0, None, bias_gradient)))
            operations += self._descent(bias, bias_gradient)
        return operations

    def _weight_update(
        self, weight: Descent, rows: slice, layer_input: FloatArray, delta: FloatArray
    ) -> list[Operation]:
        """Of these rows of the weight (fan_in, fan_out); the gradient is layer_input.T @ delta."""
        parameter = weight.parameter[rows]
        gradient = np.empty(parameter.shape, self.X.dtype)
        operations: list[Operation] = [product(rows, layer_input.T, delta, gradient)]
        aligned = np.empty_like(parameter, self.X.dtype)
        if weight.parameter.size >= LARGE and not aligned.flags.c_contiguous:
            # A product fills rows only; a large weight that lies in columns is then updated twice as fast from a copy.
            operations.append((np.copyto, (aligned, gradient)))
            gradient = aligned
        return operations + self._descent(weight, gradient, rows)

    def _velocity(self, descent: Descent) -> FloatArray:
        """Of the whole parameter, made once."""
        return self._velocity_arrays.setdefault(id(descent), np.zeros(descent.parameter.shape, self.X.dtype))

    def _descent(self, descent: Descent, gradient: FloatArray, rows: slice = WHOLE[0]) -> list[Operation]:
        parameter = descent.parameter[rows]
        operations = self._decay(parameter, gradient)
        minus_rate, momentum = self._number(-self.side.learning_rate), self.side.momentum
        if momentum.coefficient == 0:
            return [
                *operations,
                (np.multiply, (minus_rate, gradient, gradient)),
                (np.add, (parameter, gradient, parameter)),
            ]
        velocity, coefficient = self._velocity(descent)[rows], self._number(momentum.coefficient)
        operations.append((np.multiply, (coefficient, velocity, velocity)))
        if momentum.form is MomentumForm.PYTORCH:
            step = np.empty(parameter.shape, self.X.dtype)
            return [
                *operations,
                (np.multiply, (self._share, gradient, gradient)),
                (np.add, (velocity, gradient, velocity)),
                (np.multiply, (minus_rate, velocity, step)),
                (np.add, (parameter, step, parameter)),
            ]
        minus_share = self._number(-self.side.learning_rate * (1 - momentum.dampening))
        return [
            *operations,
            (np.multiply, (minus_share, gradient, gradient)),
            (np.add, (velocity, gradient, velocity)),
            (np.add, (parameter, velocity, parameter)),
        ]

    def _decay(self, parameter: FloatArray, gradient: FloatArray) -> list[Operation]:
        decay = self.side.weight_decay
        if decay.rate == 0:
            return []
        if decay.form is DecayForm.DECOUPLED:
            kept = np.array(1 - self.side.learning_rate * decay.rate, parameter.dtype)
            return [(np.multiply, (parameter, kept, parameter))]
        pull, rate = np.empty_like(parameter), np.array(decay.rate, parameter.dtype)
        return [(np.multiply, (rate, parameter, pull)), (np.add, (gradient, pull, gradient))]

    def _reported_loss(self) -> float:
        np.square(self._error, self._square)
        total = np.add.reduce(self._square, None)
        report = self.side.loss_report
        if report is LossReport.HALF_SUM:
            return float(0.5 * total)
        mean_square = total / self._square.size
        if report is LossReport.MSE:
            return float(mean_square)
        np.multiply(self._error, 0.5 * mean_square, self._square)
        return float(np.add.reduce(self._square, None) / self._square.size)
