"""PyTorch's modules at the start that an experiment names. Importing this module imports torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import torch
from torch import nn

from engine.experiment.choices import InitialWeights, Precision, SideName
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side, is_fused
from engine.experiment.slipped import is_slipped
from engine.networks.initial_weights import LayerStart, initial_layers
from engine.networks.torch_slip import SlippedActivation

ACTIVATIONS: dict[Activation, Callable[[], nn.Module]] = {
    Activation.SIGMOID: nn.Sigmoid,
    Activation.TANH: nn.Tanh,
    Activation.RELU: nn.ReLU,
    Activation.IDENTITY: nn.Identity,
    # The last dimension holds the classes in a stack of runs, too.
    Activation.SOFTMAX: partial(nn.Softmax, dim=-1),
}


def build_model(settings: Settings) -> tuple[nn.Sequential, torch.Tensor]:
    """The modules on the CPU, at the start that the settings name, and the state of the stream after `nn.Linear` has
    drawn. The global random state is left as it was.
    """
    side = settings.side(SideName.PYTORCH)
    layers = len(settings.activations)
    starts, biases = of_layers(side.initial_weights, layers), of_layers(side.bias, layers)
    linear_layers = []
    with torch.random.fork_rng(devices=[]):
        # The CPU's stream alone: `torch.manual_seed` keeps the whole stack of calls for a device's that is yet to come.
        torch.default_generator.manual_seed(settings.seed)
        for (fan_in, fan_out), start, bias in zip(pairwise(settings.layer_sizes), starts, biases, strict=True):
            drawn_in = torch.float64 if start is InitialWeights.PYTORCH_FLOAT64 else torch.float32
            linear_layers.append(nn.Linear(fan_in, fan_out, bias=bias, dtype=drawn_in))
        stream = torch.get_rng_state()
    for linear, layer_start, start in zip(linear_layers, initial_layers(settings, side), starts, strict=True):
        if not start.pytorchs_stream:
            _copy_start(linear, layer_start)
    activations = activation_modules(settings.activations, side)
    model = nn.Sequential(*(one for pair in zip(linear_layers, activations, strict=True) for one in pair))
    return model.to(torch.float64 if side.precision is Precision.FLOAT64 else torch.float32), stream


def activation_modules(activations: Sequence[Activation], side: Side) -> list[nn.Module]:
    """Of each layer, with the side's derivative; a fused loss has the output's in itself."""
    if is_fused(side):
        activations = [*activations[:-1], Activation.IDENTITY]
    slips = [(one, side.softmax_form) for one in of_layers(side.derivative_at, len(activations))]
    return [
        SlippedActivation(kind, *slip, side.negative_slope) if is_slipped(kind, *slip) else _module(kind, side)
        for kind, slip in zip(activations, slips, strict=True)
    ]


def _module(kind: Activation, side: Side) -> nn.Module:
    return nn.LeakyReLU(side.negative_slope) if kind is Activation.LEAKY_RELU else ACTIVATIONS[kind]()


def _copy_start(linear: nn.Linear, start: LayerStart) -> None:
    linear.to(torch.float64)
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(start.weight))
        if start.bias is not None:
            linear.bias.copy_(torch.from_numpy(start.bias))
