"""The gradients that a network with certain choices has at the recorded weights: the hand-written network itself, whose
parameters move as they were recorded to.

Gradients of sums over a batch; what multiplies them is found in `laws.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from engine.diagnosis.epochs import batches_of_epoch
from engine.diagnosis.recording import Recording
from engine.diagnosis.stacked_steps import Series, StackedSteps
from engine.experiment.choices import BiasGradient, Objective, Reduction
from engine.experiment.optimizers import BiasCorrection
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import Activation
from engine.experiment.side import Side
from engine.experiment.tensor_steps import TensorSteps
from engine.experiment.update_rules import UpdateOrder
from engine.networks.numpy_mlp import Arrays, NumpyMLP
from engine.networks.places import Kind, Place
from engine.types import FloatArray


@dataclass(frozen=True)
class Reading:
    """A network that the recorded one may be: how each layer is activated, and how it is trained."""

    activations: tuple[Activation, ...]
    side: Side

    @property
    def binary(self) -> bool:
        """Whether its cross-entropy is that of each output for itself."""
        if self.side.objective is Objective.SQUARED_ERROR:
            return self.activations[-1] is not Activation.SOFTMAX
        return self.side.objective is Objective.BINARY_CROSS_ENTROPY


def tensor_steps(factors: Iterable[tuple[Place, float]]) -> TensorSteps:
    """What multiplies the gradients of these tensors, as a side has it."""
    return TensorSteps(tuple((f"{LETTERS[place.kind]}{place.layer}", factor) for place, factor in factors))


def places_of(steps: TensorSteps) -> dict[Place, float]:
    """The same by place."""
    kinds = {letter: kind for kind, letter in LETTERS.items()}
    return {Place(kinds[name[0]], int(name[1:])): factor for name, factor in steps.factors}


LETTERS = {Kind.WEIGHT: "W", Kind.BIAS: "b"}
"""How a side names what multiplies a tensor's gradient."""


class _Watched(NumpyMLP):
    """Its parameters become the recorded ones instead of moving by their gradients."""

    after: tuple[Arrays, Arrays]

    def clip(self, layers: object) -> None:
        """Gradients stay what they are."""

    def update(self, i: int, learning_rate: float, t: int) -> None:
        """As they were recorded."""
        W, b = self.after
        self.W[i] = W[i]
        if i in b:
            self.b[i] = b[i]


def parameters_at(recording: Recording, step: int) -> tuple[Arrays, Arrays]:
    """W and b of every layer before that step, in float64, by the layer's number from 1."""
    W: Arrays = {}
    b: Arrays = {}
    for index in range(len(recording.layers)):
        W[index + 1] = recording.weight(index, step).astype(np.float64)
        bias = recording.bias(index, step)
        if bias is not None:
            b[index + 1] = bias.astype(np.float64)
    return W, b


def network_of(
    recording: Recording, reading: Reading, W: Arrays, b: Arrays, kind: type[NumpyMLP] = NumpyMLP
) -> NumpyMLP:
    """The hand-written network at these parameters."""
    L = len(recording.layers)
    bias = tuple(i in b for i in range(1, L + 1))
    side = reading.side if reading.side.bias == bias else replace(reading.side, bias=bias)
    activations = dict(enumerate(reading.activations, start=1))
    by_epoch = side.bias_correction is BiasCorrection.PER_EPOCH
    of_all = side.reduction is Reduction.PER_DATA_SET
    updates = batches_of_epoch(recording) if by_epoch or of_all else 1
    samples = sum(map(len, recording.inputs[:updates])) if of_all else None
    return kind(side, activations, reading.binary, len(recording.inputs[0]), W, b, updates, samples)


FORMS = (
    "objective",
    "loss_input",
    "loss_epsilon",
    "softmax_form",
    "derivative_at",
    "sent_down",
    "update_order",
    "bias_gradient",
    "negative_slope",
)
"""The fields of a side that a gradient's form depends on."""


def gradients(recording: Recording, reading: Reading, stacks: Iterable[StackedSteps], lowest: int = 1) -> Series:
    """Those of each tensor at these steps, (T, n), the numbers of a weight in the order of (fan_in, fan_out); only from
    the `lowest` layer up.
    """
    has_bias = tuple(recording.bias(layer, 0) is not None for layer in range(len(recording.layers)))
    alone = Reading(reading.activations, _of_sums(*(getattr(reading.side, name) for name in FORMS), has_bias))
    rows: dict[Place, list[FloatArray]] = {}
    with np.errstate(all="ignore"):
        for stack in stacks:
            for place, found in _gradients_at(recording, alone, stack, lowest).items():
                of_steps = found.view(np.ndarray)
                rows.setdefault(place, []).append(of_steps.reshape(len(of_steps), -1))
    return {place: found[0] if len(found) == 1 else np.concatenate(found) for place, found in rows.items()}


@lru_cache(maxsize=1000)
def _of_sums(*forms: Any) -> Side:
    """The side with these forms of gradients, which biases there are as the last of them."""
    return Side(**dict(zip(FORMS, forms[:-1], strict=True)), reduction=Reduction.SUM, bias=forms[-1])


def _gradients_at(recording: Recording, reading: Reading, stack: StackedSteps, lowest: int) -> Series:
    network, below = _end_of(reading, stack, lowest), lowest - 1
    z, layer = forward_of(recording, reading, stack)
    z, layer = _above(z, below), {0: layer[below], **_above(layer, below)}
    _, delta = network.backward(layer[network.L] - stack.Y, z, layer, stack.Y, 1.0, 1)
    if network.side.update_order is UpdateOrder.TOGETHER:
        for i in range(1, network.L + 1):
            network.differentiate(i, layer[i - 1], delta[i])
    found = {Place(Kind.WEIGHT, below + i): network.dW[i] for i in network.W}
    for i in network.b:
        whole = network.side.bias_gradient is not BiasGradient.NONE
        plain = stack.b[below + i].view(np.ndarray)
        found[Place(Kind.BIAS, below + i)] = (
            np.broadcast_to(network.db[i].view(np.ndarray), plain.shape) if whole else 0 * plain
        )
    return found


def _end_of(reading: Reading, stack: StackedSteps, lowest: int) -> _Watched:
    """The network from its `lowest` layer up, which is the first of it."""
    side, activations = reading.side, reading.activations
    if lowest > 1:
        derivatives = of_layers(side.derivative_at, len(activations))
        forms = {name: getattr(side, name) for name in FORMS} | {"derivative_at": derivatives[lowest - 1 :]}
        side = _of_sums(*forms.values(), of_layers(side.bias, len(activations))[lowest - 1 :])
    W, b = _above(stack.W, lowest - 1), _above(stack.b, lowest - 1)
    by_layer = dict(enumerate(activations[lowest - 1 :], start=1))
    network = _Watched(side, by_layer, reading.binary, stack.X.shape[-2], W, b)
    network.after = _above(stack.after[0], lowest - 1), _above(stack.after[1], lowest - 1)
    return network


def _above(arrays: Arrays, below: int) -> Arrays:
    """Those of the layers above that one, numbered from 1."""
    return {i - below: array for i, array in arrays.items() if i > below}


def forward_of(recording: Recording, reading: Reading, stack: StackedSteps) -> tuple[Arrays, Arrays]:
    """The forward pass of these steps, which readings with the same activations share."""
    key = reading.activations, reading.side.softmax_form
    if key not in stack.forward:
        network = network_of(recording, reading, dict(stack.W), dict(stack.b))
        stack.forward = {key: network.forward(stack.X)}
    return stack.forward[key]


def backward_pass(recording: Recording, reading: Reading, step: int) -> Mapping[Place, FloatArray]:
    """What the backward pass of one step makes: the outputs and the gradient at them (N, C), δ of each layer,
    (N, fan_out), the gradients of its weight and bias.
    """
    network = network_of(recording, reading, *parameters_at(recording, step), _Watched)
    assert isinstance(network, _Watched)
    network.after = parameters_at(recording, step + 1)
    X, Y = recording.inputs[step].astype(np.float64), recording.targets[step].astype(np.float64)
    z, layer = network.forward(X)
    dlayer, delta = network.backward(layer[network.L] - Y, z, layer, Y, 1.0, 1)
    found = {Place(Kind.OUTPUT, network.L): layer[network.L], Place(Kind.ERROR, network.L): dlayer[network.L]}
    for i in range(1, network.L + 1):
        if network.side.update_order is UpdateOrder.TOGETHER:
            network.differentiate(i, layer[i - 1], delta[i])
        found[Place(Kind.DELTA, i)] = delta[i]
        found[Place(Kind.WEIGHT_GRADIENT, i)] = network.dW[i]
        if i in network.b and network.side.bias_gradient is not BiasGradient.NONE:
            found[Place(Kind.BIAS_GRADIENT, i)] = np.asarray(network.db[i])
    return found


def parameter_series(recording: Recording) -> Series:
    """The parameters themselves before each step and after the last, (T + 1, n)."""
    rows: dict[Place, list[FloatArray]] = {}
    for step in range(recording.steps + 1):
        W, b = parameters_at(recording, step)
        for kind, arrays in ((Kind.WEIGHT, W), (Kind.BIAS, b)):
            for i, array in arrays.items():
                rows.setdefault(Place(kind, i), []).append(np.ravel(array))
    return {place: np.array(found) for place, found in rows.items()}
