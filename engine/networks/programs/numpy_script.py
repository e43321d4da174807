"""The hand-written side of an experiment as a program that runs alone with only NumPy.

Its training step is `numpy_mlp.py`'s own source; the data, the start and the loop around it are written here. Up to
three layers go by names, W1 and layer1; more stand in loops. A test holds its losses to the engine's bits.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import SimpleNamespace

from engine.experiment.batch_rules import Batches, EpochLoss, LastBatch, SampleOrder
from engine.experiment.choices import InitialWeights, Precision, SideName
from engine.experiment.gradient_factors import batch_size
from engine.experiment.optimizers import OptimizerKind
from engine.experiment.per_layer import by_layer
from engine.experiment.schedules import ScheduleKind
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side, decaying_layers, is_fused, logs_batch_penalty, logs_penalty
from engine.experiment.update_rules import ZeroGrad
from engine.networks.programs.base import (
    ARCHIVE,
    Script,
    Writer,
    add_array,
    add_scaling,
    data_file_name,
    is_standardised,
    plain_name,
)
from engine.networks.programs.epochs import Epochs, Log, RateText, batch_by_places, log_statement, size_lines
from engine.networks.programs.fold import fold
from engine.networks.programs.given_start import has_given_orders, reads_given_file
from engine.networks.programs.layout import lines_of, plain_function
from engine.networks.programs.numpy_start import (
    NAMED_LAYERS,
    add_functions,
    add_weights,
    biases_of,
    is_unrolled,
    starts_of,
)
from engine.networks.programs.source import Source, joined, source_of
from engine.networks.programs.specialize import Specializer
from engine.networks.threads import matters, threads_of

NAME = "numpy_mlp.py"

BY_LAYER = ("W", "b", "V", "U", "S", "R", "dW", "db", "z", "layer", "dlayer", "delta")
"""What the network keeps by layer."""

GRADIENTS = ("dW", "db")
"""What the network keeps beside its parameters; a program in loops makes them where it needs them."""

MAY_GO = {"z", "s", "q", "dlayer", "dW", "db", "gradient", "opened", "rate", "step_size", "total", "loss"}
MAY_GO |= {"logits", "costs", "ahead", "first", "second", "penalty", "reported"}
"""Names of the step that a program has only where they are needed."""

MAY_BE_UNUSED = {"error"}
"""Names that a program has only where they are used."""


def numpy_script(settings: Settings) -> Script:
    """The program."""
    writer = Writer()
    sizes = "-".join(map(str, settings.layer_sizes))
    writer.add(f'"""{plain_name(settings.data)}, {sizes}: the network by hand, in NumPy alone."""\n')
    _imports(writer, settings)
    _data(writer, settings)
    _functions(writer, settings)
    add_weights(writer, settings)
    _training(writer, settings)
    return Script(NAME, tuple(writer.lines))


def _imports(writer: Writer, settings: Settings) -> None:
    if matters(settings, SideName.NUMPY):
        writer.add("import os")
    if settings.numpy.schedule.kind is ScheduleKind.COSINE or is_standardised(settings.numpy):
        writer.add("import math")
    if has_given_orders(settings, SideName.NUMPY):
        writer.add("from itertools import cycle")
    if data_file_name(settings.data) or reads_given_file(settings, SideName.NUMPY):
        writer.add("from pathlib import Path")
    if InitialWeights.TRUNCATED_NORMAL in starts_of(settings):
        writer.add("from statistics import NormalDist")
    if len(writer.lines) > 2:
        writer.add()
    if matters(settings, SideName.NUMPY):
        writer.add("# Another number of threads sums in another order; it is read when NumPy is imported.")
        writer.add('for library in ("OPENBLAS", "MKL", "OMP"):')
        writer.add(f'os.environ[f"{{library}}_NUM_THREADS"] = "{threads_of(settings)}"\n', indent=1)
    writer.add("import numpy as np\n")


def _data(writer: Writer, settings: Settings) -> None:
    data, name = settings.data, data_file_name(settings.data)
    dtype = "np.float32" if settings.numpy.precision is Precision.FLOAT32 else "np.float64"
    writer.add(f"dtype = {dtype}")
    if name is None:
        for label, array in (("X", data.X), ("Y", data.Y)):
            add_array(writer, f"{label} = np.array(", array.tolist(), ", dtype)")
    elif name == ARCHIVE:
        writer.add(f'data = np.load(Path(__file__).with_name("{name}"))')
        for label in ("X", "Y"):
            writer.add(f'{label} = data["{label}"].astype(dtype)')
    else:
        writer.add(f'data = np.loadtxt(Path(__file__).with_name("{name}"), delimiter=",", skiprows=1, ndmin=2)')
        writer.add(f"X = data[:, :{data.inputs}].astype(dtype)")
        writer.add(f"Y = data[:, {data.inputs}:].astype(dtype)")
    add_scaling(writer, settings, SideName.NUMPY)
    writer.add(f"learning_rate = {settings.numpy.learning_rate!r}")
    for line in size_lines(Epochs.of(settings, settings.numpy), settings.numpy.last_batch is LastBatch.DROP):
        writer.add(line)
    writer.add(f"epochs = {settings.epochs}\n\n")


@cache
def _source() -> Source:
    functions = source_of("engine.networks.numpy_functions")
    losses = source_of("engine.networks.numpy_losses", "NumpyLosses")
    updates = source_of("engine.networks.numpy_updates", "NumpyUpdates")
    return joined(functions, losses, updates, source_of("engine.networks.numpy_mlp", "NumpyMLP"))


def _functions(writer: Writer, settings: Settings) -> None:
    step = "\n".join((*_step_lines(settings), *_evaluation_lines(settings)))
    for name in sorted(_source().functions, key=lambda name: step.find(f"{name}(")):
        if re.search(rf"\b{name}\(", step):
            writer.add(f"{plain_function(_source().functions[name])}\n\n")
    add_functions(writer, settings)


def _training(writer: Writer, settings: Settings) -> None:
    side = settings.numpy
    lines = _step_lines(settings)
    # Names of moments that each step makes anew need not be there before it; mappings of layers must.
    begun = not (side.moments.forgotten and is_unrolled(settings))
    if begun and (side.sgd_momentum.coefficient or side.optimizer.kind is OptimizerKind.ADAM):
        writer.add(_begun(settings, "VU"))
    if begun and not side.optimizer.is_sgd:
        writer.add(_begun(settings, "SR", side.optimizer.start))
    if side.zero_grad is ZeroGrad.FORGOTTEN:
        writer.add(_begun(settings, GRADIENTS))
    else:
        for name in GRADIENTS:
            if any(f"{name}[" in line for line in lines):
                writer.add(f"{name} = {{}}")
    epochs = Epochs.of(settings, side)
    counted = any(re.search(rf"^[^#]*\b{epochs.update}\b", line) for line in lines)
    batch = batch_by_places(epochs, ORDERS[side.order] if settings.takes_batches(side) else None)
    rate = RateText.of(settings, side)
    for line in epochs.lines(lines, batch, _evaluation_lines(settings), counted, rate):
        writer.add(line)
    writer.add('\nprint(*losses, sep="\\n")')


ORDERS = {
    SampleOrder.IN_ORDER: None,
    SampleOrder.DATALOADER: "loader_order(len(X))",
    SampleOrder.PERMUTATION: "np.random.permutation(len(X))",
    SampleOrder.GIVEN: "next(orders)",
}


def _known(settings: Settings) -> _Known:
    side = settings.numpy
    return _Known(side, settings.activations, settings.is_binary(side), settings.batches(side), settings.data.samples)


def _step_lines(settings: Settings) -> tuple[str, ...]:
    """The network's own step for this experiment, and what becomes of its loss."""
    epochs = Epochs.of(settings, settings.numpy)
    names = (*epochs.samples, RateText.of(settings, settings.numpy).name, epochs.update)
    return _lines_of_step(_known(settings), names, log_statement(epochs.log, "float(loss)"))


def _evaluation_lines(settings: Settings) -> tuple[str, ...]:
    """The loss of the whole set, where that is logged."""
    return _lines_of_evaluation(_known(settings)) if settings.numpy.epoch_loss is EpochLoss.WHOLE else ()


@dataclass(frozen=True)
class _Known:
    """What decides the network's source."""

    side: Side
    activations: tuple[Activation, ...]
    binary: bool
    batches: Batches
    data_samples: int

    def specializer(self) -> Specializer:
        """Of that network."""
        side, layers = self.side, len(self.activations)
        decays_weight, decays_bias = decaying_layers(side, layers)
        known = SimpleNamespace(
            side=side,
            samples=self.batches.size,
            updates_per_epoch=self.batches.count,
            data_samples=self.data_samples,
            batch_size=batch_size(side, self.batches.size),
            activations=by_layer(self.activations, layers),
            binary=self.binary,
            fused=is_fused(side),
            logs_penalty=logs_penalty(side),
            logs_batch_penalty=logs_batch_penalty(side),
            bias=by_layer(side.bias, layers),
            decays_weight=decays_weight,
            decays_bias=decays_bias,
            derivative_at=by_layer(side.derivative_at, layers),
            weight_factor=side.tensor_steps.of("W", layers),
            bias_factor=side.tensor_steps.of("b", layers),
            L=layers,
        )
        return Specializer(_source(), known, BY_LAYER, unrolled=layers <= NAMED_LAYERS)

    def folded(self, body: list[ast.stmt]) -> tuple[str, ...]:
        """The lines of statements, without names that nobody needs."""
        may_go = MAY_GO - set(GRADIENTS) if self.side.zero_grad is ZeroGrad.FORGOTTEN else MAY_GO

        def goes(name: str) -> bool:
            return name.rstrip("0123456789") in may_go or name == "layer0"

        return tuple(lines_of(fold(body, goes, MAY_BE_UNUSED.__contains__)))


@lru_cache(maxsize=256)
def _lines_of_step(known: _Known, names: tuple[str, str, str, str], logged: str) -> tuple[str, ...]:
    X, Y, learning_rate, update = names
    body = known.specializer().method("step", X=X, Y=Y, learning_rate=learning_rate, t=update)
    return known.folded([*body, *ast.parse(logged).body])


@lru_cache(maxsize=256)
def _lines_of_evaluation(known: _Known) -> tuple[str, ...]:
    body = known.specializer().method("evaluate", "loss", X="X", Y="Y")
    return known.folded([*body, *ast.parse(log_statement(Log.APPEND, "float(loss)")).body])


def _begun(settings: Settings, names: Sequence[str], value: float = 0.0) -> str:
    """What is kept for each weight and each bias, by these names, before the first step."""
    biases = biases_of(settings)
    if is_unrolled(settings):
        kept = (f"{kind}{i}" for i, bias in enumerate(biases, start=1) for kind in names[: 2 if bias else 1])
        return f"{' = '.join(kept)} = {value!r}"
    kinds = list(zip(names, "Wb", strict=True))[: 2 if any(biases) else 1]
    return "\n".join(f"{kind} = dict.fromkeys({parameter}, {value!r})" for kind, parameter in kinds)
