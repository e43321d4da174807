"""The tensors of one training step, by name and in order: what a trace sets beside each other. No arithmetic here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.experiment.choices import BiasGradient, Reduction
from engine.experiment.clipping import NO_CLIPPING
from engine.experiment.optimizers import OptimizerKind
from engine.experiment.per_layer import by_layer
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side, is_fused
from engine.experiment.update_rules import UpdateOrder, ZeroGrad
from engine.networks.epoch_progress import EpochProgress
from engine.networks.model_state import ModelState
from engine.networks.numpy_model import NumpyModel
from engine.networks.places import Kind, Place, Tensors, renamed
from engine.types import FloatArray

if TYPE_CHECKING:
    from engine.networks.torch_model import TorchModel

SIGNS = {
    Activation.SIGMOID: "σ",
    Activation.TANH: "tanh",
    Activation.RELU: "relu",
    Activation.LEAKY_RELU: "leaky",
    Activation.IDENTITY: "id",
    Activation.SOFTMAX: "softmax",
}


def formula(place: Place, settings: Settings) -> str:
    """What is computed there, as one writes it on paper."""
    layer = place.layer
    below = f"a{layer - 1}" if layer > 1 else "X"
    last = len(settings.activations)
    kind = SIGNS[settings.activations[layer - 1]] if layer else ""
    forgotten = any(side.zero_grad is ZeroGrad.FORGOTTEN for side in (settings.numpy, settings.pytorch))
    before = " + those before" if forgotten else ""
    clips = any(side.clipping != NO_CLIPPING for side in (settings.numpy, settings.pytorch))
    before += ", clipped" if clips else ""
    bias = f" + b{layer}" if layer in biased_layers(settings) else ""
    return {
        Kind.SAMPLES: "samples of the batch",
        Kind.WEIGHT_BEFORE: f"W{layer}",
        Kind.BIAS_BEFORE: f"b{layer}",
        Kind.PRE_ACTIVATION: f"z{layer} = {below}·W{layer}{bias}",
        Kind.OUTPUT: f"{'ŷ' if layer == last else f'a{layer}'} = {kind}(z{layer})",
        Kind.LOSS: "loss of the batch" if settings.logs_epochs else "logged loss",
        Kind.EPOCH_LOSS: "logged loss of the epoch",
        Kind.ERROR: "∂L/∂ŷ" if layer == last else f"∂L/∂a{layer} = δ{layer + 1}·W{layer + 1}ᵀ",
        Kind.DELTA: f"δ{layer} = {_delta(layer, last, kind, settings)}",
        Kind.WEIGHT_GRADIENT: f"∂L/∂W{layer} = {below}ᵀ·δ{layer}{before}",
        Kind.BIAS_GRADIENT: f"∂L/∂b{layer} = Σδ{layer}{before}",
        Kind.WEIGHT_VELOCITY: f"{_moment(settings)} of W{layer}",
        Kind.BIAS_VELOCITY: f"{_moment(settings)} of b{layer}",
        Kind.WEIGHT_SQUARE: f"second moment of W{layer}",
        Kind.BIAS_SQUARE: f"second moment of b{layer}",
        Kind.WEIGHT_UPDATE: f"ΔW{layer}",
        Kind.BIAS_UPDATE: f"Δb{layer}",
        Kind.WEIGHT_AFTER: f"new W{layer}",
        Kind.BIAS_AFTER: f"new b{layer}",
    }[place.kind]


def _moment(settings: Settings) -> str:
    velocity = any(side.sgd_momentum.coefficient for side in (settings.numpy, settings.pytorch))
    return "velocity" if velocity else "first moment"


def _delta(layer: int, last: int, kind: str, settings: Settings) -> str:
    if layer < last:
        return f"∂L/∂a{layer} ∘ {kind}′"
    if not (is_fused(settings.numpy) and is_fused(settings.pytorch)):
        return f"∂L/∂ŷ ∘ {kind}′"
    count = "N·C" if settings.is_binary(settings.numpy) else "N"
    if settings.numpy.reduction is not settings.pytorch.reduction:
        return "(ŷ − y)·factor"
    return {Reduction.SUM: "ŷ − y", Reduction.MEAN: f"(ŷ − y)/{count}"}.get(settings.numpy.reduction, "(ŷ − y)·factor")


def biased_layers(settings: Settings) -> set[int]:
    """The layers that have a bias on some side."""
    layers = len(settings.activations)
    return {i for side in (settings.numpy, settings.pytorch) for i, bias in by_layer(side.bias, layers).items() if bias}


def places(settings: Settings) -> list[Place]:
    """Every operation of a step in the order in which it is computed, parameters as they are before it first."""
    count = len(settings.activations)
    sides = (settings.numpy, settings.pytorch)
    biased = biased_layers(settings)
    momentum = any(side.sgd_momentum.coefficient or side.optimizer.kind is OptimizerKind.ADAM for side in sides)
    squares = not all(side.optimizer.is_sgd for side in sides)
    late = any(side.logs_after_update for side in sides)
    in_turn = any(side.update_order is UpdateOrder.IN_TURN for side in sides)

    def of_parameters(layer: int, weight: Kind, bias_kind: Kind) -> list[Place]:
        return [Place(weight, layer)] + ([Place(bias_kind, layer)] if layer in biased else [])

    def update(layer: int) -> list[Place]:
        found = of_parameters(layer, Kind.WEIGHT_VELOCITY, Kind.BIAS_VELOCITY) if momentum else []
        found += of_parameters(layer, Kind.WEIGHT_SQUARE, Kind.BIAS_SQUARE) if squares else []
        found += of_parameters(layer, Kind.WEIGHT_UPDATE, Kind.BIAS_UPDATE)
        return found + of_parameters(layer, Kind.WEIGHT_AFTER, Kind.BIAS_AFTER)

    layers = range(1, count + 1)
    found = [Place(Kind.SAMPLES)] if settings.in_batches else []
    found += [place for layer in layers for place in of_parameters(layer, Kind.WEIGHT_BEFORE, Kind.BIAS_BEFORE)]
    for layer in layers:
        found += [Place(Kind.PRE_ACTIVATION, layer), Place(Kind.OUTPUT, layer)]
    found += [] if late else [Place(Kind.LOSS)]
    for layer in reversed(layers):
        found += [Place(Kind.ERROR, layer), Place(Kind.DELTA, layer)]
        found += of_parameters(layer, Kind.WEIGHT_GRADIENT, Kind.BIAS_GRADIENT)
        found += update(layer) if in_turn else []
    if not in_turn:
        found += [place for layer in layers for place in update(layer)]
    found += [Place(Kind.LOSS)] if late else []
    return found + ([Place(Kind.EPOCH_LOSS)] if settings.logs_epochs else [])


BEFORE = {Kind.WEIGHT: Kind.WEIGHT_BEFORE, Kind.BIAS: Kind.BIAS_BEFORE}
AFTER = {Kind.WEIGHT: Kind.WEIGHT_AFTER, Kind.BIAS: Kind.BIAS_AFTER}
UPDATE = {Kind.WEIGHT: Kind.WEIGHT_UPDATE, Kind.BIAS: Kind.BIAS_UPDATE}


def with_parameters(tensors: Tensors, before: Tensors, state: ModelState) -> Tensors:
    """With the parameters before and after the step, their updates, and what the state after it keeps."""
    after = state.parameters
    updates: Tensors = {place: new.astype(np.float64) - before[place] for place, new in after.items()}
    return tensors | renamed(before, BEFORE) | renamed(updates, UPDATE) | renamed(after, AFTER) | state.kept


def samples_of(progress: EpochProgress, updates: int) -> FloatArray:
    """The places in the data, from 1, of the samples of the next batch."""
    samples = progress.samples(updates)
    places = np.arange(samples.start, samples.stop) if isinstance(samples, slice) else samples
    return np.asarray(places + 1, np.float64)


def epoch_loss_of(model: NumpyModel | TorchModel, loss: float) -> Tensors:
    """After the last update of an epoch, whose batch's loss that is."""
    of_epoch = model.close_batch(loss)
    return {} if of_epoch is None else {Place(Kind.EPOCH_LOSS): np.array(of_epoch)}


def waits(settings: Settings, side: Side, batch: int) -> bool:
    """Whether a side's epoch has no such batch, from 1: it waits for the other side."""
    return batch > settings.batches(side).count


def waiting_tensors(model: NumpyModel | TorchModel) -> Tensors:
    """Of a side that waits: no samples, and parameters that stay."""
    return with_parameters({Place(Kind.SAMPLES): np.empty(0)}, model.parameters(), model.state())


def numpy_tensors(model: NumpyModel) -> Tensors:
    """One step of the hand-written side, and all that it computed."""
    before, samples = model.parameters(), samples_of(model.progress, model.steps)
    step, network = model.opened_step(), model.network
    loss = float(step.loss)
    tensors: Tensors = {Place(Kind.SAMPLES): samples, Place(Kind.LOSS): np.array(loss)} | epoch_loss_of(model, loss)
    for i in network.W:
        tensors[Place(Kind.PRE_ACTIVATION, i)] = step.z[i]
        tensors[Place(Kind.OUTPUT, i)] = step.layer[i]
        if i < network.L or not network.fused:
            tensors[Place(Kind.ERROR, i)] = step.dlayer[i]
        tensors[Place(Kind.DELTA, i)] = step.delta[i]
        tensors[Place(Kind.WEIGHT_GRADIENT, i)] = network.dW[i].T
        if i in network.db and network.side.bias_gradient is not BiasGradient.NONE:
            tensors[Place(Kind.BIAS_GRADIENT, i)] = np.broadcast_to(network.db[i], network.b[i].shape)
    return with_parameters(tensors, before, model.state())
