"""The hand-written network: forward pass, backward pass and update, in NumPy alone, as a textbook prints them.

N samples, D inputs, C outputs. Of layer i = 1 … L: weight W[i] (fan_in, fan_out), bias b[i] (fan_out,), their
velocities or first moments V[i] and U[i], their second moments S[i] and R[i]; pre-activation z[i] and output layer[i],
both (N, fan_out); layer[0] is the input X.
dW[i], db[i], dlayer[i] are the objective's gradients in the shapes of what they name; delta[i] is that of z[i].

Every choice of a side is an `if`. The programs that are shown and exported are this very source without the branches
that an experiment does not take, with `numpy_losses.py`'s and `numpy_updates.py`'s; what makes an experiment's network
and runs it fast is `numpy_model.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.experiment.choices import (
    BiasGradient,
    DerivativeAt,
    RateIn,
    SentDown,
    SoftmaxForm,
)
from engine.experiment.clipping import ClippingKind
from engine.experiment.gradient_factors import batch_size
from engine.experiment.per_layer import by_layer
from engine.experiment.settings import Activation
from engine.experiment.side import Side, decaying_layers, is_fused, logs_batch_penalty, logs_penalty
from engine.experiment.update_rules import UpdateOrder, ZeroGrad
from engine.networks.numpy_functions import (
    leaky_relu,
    plain_softmax,
    relu,
    sigmoid,
    softmax,
    softmax_over_all,
    softmax_over_samples,
)
from engine.networks.numpy_losses import NumpyLosses
from engine.networks.numpy_updates import Moment, NumpyUpdates
from engine.types import FloatArray

Arrays = dict[int, FloatArray]
"""Of each layer, by its number from 1."""


@dataclass(frozen=True)
class StepValues:
    """What one update computed on its way; `loss` is the number that is logged."""

    z: Arrays
    layer: Arrays
    dlayer: Arrays
    delta: Arrays
    loss: np.floating
    penalty: Any = 0.0
    """The part of it that weight decay is the gradient of."""


class NumpyMLP(NumpyLosses, NumpyUpdates):
    """The network of L layers, and how it learns."""

    def __init__(
        self,
        side: Side,
        activations: Mapping[int, Activation],
        binary: bool,
        samples: int,
        W: Arrays,
        b: Arrays,
        updates_per_epoch: int = 1,
        data_samples: int | None = None,
    ) -> None:
        """`binary` says that a logged cross-entropy is that of each output for itself. A full batch has so many
        samples.
        """
        self.side = side
        self.samples = samples
        self.updates_per_epoch = updates_per_epoch
        self.data_samples = samples if data_samples is None else data_samples
        self.batch_size = batch_size(side, samples)
        self.activations = activations
        self.binary = binary
        self.fused = is_fused(side)
        self.logs_penalty, self.logs_batch_penalty = logs_penalty(side), logs_batch_penalty(side)
        self.L = len(W)
        self.bias = by_layer(side.bias, self.L)
        self.derivative_at = by_layer(side.derivative_at, self.L)
        self.weight_factor, self.bias_factor = side.tensor_steps.of("W", self.L), side.tensor_steps.of("b", self.L)
        self.decays_weight, self.decays_bias = decaying_layers(side, self.L)
        self.W, self.b = W, b
        self.V: dict[int, Moment] = dict.fromkeys(W, 0.0)
        self.U: dict[int, Moment] = dict.fromkeys(b, 0.0)
        self.S: dict[int, Moment] = dict.fromkeys(W, side.optimizer.start)
        self.R: dict[int, Moment] = dict.fromkeys(b, side.optimizer.start)
        self.dW: dict[int, Any] = dict.fromkeys(W, 0.0)
        self.db: dict[int, Any] = dict.fromkeys(b, 0.0)

    def forward(self, X: FloatArray) -> tuple[Arrays, Arrays]:
        """Every layer's pre-activation and output for X (N, D)."""
        z: Arrays = {}
        layer: Arrays = {0: X}
        for i in range(1, self.L + 1):
            z[i] = np.dot(layer[i - 1], self.W[i])
            if self.bias[i]:
                z[i] = z[i] + self.b[i]
            layer[i] = self.activate(i, z[i])
        return z, layer

    def activate(self, i: int, z: FloatArray) -> FloatArray:
        """The output of layer i."""
        if self.activations[i] is Activation.SIGMOID:
            return sigmoid(z)
        if self.activations[i] is Activation.TANH:
            return np.tanh(z)
        if self.activations[i] is Activation.RELU:
            return relu(z)
        if self.activations[i] is Activation.LEAKY_RELU:
            return leaky_relu(z, self.side.negative_slope)
        if self.activations[i] is Activation.SOFTMAX:
            return self.softmax(z)
        return z

    def softmax(self, z: FloatArray) -> FloatArray:
        """As the side writes it."""
        if self.side.softmax_form is SoftmaxForm.PLAIN:
            return plain_softmax(z)
        if self.side.softmax_form is SoftmaxForm.OVER_SAMPLES:
            return softmax_over_samples(z)
        if self.side.softmax_form is SoftmaxForm.OVER_ALL:
            return softmax_over_all(z)
        return softmax(z)

    def step(self, X: FloatArray, Y: FloatArray, learning_rate: float, t: int) -> StepValues:
        """Update number t, from 1, on the batch X (N, D), Y (N, C)."""
        side, L = self.side, self.L
        # forward
        z, layer = self.forward(X)
        penalty = 0.0
        if self.logs_batch_penalty and not side.logs_after_update:
            penalty = self.penalty()
        # backward
        error = layer[L] - Y
        dlayer, delta = self.backward(error, z, layer, Y, learning_rate, t)
        if side.update_order is UpdateOrder.TOGETHER:
            # update
            for i in range(1, L + 1):
                self.differentiate(i, layer[i - 1], delta[i])
            self.clip(range(1, L + 1))
            for i in range(1, L + 1):
                self.update(i, learning_rate, t)
        opened = z, layer, dlayer, delta
        if side.logs_after_update:
            # forward again, with the new weights
            z, layer = self.forward(X)
            error = layer[L] - Y
            if self.logs_batch_penalty:
                penalty = self.penalty()
        if self.logs_batch_penalty:
            reported = self.report(error, z[L], layer[L], Y)
            loss = reported + penalty
        else:
            loss = self.report(error, z[L], layer[L], Y)
        return StepValues(*opened, loss, penalty)

    def backward(
        self, error: FloatArray, z: Arrays, layer: Arrays, Y: FloatArray, learning_rate: float, t: int
    ) -> tuple[Arrays, Arrays]:
        """The gradients dlayer and delta of every layer; where layers are updated in turn, they move on the way."""
        side, L = self.side, self.L
        dlayer: Arrays = {}
        delta: Arrays = {}
        for i in reversed(range(1, L + 1)):
            if i < L and side.sent_down is SentDown.ERROR:
                dlayer[i] = np.dot(dlayer[i + 1], self.W[i + 1].T)
            elif i < L:
                dlayer[i] = np.dot(delta[i + 1], self.W[i + 1].T)
            else:
                dlayer[i] = self.output_gradient(error, layer[i], Y)
            if i == L and self.fused:
                # the derivatives of the loss and of the activation cancel: no σ′
                delta[i] = dlayer[i]
            else:
                s = self.derivative_argument(i, z[i], layer[i])
                delta[i] = self.pass_activation(i, dlayer[i], s)
            if side.rate_in is RateIn.DELTA:
                delta[i] = learning_rate * delta[i]
            if side.update_order is UpdateOrder.IN_TURN:
                # update before the error passes down
                self.differentiate(i, layer[i - 1], delta[i])
                self.clip(range(i, i + 1))
                self.update(i, learning_rate, t)
        return dlayer, delta

    def evaluate(self, X: FloatArray, Y: FloatArray) -> np.floating:
        """What is logged of X (N, D), Y (N, C) at the present weights."""
        # the whole set, with the weights that the epoch ends with
        z, layer = self.forward(X)
        return self.log(z[self.L], layer[self.L], Y)

    def log(self, z: FloatArray, output: FloatArray, Y: FloatArray) -> np.floating:
        """The number that is logged of an output (N, C), its pre-activation z and Y, at the present weights."""
        error = output - Y
        if self.logs_penalty:
            reported = self.report(error, z, output, Y)
            penalty = self.penalty()
            return reported + penalty
        return self.report(error, z, output, Y)

    def derivative_argument(self, i: int, z: FloatArray, output: FloatArray) -> FloatArray:
        """What the formula of the derivative of layer i is given; it is written for the output."""
        if self.derivative_at[i] is DerivativeAt.PRE_ACTIVATION:
            return z
        if self.derivative_at[i] is DerivativeAt.ONE_AT_ZERO and self.activations[i] is Activation.RELU:
            return z
        if self.derivative_at[i] is DerivativeAt.OUTPUT_AGAIN:
            return self.activate(i, output)
        return output

    def pass_activation(self, i: int, gradient: FloatArray, s: FloatArray) -> FloatArray:  # noqa: PLR0911 - each of them
        """The gradient at the output of layer i, times the activation's derivative in terms of its output s."""
        if self.derivative_at[i] is DerivativeAt.NONE or self.activations[i] is Activation.IDENTITY:
            return gradient
        if self.activations[i] is Activation.SOFTMAX:
            return self.pass_softmax(i, gradient, s)
        if self.derivative_at[i] is DerivativeAt.ITSELF:
            return gradient * s
        if self.derivative_at[i] is DerivativeAt.OF_SIGMOID:
            return gradient * (s * (1 - s))
        if self.derivative_at[i] is DerivativeAt.OF_TANH:
            return gradient * (1 - s * s)
        if self.derivative_at[i] is DerivativeAt.OF_RELU:
            return gradient * (s > 0)
        if self.activations[i] is Activation.SIGMOID:
            return gradient * (s * (1 - s))
        if self.activations[i] is Activation.TANH:
            return gradient * (1 - s * s)
        if self.activations[i] is Activation.RELU:
            return self.pass_relu(i, gradient, s)
        if self.derivative_at[i] is DerivativeAt.ONE_AT_ZERO:
            return gradient * (s >= 0) + self.side.negative_slope * gradient * (s < 0)
        return gradient * (s > 0) + self.side.negative_slope * gradient * (s <= 0)

    def pass_relu(self, i: int, gradient: FloatArray, s: FloatArray) -> FloatArray:
        """1 where the output s is above 0, or z at least 0."""
        if self.derivative_at[i] is DerivativeAt.NOT_NEGATIVE:
            return gradient * (s >= 0)
        if self.derivative_at[i] is DerivativeAt.ONE_AT_ZERO:
            return gradient * (s >= 0)
        return gradient * (s > 0)

    def pass_softmax(self, i: int, gradient: FloatArray, s: FloatArray) -> FloatArray:
        """Each output of a row depends on every z of it."""
        if self.derivative_at[i] is DerivativeAt.DIAGONAL:
            return gradient * (s * (1 - s))
        return s * (gradient - (gradient * s).sum(axis=1, keepdims=True))

    def differentiate(self, i: int, layer_input: FloatArray, delta: FloatArray) -> None:
        """The gradients of the weight and the bias of layer i, whose input was `layer_input` (N, fan_in)."""
        gradient = np.dot(layer_input.T, delta)
        if self.weight_factor[i] != 1:
            gradient = self.weight_factor[i] * gradient
        if self.side.zero_grad is ZeroGrad.FORGOTTEN:
            self.dW[i] += gradient
        else:
            self.dW[i] = gradient
        if self.bias[i] and self.side.bias_gradient is not BiasGradient.NONE:
            gradient = self.sum_delta(delta)
            if self.bias_factor[i] != 1:
                gradient = self.bias_factor[i] * gradient
            if self.side.bias_gradient is BiasGradient.SCALAR and self.side.clipping.kind is not ClippingKind.NONE:
                # a norm counts it once for each bias
                gradient = gradient + 0.0 * self.b[i]
            if self.side.zero_grad is ZeroGrad.FORGOTTEN:
                self.db[i] += gradient
            else:
                self.db[i] = gradient

    def sum_delta(self, delta: FloatArray) -> FloatArray | np.floating:
        """The gradient of a bias."""
        if self.side.bias_gradient is BiasGradient.SCALAR:
            return delta.sum()
        if self.side.bias_gradient is BiasGradient.MEAN:
            return delta.mean(axis=0)
        return delta.sum(axis=0)
