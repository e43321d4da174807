"""The hand-written network: forward pass, backward pass and update, in NumPy alone, as a textbook prints them.

N samples, D inputs, C outputs; a layer's weight is (fan_in, fan_out) and its bias (fan_out,).
The same arithmetic without temporary arrays lives in `numpy_buffers.py`; a test holds both to the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.initial_weights import initial_layers
from engine.settings import Activation, LossReport, Precision, Settings, SideName, gradient_factor
from engine.types import FloatArray


@dataclass
class Layer:
    """One fully connected layer: output = activation(input @ weight + bias)."""

    weight: FloatArray
    bias: FloatArray | None
    activation: Activation


@dataclass(frozen=True)
class Gradient:
    """The gradient of the objective with respect to one layer's weight and bias, in their shapes."""

    weight: FloatArray
    bias: FloatArray | None


def activate(kind: Activation, z: FloatArray) -> FloatArray:
    """The activation function, elementwise."""
    if kind is Activation.SIGMOID:
        return 1 / (1 + np.exp(-z))
    if kind is Activation.TANH:
        return np.tanh(z)
    if kind is Activation.RELU:
        return np.maximum(z, 0)
    return z


def activation_derivative(kind: Activation, output: FloatArray) -> FloatArray:
    """The activation's derivative, written in terms of its output: s(1 − s) for the sigmoid s."""
    if kind is Activation.SIGMOID:
        return output * (1 - output)
    if kind is Activation.TANH:
        return 1 - output * output
    if kind is Activation.RELU:
        return (output > 0).astype(output.dtype)
    return np.ones_like(output)


def forward(layers: list[Layer], X: FloatArray) -> list[FloatArray]:
    """X (N, D) and every layer's output (N, fan_out), first to last."""
    outputs = [X]
    for layer in layers:
        z = np.dot(outputs[-1], layer.weight)
        if layer.bias is not None:
            z = z + layer.bias
        outputs.append(activate(layer.activation, z))
    return outputs


def backward(layers: list[Layer], outputs: list[FloatArray], output_error: FloatArray) -> list[Gradient]:
    """Every layer's gradient, first to last; `output_error` (N, C) is the objective's gradient at the prediction."""
    gradients: list[Gradient] = []
    error = output_error
    for index in reversed(range(len(layers))):
        layer = layers[index]
        delta = error * activation_derivative(layer.activation, outputs[index + 1])
        gradients.append(
            Gradient(
                weight=np.dot(outputs[index].T, delta),
                bias=None if layer.bias is None else delta.sum(axis=0),
            )
        )
        error = np.dot(delta, layer.weight.T)
    return gradients[::-1]


def update(layers: list[Layer], gradients: list[Gradient], learning_rate: float) -> None:
    """One step of gradient descent, in place."""
    for layer, gradient in zip(layers, gradients, strict=True):
        layer.weight += -learning_rate * gradient.weight
        if layer.bias is not None and gradient.bias is not None:
            layer.bias += -learning_rate * gradient.bias


def report_loss(report: LossReport, error: FloatArray) -> float:
    """The number that is logged; `error` (N, C) is prediction − target."""
    if report is LossReport.MSE:
        return float(np.mean(np.square(error)))
    if report is LossReport.HALF_SUM:
        return float(0.5 * np.sum(np.square(error)))
    return float(np.mean(error * (0.5 * np.mean(np.square(error)))))


def build_layers(settings: Settings) -> list[Layer]:
    """The layers at their start. Weights are transposed views (fan_in, fan_out) of what was drawn."""
    starts = initial_layers(settings, settings.numpy)
    return [
        Layer(start.weight.T, start.bias, activation)
        for start, activation in zip(starts, settings.activations, strict=True)
    ]


def data_arrays(settings: Settings) -> tuple[FloatArray, FloatArray]:
    """X and Y in the type that activations are computed in: float64 for mixed precision."""
    dtype = np.float32 if settings.numpy.precision is Precision.FLOAT32 else np.float64
    return settings.data.X.astype(dtype), settings.data.Y.astype(dtype)


class NumpyMLP:
    """The hand-written side of an experiment."""

    def __init__(self, settings: Settings) -> None:
        side = settings.side(SideName.NUMPY)
        self.layers = build_layers(settings)
        self.X, self.Y = data_arrays(settings)
        self.report = side.loss_report
        self.learning_rate = side.learning_rate
        self.factor = gradient_factor(side.gradient_scale, settings.elements)

    def step(self) -> float:
        """One epoch: forward, backward, update; returns the loss of the weights before the update."""
        outputs = forward(self.layers, self.X)
        error = outputs[-1] - self.Y
        gradients = backward(self.layers, outputs, self.factor * error)
        update(self.layers, gradients, self.learning_rate)
        return report_loss(self.report, error)

    def parameters(self) -> list[FloatArray]:
        """Copies of weight (fan_out, fan_in) and bias (fan_out,), layer by layer, in PyTorch's orientation."""
        parameters: list[FloatArray] = []
        for layer in self.layers:
            parameters.append(np.array(layer.weight.T, order="C"))
            if layer.bias is not None:
                parameters.append(layer.bias.copy())
        return parameters

    def state(self) -> list[FloatArray]:
        """Copies of all that the next step depends on: the parameters."""
        return self.parameters()

    def set_state(self, state: list[FloatArray]) -> None:
        """Go on from a `state()` of a model with the same settings, in place."""
        values = iter(state)
        for layer in self.layers:
            layer.weight[...] = next(values).T
            if layer.bias is not None:
                layer.bias[...] = next(values)

    def predict(self, X: FloatArray | None = None) -> FloatArray:
        """The network's output (N, C) at the present weights, for the data unless other inputs are given."""
        return forward(self.layers, self.X if X is None else X.astype(self.X.dtype))[-1]
