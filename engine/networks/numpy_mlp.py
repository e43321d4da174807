"""The hand-written network: forward pass, backward pass and update, in NumPy alone, as a textbook prints them.

N samples, D inputs, C outputs. Of layer i = 1 … L: weight W[i] (fan_in, fan_out), bias b[i] (fan_out,), their
velocities V[i] and U[i]; pre-activation z[i] and output layer[i], both (N, fan_out); layer[0] is the input X.
dW[i], db[i], dlayer[i] are the objective's gradients in the shapes of what they name; delta[i] is that of z[i].

Every choice of a side is an `if`. The programs that are shown and exported are this very source without the branches
that an experiment does not take; what makes an experiment's network and runs it fast is `numpy_model.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.experiment.per_layer import by_layer
from engine.experiment.settings import Activation
from engine.experiment.side import (
    BiasGradient,
    DerivativeAt,
    LogMoment,
    LossInput,
    LossReport,
    Objective,
    RateIn,
    Reduction,
    SentDown,
    Side,
    SoftmaxForm,
    is_fused,
)
from engine.experiment.update_rules import Decayed, DecayFactor, DecayForm, MomentumForm, UpdateOrder, ZeroGrad
from engine.types import FloatArray

Arrays = dict[int, FloatArray]
"""Of each layer, by its number from 1."""

Velocity = FloatArray | float
"""Zero before the first update."""


@dataclass(frozen=True)
class StepValues:
    """What one update computed on its way; `loss` is the number that is logged."""

    z: Arrays
    layer: Arrays
    dlayer: Arrays
    delta: Arrays
    loss: np.floating


def sigmoid(z: FloatArray) -> FloatArray:
    """Elementwise."""
    return 1 / (1 + np.exp(-z))


def relu(z: FloatArray) -> FloatArray:
    """Elementwise."""
    return np.maximum(z, 0)


def softmax(z: FloatArray) -> FloatArray:
    """Of each row; the maximum is subtracted so that exp cannot overflow."""
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def plain_softmax(z: FloatArray) -> FloatArray:
    """Of each row."""
    powers = np.exp(z)
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_over_samples(z: FloatArray) -> FloatArray:
    """Of each column."""
    powers = np.exp(z - z.max(axis=0, keepdims=True))
    return powers / powers.sum(axis=0, keepdims=True)


def log_softmax(z: FloatArray) -> FloatArray:
    """The logarithm of each row's softmax."""
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


class NumpyMLP:
    """The network of L layers, and how it learns."""

    def __init__(self, side: Side, activations: Mapping[int, Activation], binary: bool, W: Arrays, b: Arrays) -> None:
        """`binary` says that a logged cross-entropy is that of each output for itself."""
        self.side = side
        self.activations = activations
        self.binary = binary
        self.fused = is_fused(side)
        self.L = len(W)
        self.bias = by_layer(side.bias, self.L)
        self.derivative_at = by_layer(side.derivative_at, self.L)
        self.W, self.b = W, b
        self.V: dict[int, Velocity] = dict.fromkeys(W, 0.0)
        self.U: dict[int, Velocity] = dict.fromkeys(b, 0.0)
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
        if self.activations[i] is Activation.SOFTMAX:
            return self.softmax(z)
        return z

    def softmax(self, z: FloatArray) -> FloatArray:
        """As the side writes it."""
        if self.side.softmax_form is SoftmaxForm.PLAIN:
            return plain_softmax(z)
        if self.side.softmax_form is SoftmaxForm.OVER_SAMPLES:
            return softmax_over_samples(z)
        return softmax(z)

    def step(self, X: FloatArray, Y: FloatArray, learning_rate: float, t: int) -> StepValues:
        """Update number t, from 1, on the batch X (N, D), Y (N, C)."""
        side, L = self.side, self.L
        # forward
        z, layer = self.forward(X)
        # backward
        error = layer[L] - Y
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
                self.update(i, layer[i - 1], delta[i], learning_rate, t)
        if side.update_order is UpdateOrder.TOGETHER:
            # update
            for i in range(1, L + 1):
                self.update(i, layer[i - 1], delta[i], learning_rate, t)
        opened = z, layer, dlayer, delta
        if side.log_moment is LogMoment.AFTER:
            # forward again, with the new weights
            z, layer = self.forward(X)
            error = layer[L] - Y
        loss = self.report(error, z[L], layer[L], Y)
        return StepValues(*opened, loss)

    def output_gradient(self, error: FloatArray, p: FloatArray, Y: FloatArray) -> FloatArray:
        """The objective's gradient at the outputs p; `error` is p − Y. Of a fused loss it is that at the logits."""
        side = self.side
        if side.objective is Objective.SQUARED_ERROR:
            return self.reduce_squares(error, Y)
        if side.loss_input is LossInput.PROBABILITIES:
            gradient = self.pass_logarithm(p, Y)
        elif side.loss_input is LossInput.TWICE:
            q = self.squash(p)
            gradient = q - Y
        else:
            gradient = error
        return self.reduce(gradient, Y)

    def reduce_squares(self, error: FloatArray, Y: FloatArray) -> FloatArray:
        """The gradient of a sum or mean of squared errors; without a mean, of half of it."""
        if self.side.reduction is Reduction.MEAN:
            N, C = Y.shape
            return 2 / (N * C) * error
        if self.side.reduction is Reduction.PER_OUTPUT:
            return 2 / Y.shape[1] * error
        if self.side.reduction is Reduction.PER_SAMPLE:
            return 1 / len(Y) * error
        if self.side.reduction is Reduction.PER_SAMPLE_TWICE:
            return 1 / len(Y) ** 2 * error
        if self.side.reduction is Reduction.TWICE_SUM:
            return 2 * error
        return error

    def squash(self, logits: FloatArray) -> FloatArray:
        """The probabilities that a cross-entropy of logits is about."""
        if self.binary:
            return sigmoid(logits)
        return softmax(logits)

    def pass_logarithm(self, p: FloatArray, Y: FloatArray) -> FloatArray:
        """The gradient at the outputs p of the costs −y·log p (− (1 − y)·log(1 − p))."""
        if self.binary:
            # as nn.BCELoss, never more than 1e12 times the error
            return (p - Y) / np.maximum(p * (1 - p), 1e-12)
        return -Y / p

    def reduce(self, gradient: FloatArray, Y: FloatArray) -> FloatArray:
        """The gradient of a cross-entropy's sum or mean, from that of its costs."""
        if self.side.reduction is Reduction.SUM:
            return gradient
        if self.side.reduction is Reduction.TWICE_SUM:
            return 2 * gradient
        if self.side.reduction is Reduction.PER_OUTPUT:
            return gradient / Y.shape[1]
        if self.side.reduction is Reduction.PER_SAMPLE_TWICE:
            return gradient / len(Y) ** 2
        if self.binary and self.side.reduction is Reduction.MEAN:
            N, C = Y.shape
            return gradient / (N * C)
        return gradient / len(Y)

    def derivative_argument(self, i: int, z: FloatArray, output: FloatArray) -> FloatArray:
        """What the formula of the derivative of layer i is given; it is written for the output."""
        if self.derivative_at[i] is DerivativeAt.PRE_ACTIVATION:
            return z
        if self.derivative_at[i] is DerivativeAt.OUTPUT_AGAIN:
            return self.activate(i, output)
        return output

    def pass_activation(self, i: int, gradient: FloatArray, s: FloatArray) -> FloatArray:
        """The gradient at the output of layer i, times the activation's derivative in terms of its output s."""
        if self.derivative_at[i] is DerivativeAt.NONE:
            return gradient
        if self.activations[i] is Activation.SIGMOID:
            return gradient * (s * (1 - s))
        if self.activations[i] is Activation.TANH:
            return gradient * (1 - s * s)
        if self.activations[i] is Activation.RELU:
            return self.pass_relu(i, gradient, s)
        if self.activations[i] is Activation.SOFTMAX:
            return self.pass_softmax(i, gradient, s)
        return gradient

    def pass_relu(self, i: int, gradient: FloatArray, s: FloatArray) -> FloatArray:
        """1 where the output s is above 0."""
        if self.derivative_at[i] is DerivativeAt.NOT_NEGATIVE:
            return gradient * (s >= 0)
        return gradient * (s > 0)

    def pass_softmax(self, i: int, gradient: FloatArray, s: FloatArray) -> FloatArray:
        """Each output of a row depends on every z of it."""
        if self.derivative_at[i] is DerivativeAt.DIAGONAL:
            return gradient * (s * (1 - s))
        return s * (gradient - (gradient * s).sum(axis=1, keepdims=True))

    def update(self, i: int, layer_input: FloatArray, delta: FloatArray, learning_rate: float, t: int) -> None:
        """Move the weight and the bias of layer i, whose input was `layer_input` (N, fan_in)."""
        step_size = learning_rate
        if self.side.rate_in is RateIn.DELTA:
            step_size = 1.0
        gradient = np.dot(layer_input.T, delta)
        if self.side.zero_grad is ZeroGrad.FORGOTTEN:
            self.dW[i] += gradient
        else:
            self.dW[i] = gradient
        gradient = self.decay(self.W[i], self.dW[i], step_size, layer_input)
        self.V[i] = self.descend(self.W[i], gradient, self.V[i], step_size, t)
        if self.bias[i] and self.side.bias_gradient is not BiasGradient.NONE:
            gradient = self.sum_delta(delta)
            if self.side.zero_grad is ZeroGrad.FORGOTTEN:
                self.db[i] += gradient
            else:
                self.db[i] = gradient
            gradient = self.db[i]
            if self.side.decayed is Decayed.ALL:
                gradient = self.decay(self.b[i], self.db[i], step_size, layer_input)
            self.U[i] = self.descend(self.b[i], gradient, self.U[i], step_size, t)

    def sum_delta(self, delta: FloatArray) -> FloatArray | np.floating:
        """The gradient of a bias."""
        if self.side.bias_gradient is BiasGradient.SCALAR:
            return delta.sum()
        if self.side.bias_gradient is BiasGradient.MEAN:
            return delta.mean(axis=0)
        return delta.sum(axis=0)

    def decay(
        self, parameter: FloatArray, gradient: FloatArray, learning_rate: float, layer_input: FloatArray
    ) -> FloatArray:
        """The gradient with weight decay in it; a decay beside the step moves the parameter, in place."""
        decay = self.side.weight_decay
        if decay.rate == 0:
            return gradient
        if self.side.decay_factor is DecayFactor.TWICE:
            rate = 2 * decay.rate
        elif self.side.decay_factor is DecayFactor.PER_SAMPLE:
            rate = decay.rate / len(layer_input)
        else:
            rate = decay.rate
        if decay.form is DecayForm.DECOUPLED:
            parameter *= 1 - learning_rate * rate
            return gradient
        return gradient + rate * parameter

    def descend(
        self, parameter: FloatArray, gradient: FloatArray, velocity: Velocity, learning_rate: float, t: int
    ) -> Velocity:
        """Move a parameter, in place, against its gradient; returns its new velocity."""
        momentum = self.side.momentum
        if momentum.coefficient == 0 and self.side.rate_in is RateIn.DELTA:
            parameter -= gradient
        elif momentum.coefficient == 0:
            parameter += -learning_rate * gradient
        elif momentum.form is MomentumForm.TEXTBOOK:
            rate = -learning_rate
            if momentum.dampening > 0:
                rate = -learning_rate * (1 - momentum.dampening)
            velocity = momentum.coefficient * velocity + rate * gradient
            parameter += velocity
        elif momentum.form is MomentumForm.TEXTBOOK_NESTEROV:
            parameter -= momentum.coefficient * velocity
            velocity = momentum.coefficient * velocity + -learning_rate * gradient
            parameter += (1 + momentum.coefficient) * velocity
        else:
            # the first gradient is not dampened
            if momentum.dampening > 0 and t > 1:
                gradient = (1 - momentum.dampening) * gradient
            velocity = momentum.coefficient * velocity + gradient
            if momentum.form is MomentumForm.NESTEROV:
                ahead = gradient + momentum.coefficient * velocity
                parameter += -learning_rate * ahead
            else:
                parameter += -learning_rate * velocity
        return velocity

    def report(self, error: FloatArray, z: FloatArray, p: FloatArray, Y: FloatArray) -> np.floating:
        """The number that is logged; z and p are the output's, `error` is p − Y, all (N, C)."""
        if not self.side.loss_report.of_probabilities:
            return self.report_squares(error)
        costs = self.costs(z, p, Y)
        if self.side.loss_report is LossReport.CROSS_ENTROPY_SUM:
            return np.sum(costs)
        if self.binary or self.side.loss_report is LossReport.CROSS_ENTROPY_PER_OUTPUT:
            return np.mean(costs)
        return np.sum(costs) / len(Y)

    def report_squares(self, error: FloatArray) -> np.floating:
        """What is logged of squared errors."""
        if self.side.loss_report is LossReport.MSE:
            return np.mean(np.square(error))
        if self.side.loss_report is LossReport.HALF_SUM:
            total: np.floating = np.sum(np.square(error))
            return 0.5 * total
        if self.side.loss_report is LossReport.SUM:
            return np.sum(np.square(error))
        if self.side.loss_report is LossReport.HALF_MEAN:
            return 0.5 * np.mean(np.square(error))
        return np.mean(error * (0.5 * np.mean(np.square(error))))

    def costs(self, z: FloatArray, p: FloatArray, Y: FloatArray) -> FloatArray:
        """The cross-entropy of each output (N, C)."""
        if self.side.loss_report is LossReport.CROSS_ENTROPY_EPSILON:
            if self.binary:
                return -(Y * np.log(p + 1e-8) + (1 - Y) * np.log(1 - p + 1e-8))
            return -(Y * np.log(p + 1e-8))
        if self.side.objective is Objective.SQUARED_ERROR or self.side.loss_input is LossInput.PROBABILITIES:
            if self.binary:
                # as nn.BCELoss, no logarithm below −100
                log_p = np.maximum(np.log(p), -100)
                log_q = np.maximum(np.log(1 - p), -100)
                return -(Y * log_p + (1 - Y) * log_q)
            return -(Y * np.log(p))
        logits = z
        if self.side.loss_input is LossInput.TWICE:
            logits = p
        if self.binary:
            return np.maximum(logits, 0) - logits * Y + np.log1p(np.exp(-np.abs(logits)))
        return -(Y * log_softmax(logits))
