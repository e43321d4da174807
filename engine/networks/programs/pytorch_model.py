"""The model of a PyTorch program, its start and its optimizer; and the network's source for this experiment.

The data before it and the loop behind it are `pytorch_script.py`'s.
"""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

from engine.experiment.batch_rules import Batches, SampleOrder
from engine.experiment.choices import BiasGradient, InitialWeights, Precision, SideName
from engine.experiment.gradient_factors import batch_size
from engine.experiment.per_layer import by_layer, of_layers
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import (
    Side,
    decay_rates,
    decaying_layers,
    is_fused,
    logs_batch_penalty,
    logs_penalty,
    shrinks_in_optimizer,
)
from engine.networks.programs.base import (
    Writer,
)
from engine.networks.programs.fold import fold
from engine.networks.programs.given_start import (
    add_given_orders,
)
from engine.networks.programs.layout import lines_of
from engine.networks.programs.pytorch_slips import activations_of, module_name, slips_of
from engine.networks.programs.pytorch_start import (
    start_lines,
    starts_of,
)
from engine.networks.programs.source import joined, source_of
from engine.networks.programs.specialize import Specializer

MODULES = {
    Activation.SIGMOID: "nn.Sigmoid()",
    Activation.TANH: "nn.Tanh()",
    Activation.RELU: "nn.ReLU()",
    Activation.LEAKY_RELU: "nn.LeakyReLU()",
    Activation.IDENTITY: "nn.Identity()",
    Activation.SOFTMAX: "nn.Softmax(dim=1)",
}


OF_UPDATES = frozenset({"gradient", "rate", "velocity", "moment", "square", "first", "second", "direction", "groups"})


OF_LOSSES = frozenset({"logged", "reported", "costs", "p", "logits", "total"})


MAY_GO = OF_UPDATES | OF_LOSSES
"""Names of the step that a program has only where they are needed."""


def add_model(writer: Writer, settings: Settings) -> None:
    """Write the model with its first weights, and what its updates need once for all."""
    side, starts, slips = settings.pytorch, starts_of(settings), slips_of(settings)
    biases = of_layers(side.bias, len(starts))
    if any(start is not InitialWeights.GIVEN for start in starts) or order_of(settings) is SampleOrder.DATALOADER:
        writer.add(f"torch.manual_seed({settings.seed})")
    writer.add("model = nn.Sequential(")
    for i, (fan_in, fan_out) in enumerate(pairwise(settings.layer_sizes)):
        options = "" if biases[i] else ", bias=False"
        options += ", dtype=torch.float64" if starts[i] is InitialWeights.PYTORCH_FLOAT64 else ""
        writer.add(f"nn.Linear({fan_in}, {fan_out}{options}),", indent=1)
        slip = slips[i]
        module = _module(activations_of(settings)[i], side) if slip is None else f"{module_name(slip)}()"
        # One by one, layers are taken in pairs.
        if not (is_fused(side) and i == len(starts) - 1) or side.goes_by_layer:
            writer.add(f"{module},", indent=1)
    writer.add(")")
    in_double = {start is InitialWeights.PYTORCH_FLOAT64 for start in starts}
    if side.precision is Precision.FLOAT64 and False in in_double:
        writer.add("model.double()")
    elif side.precision is Precision.FLOAT32 and True in in_double:
        writer.add("model.float()")
    for line in start_lines(settings):
        writer.add(line)
    if order_of(settings) is SampleOrder.PERMUTATION and not any(start.numpys_stream for start in starts):
        writer.add(f"torch.manual_seed({settings.seed})")
    if settings.device != "cpu":
        writer.add(f'model.to("{settings.device}")')
    specializer = specializer_of(side, settings.is_binary(side), settings.batches(side), settings.data.samples)
    prepared = [*specializer.method("prepare"), *specializer.method("slip_biases")]
    for line in _decaying_lines(settings):
        writer.add(line)
    for line in lines_of(fold(prepared, MAY_GO.__contains__)):
        writer.add(line)
    for line in _factor_lines(settings):
        writer.add(line)
    add_given_orders(writer, settings, SideName.PYTORCH)
    writer.add()


def _module(kind: Activation, side: Side) -> str:
    is_default = side.negative_slope == Side().negative_slope
    if kind is Activation.LEAKY_RELU and not is_default:
        return f"nn.LeakyReLU({side.negative_slope!r})"
    return MODULES[kind]


def _decaying_lines(settings: Settings) -> list[str]:
    """What decays where not every layer does alike, as `TorchMLP.decaying_parameters` has it."""
    side, layers = settings.pytorch, len(settings.activations)
    if not side.decays_by_layer or side.weight_decay.rate == 0:
        return []
    weights, biases = decaying_layers(side, layers)
    has_bias = by_layer(side.bias, layers)
    names = [f"model[{2 * (i - 1)}].weight" for i, decays in weights.items() if decays]
    names += [f"model[{2 * (i - 1)}].bias" for i, decays in biases.items() if decays and has_bias[i]]
    return [f"decaying = {{{', '.join(names)}}}" if names else "decaying = set()"]


def _factor_lines(settings: Settings) -> list[str]:
    """What multiplies the gradients of single tensors, as `TorchMLP.multiply_gradients` does."""
    side, lines = settings.pytorch, []
    biases = of_layers(side.bias, len(settings.activations))
    for name, factor in side.tensor_steps.factors:
        layer = int(name[1:])
        moves = biases[layer - 1] and side.bias_gradient is not BiasGradient.NONE
        if name[0] == "W" or moves:
            tensor = f"model[{2 * (layer - 1)}].{'weight' if name[0] == 'W' else 'bias'}"
            lines.append(f"{tensor}.register_hook(lambda gradient: {factor!r} * gradient)")
    return lines


def specializer_of(side: Side, binary: bool, batches: Batches, data_samples: int) -> Specializer:
    """PyTorch's network as this side takes it; a cross-entropy is that of each output for itself if it is `binary`."""
    rate, in_gradient = decay_rates(side, batches.size)
    known = SimpleNamespace(
        side=side,
        binary=binary,
        fused=is_fused(side),
        batch_size=batch_size(side, batches.size),
        updates_per_epoch=batches.count,
        data_samples=data_samples,
        decay_rate=rate,
        decay_in_gradient=in_gradient,
        optimizer_shrinks=shrinks_in_optimizer(side),
        logs_penalty=logs_penalty(side),
        logs_batch_penalty=logs_batch_penalty(side),
    )
    parts = (
        ("torch_losses", "TorchLosses"),
        ("torch_written_out", "TorchWrittenOut"),
        ("torch_updates", "TorchUpdates"),
        ("torch_mlp", "TorchMLP"),
    )
    return Specializer(joined(*(source_of(f"engine.networks.{module}", name) for module, name in parts)), known)


def order_of(settings: Settings) -> SampleOrder:
    """In which the program takes the samples."""
    side = settings.pytorch
    return side.order if settings.takes_batches(side) else SampleOrder.IN_ORDER
