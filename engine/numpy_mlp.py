"""The hand-written network: forward pass, backward pass and update, in NumPy alone, as a textbook prints them.

N samples, D inputs, C outputs; a layer's weight is (fan_in, fan_out) and its bias (fan_out,).
The update of a single weight is in `numpy_descent.py`. The same arithmetic without temporary arrays lives in
`numpy_buffers.py`; a test holds both to the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.initial_weights import initial_layers
from engine.model_state import ModelState, check_state
from engine.numpy_descent import Descent
from engine.places import Place, Tensors, parameter_places
from engine.settings import Activation, DerivativeAt, LogMoment, LossReport, Precision, Settings, gradient_factor
from engine.types import FloatArray
from engine.update_rules import UpdateOrder


@dataclass
class Layer:
    """One fully connected layer: output = activation(input @ weight + bias)."""

    weight: FloatArray
    bias: FloatArray | None
    activation: Activation


@dataclass(frozen=True)
class ForwardPass:
    """What the backward pass needs: X and every layer's output, and every layer's pre-activation z, first to last."""

    outputs: list[FloatArray]
    pre_activations: list[FloatArray]

    @property
    def prediction(self) -> FloatArray:
        """The last layer's output (N, C)."""
        return self.outputs[-1]


@dataclass(frozen=True)
class LayerGradients:
    """The objective's gradient with respect to one layer's output, pre-activation, weight and bias, in their shapes."""

    output: FloatArray
    pre_activation: FloatArray
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


def forward(layers: list[Layer], X: FloatArray) -> ForwardPass:
    """Every layer's pre-activation and output (N, fan_out) for X (N, D)."""
    outputs, pre_activations = [X], []
    for layer in layers:
        z = np.dot(outputs[-1], layer.weight)
        if layer.bias is not None:
            z = z + layer.bias
        pre_activations.append(z)
        outputs.append(activate(layer.activation, z))
    return ForwardPass(outputs, pre_activations)


def backward(
    layers: list[Layer],
    passed: ForwardPass,
    output_error: FloatArray,
    derivative_at: DerivativeAt = DerivativeAt.OUTPUT,
) -> Iterator[LayerGradients]:
    """Every layer's gradients, last to first; `output_error` (N, C) is the objective's gradient at the prediction.

    The error passes down through the weights as they are when the next layer's gradients are asked for.
    """
    slipped = derivative_at is DerivativeAt.PRE_ACTIVATION
    error = output_error
    for index in reversed(range(len(layers))):
        layer = layers[index]
        s = passed.pre_activations[index] if slipped else passed.outputs[index + 1]
        delta = error * activation_derivative(layer.activation, s)
        yield LayerGradients(
            output=error,
            pre_activation=delta,
            weight=np.dot(passed.outputs[index].T, delta),
            bias=None if layer.bias is None else delta.sum(axis=0),
        )
        error = np.dot(delta, layer.weight.T)


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
    # What float32 cannot hold becomes infinite, as in PyTorch, and the run diverges.
    with np.errstate(over="ignore"):
        return settings.data.X.astype(dtype), settings.data.Y.astype(dtype)


@dataclass(frozen=True)
class NumpyStep:
    """One step with everything it computed: `gradients` first layer to last, `loss` the number that is logged."""

    passed: ForwardPass
    gradients: list[LayerGradients]
    loss: float


class NumpyMLP:
    """The hand-written side of an experiment."""

    def __init__(self, settings: Settings) -> None:
        self.side = settings.numpy
        self.layers = build_layers(settings)
        self.X, self.Y = data_arrays(settings)
        self.factor = gradient_factor(self.side.reduction, settings.elements)
        self.descents = [
            [Descent(parameter, self.side) for parameter in (layer.weight, layer.bias) if parameter is not None]
            for layer in self.layers
        ]
        self.steps = 0

    def step(self) -> float:
        """One epoch: forward, backward, update; returns the loss that is logged."""
        return self.traced_step().loss

    def traced_step(self) -> NumpyStep:
        """One epoch, and what it computed on the way."""
        self.steps += 1
        passed = forward(self.layers, self.X)
        error = passed.prediction - self.Y
        backwards = backward(self.layers, passed, self.factor * error, self.side.derivative_at)
        in_turn = self.side.update_order is UpdateOrder.IN_TURN
        gradients: list[LayerGradients] = []
        for layer_gradients, descents in zip(backwards, reversed(self.descents), strict=True):
            gradients.insert(0, layer_gradients)
            if in_turn:
                self._update(descents, layer_gradients)
        if not in_turn:
            for layer_gradients, descents in zip(gradients, self.descents, strict=True):
                self._update(descents, layer_gradients)
        if self.side.log_moment is LogMoment.AFTER:
            error = self.predict() - self.Y
        return NumpyStep(passed, gradients, report_loss(self.side.loss_report, error))

    def _update(self, descents: list[Descent], gradients: LayerGradients) -> None:
        for descent, gradient in zip(descents, (gradients.weight, gradients.bias), strict=False):
            if gradient is not None:
                descent.step(gradient)

    def parameters(self) -> Tensors:
        """Copies of weights (fan_out, fan_in) and biases (fan_out,), in PyTorch's orientation and order."""
        return {place: _outward(descent.parameter) for place, descent in self._by_place.items()}

    def state(self) -> ModelState:
        """Copies of all that the next step depends on."""
        velocities = {place: _outward(velocity) for place, velocity in self._velocities().items()}
        return ModelState(self.parameters() | velocities, self.steps)

    def set_state(self, state: ModelState) -> None:
        """Go on from a `state()` of a model with the same settings, in place; raises `ValueError` for another's."""
        descents = self._by_place
        check_state(state, {place: descent.parameter.T.shape for place, descent in descents.items()})
        for place, descent in descents.items():
            descent.parameter[...] = state.tensors[place].T
        self._set_velocities({place: velocity.T for place, velocity in state.velocities.items()})
        self.steps = state.steps

    @property
    def _by_place(self) -> dict[Place, Descent]:
        places = parameter_places(len(self.layers), self.side.bias)
        return dict(zip(places, (one for descents in self.descents for one in descents), strict=True))

    def _velocities(self) -> Tensors:
        return {
            place.velocity: descent.velocity
            for place, descent in self._by_place.items()
            if descent.velocity is not None
        }

    def _set_velocities(self, velocities: Tensors) -> None:
        for place, descent in self._by_place.items():
            descent.velocity = velocities[place.velocity].copy() if velocities else None

    def predict(self, X: FloatArray | None = None) -> FloatArray:
        """The network's output (N, C) at the present weights, for the data unless other inputs are given."""
        return forward(self.layers, self.X if X is None else X.astype(self.X.dtype)).prediction


def _outward(parameter: FloatArray) -> FloatArray:
    """A copy of a weight (fan_in, fan_out) as (fan_out, fan_in); a bias stays as it is."""
    return np.array(parameter.T, order="C")
