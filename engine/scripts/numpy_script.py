"""The hand-written side of an experiment as a program that runs alone with only NumPy.

It is what a person would write: every layer by name, no classes. A test holds its losses to the engine's bits.
"""

from __future__ import annotations

from itertools import pairwise

from engine.scripts.base import Script, Writer, add_array, data_file_name, plain_name
from engine.settings import (
    Activation,
    DerivativeAt,
    InitialWeights,
    LogMoment,
    LossReport,
    Precision,
    Reduction,
    Settings,
)
from engine.threads import matters, threads_of
from engine.update_rules import DecayForm, MomentumForm, UpdateOrder

NAME = "numpy_mlp.py"

FUNCTIONS = {
    Activation.SIGMOID: "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))",
    Activation.TANH: "",
    Activation.RELU: "def relu(z):\n    return np.maximum(z, 0)",
    Activation.IDENTITY: "",
}

PYTORCH_UNIFORM = '''\
def uniform(shape, bound):
    """PyTorch's own random numbers, to the last bit: MT19937 words, 24 bits of each, rounded once."""
    words = random.randint(0, 2**32, shape, np.uint32) & 0xFFFFFF
    return np.float32(bound) * ((words - 2.0**23) / 2**23).astype(np.float32)'''

PYTORCH_UNIFORM_64 = '''\
def uniform(shape, bound):
    """PyTorch's own float64 random numbers, to the last bit: 53 bits of two MT19937 words, rounded once."""
    high, low = np.moveaxis(random.randint(0, 2**32, (*shape, 2), np.uint32).astype(np.int64), -1, 0)
    return bound * ((((high & 0x1FFFFF) << 32 | low) - 2**52) / 2.0**52)'''

TRUNCATED_NORMAL = '''\
def truncated_normal(shape, bound):
    """A standard normal cut off at ±bound, by inverting its distribution function."""
    normal = NormalDist()
    low, high = normal.cdf(-bound), normal.cdf(bound)
    points = low + (high - low) * np.random.random(shape)
    return np.clip(np.vectorize(normal.inv_cdf)(points), -bound, bound)'''


def numpy_script(settings: Settings) -> Script:
    """The program."""
    writer = Writer()
    sizes = "-".join(map(str, settings.layer_sizes))
    writer.add(f'"""{plain_name(settings.data)}, {sizes}: the network by hand, in NumPy alone."""\n')
    _imports(writer, settings)
    _data(writer, settings)
    _functions(writer, settings)
    _weights(writer, settings)
    _training(writer, settings)
    return Script(NAME, tuple(writer.lines))


def _imports(writer: Writer, settings: Settings) -> None:
    if matters(settings):
        writer.add("import os")
    if data_file_name(settings.data):
        writer.add("from pathlib import Path")
    if settings.numpy.initial_weights is InitialWeights.TRUNCATED_NORMAL:
        writer.add("from statistics import NormalDist", "initial_weights")
    if len(writer.lines) > 2:
        writer.add()
    if matters(settings):
        writer.add("# Another number of threads sums in another order; it is read when NumPy is imported.")
        writer.add('for library in ("OPENBLAS", "MKL", "OMP"):')
        writer.add(f'os.environ[f"{{library}}_NUM_THREADS"] = "{threads_of(settings)}"\n', indent=1)
    writer.add("import numpy as np\n")


def _data(writer: Writer, settings: Settings) -> None:
    data, name = settings.data, data_file_name(settings.data)
    dtype = "np.float32" if settings.numpy.precision is Precision.FLOAT32 else "np.float64"
    if name is None:
        for label, array in (("X", data.X), ("Y", data.Y)):
            add_array(writer, f"{label} = np.array(", array.tolist(), f", {dtype})", "precision")
    else:
        writer.add(f'data = np.loadtxt(Path(__file__).with_name("{name}"), delimiter=",", skiprows=1, ndmin=2)')
        writer.add(f"X = data[:, :{data.inputs}].astype({dtype})", "precision")
        writer.add(f"Y = data[:, {data.inputs}:].astype({dtype})", "precision")
    if settings.numpy.reduction is Reduction.MEAN:
        writer.add("N, C = Y.shape", "reduction")
    writer.add(f"learning_rate = {settings.numpy.learning_rate!r}", "learning_rate")
    writer.add(f"epochs = {settings.epochs}\n\n")


def _functions(writer: Writer, settings: Settings) -> None:
    for kind in dict.fromkeys(settings.activations):
        if FUNCTIONS[kind]:
            writer.add(f"{FUNCTIONS[kind]}\n\n")
    start = {
        InitialWeights.PYTORCH: PYTORCH_UNIFORM,
        InitialWeights.PYTORCH_FLOAT64: PYTORCH_UNIFORM_64,
        InitialWeights.TRUNCATED_NORMAL: TRUNCATED_NORMAL,
    }.get(settings.numpy.initial_weights)
    if start:
        writer.add(start, "initial_weights")
        writer.add("\n")


def _weights(writer: Writer, settings: Settings) -> None:
    if settings.numpy.initial_weights in (InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64):
        _pytorch_weights(writer, settings)
    else:
        _numpy_weights(writer, settings)
    writer.add()


def _cast(settings: Settings) -> str:
    """What brings the drawn numbers into the side's precision, if they are not."""
    drawn_in_float32 = settings.numpy.initial_weights is InitialWeights.PYTORCH
    if settings.numpy.precision is Precision.FLOAT64:
        return ".astype(np.float64)" if drawn_in_float32 else ""
    return "" if drawn_in_float32 else ".astype(np.float32)"


def _pytorch_weights(writer: Writer, settings: Settings) -> None:
    cast = _cast(settings)
    writer.add(f"random = np.random.RandomState({settings.seed & 0xFFFFFFFF})", "initial_weights")
    writer.add("gain = np.sqrt(2 / (1 + np.sqrt(5) ** 2))  # kaiming_uniform_ with a = √5", "initial_weights")
    for layer, (fan_in, fan_out) in enumerate(pairwise(settings.layer_sizes), start=1):
        bound = f"np.sqrt(3) * (gain / np.sqrt({fan_in}))"
        writer.add(f"W{layer} = uniform(({fan_out}, {fan_in}), {bound}).T{cast}", "initial_weights")
        if settings.numpy.bias:
            writer.add(f"b{layer} = uniform(({fan_out},), 1 / np.sqrt({fan_in})){cast}", "bias")


def _numpy_weights(writer: Writer, settings: Settings) -> None:
    cast = _cast(settings)
    unit = settings.numpy.initial_weights is InitialWeights.UNIT_UNIFORM
    writer.add(f"np.random.seed({settings.seed & 0xFFFFFFFF})", "initial_weights")
    layers = list(enumerate(pairwise(settings.layer_sizes), start=1))
    for layer, (fan_in, fan_out) in layers:
        shape = f"({fan_in}, {fan_out})"
        drawn = f"np.random.random({shape})" if unit else f"truncated_normal({shape}, 1 / np.sqrt({fan_in}))"
        writer.add(f"W{layer} = {drawn}{cast}", "initial_weights")
    for layer, (fan_in, fan_out) in layers if settings.numpy.bias else []:
        drawn = f"np.random.random({fan_out})" if unit else f"truncated_normal({fan_out}, 1 / np.sqrt({fan_in}))"
        writer.add(f"b{layer} = {drawn}{cast}", "bias")


def _activated(kind: Activation, z: str) -> str:
    return {Activation.SIGMOID: f"sigmoid({z})", Activation.TANH: f"np.tanh({z})", Activation.RELU: f"relu({z})"}.get(
        kind, z
    )


def _derivative(kind: Activation, s: str) -> str:
    """What the error is multiplied by, with its sign, or nothing for the identity."""
    return {
        Activation.SIGMOID: f" * ({s} * (1 - {s}))",
        Activation.TANH: f" * (1 - {s} * {s})",
        Activation.RELU: f" * ({s} > 0)",
    }.get(kind, "")


def _training(writer: Writer, settings: Settings) -> None:
    side, count = settings.numpy, len(settings.activations)
    if side.momentum.coefficient:
        kinds = "VU" if side.bias else "V"
        names = [f"{kind}{index}" for index in range(1, count + 1) for kind in kinds]
        writer.add(f"{' = '.join(names)} = 0.0", "momentum")
    writer.add("losses = []\nfor epoch in range(epochs):")
    writer.add("# forward", indent=1)
    _forward(writer, settings, indent=1)
    _backward(writer, settings)
    if side.update_order is UpdateOrder.TOGETHER:
        writer.add("# update", indent=1)
        for index in range(1, count + 1):
            _update(writer, settings, index)
    if side.log_moment is LogMoment.AFTER:
        writer.add("# forward again, with the new weights", "log_moment", indent=1)
        _forward(writer, settings, indent=1)
        writer.add(f"error = layer{count} - Y", "log_moment", indent=1)
    report = {
        LossReport.MSE: "np.mean(np.square(error))",
        LossReport.HALF_SUM: "0.5 * np.sum(np.square(error))",
        LossReport.ERROR_TIMES_LOSS: "np.mean(error * (0.5 * np.mean(np.square(error))))",
    }[side.loss_report]
    writer.add(f"losses.append(float({report}))", "loss_report", "log_moment", indent=1)
    writer.add('\nprint(*losses, sep="\\n")')


def _layer_input(index: int) -> str:
    return f"layer{index - 1}" if index > 1 else "X"


def _forward(writer: Writer, settings: Settings, indent: int) -> None:
    side = settings.numpy
    fields = ("bias",) if side.bias else ()
    for index, kind in enumerate(settings.activations, start=1):
        z = f"np.dot({_layer_input(index)}, W{index})" + (f" + b{index}" if side.bias else "")
        if side.derivative_at is DerivativeAt.PRE_ACTIVATION:
            writer.add(f"z{index} = {z}", *fields, "derivative_at", indent=indent)
            z = f"z{index}"
        writer.add(f"layer{index} = {_activated(kind, z)}", *fields, indent=indent)


def _backward(writer: Writer, settings: Settings) -> None:
    side, kinds = settings.numpy, settings.activations
    count = len(kinds)
    in_turn = side.update_order is UpdateOrder.IN_TURN
    writer.add("# backward, each layer updated before the next" if in_turn else "# backward", indent=1)
    writer.add(f"error = layer{count} - Y", indent=1)
    scaled = "2 / (N * C) * error" if side.reduction is Reduction.MEAN else "error"
    for index in reversed(range(1, count + 1)):
        last = index == count
        error = scaled if last else f"np.dot(delta{index + 1}, W{index + 1}.T)"
        slipped = side.derivative_at is DerivativeAt.PRE_ACTIVATION
        derivative = _derivative(kinds[index - 1], f"z{index}" if slipped else f"layer{index}")
        error = f"({error})" if last and derivative and scaled != "error" else error
        fields = ("reduction",) if last else ("update_order",)
        writer.add(f"delta{index} = {error}{derivative}", *fields, "derivative_at", indent=1)
        if in_turn:
            _update(writer, settings, index)


def _update(writer: Writer, settings: Settings, index: int) -> None:
    """One layer's update."""
    _descend(writer, settings, f"W{index}", f"V{index}", f"np.dot({_layer_input(index)}.T, delta{index})")
    if settings.numpy.bias:
        _descend(writer, settings, f"b{index}", f"U{index}", f"delta{index}.sum(axis=0)", "bias")


def _descend(
    writer: Writer, settings: Settings, parameter: str, velocity: str, gradient: str, *own_fields: str
) -> None:
    side = settings.numpy
    decay, momentum = side.weight_decay, side.momentum
    fields = (*own_fields, "update_order", "momentum", "weight_decay")
    if decay.rate and decay.form is DecayForm.DECOUPLED:
        writer.add(f"{parameter} *= 1 - learning_rate * {decay.rate!r}", "weight_decay", indent=1)
    if decay.rate and decay.form is DecayForm.IN_GRADIENT:
        gradient = f"({gradient} + {decay.rate!r} * {parameter})"
    if momentum.coefficient == 0:
        writer.add(f"{parameter} += -learning_rate * {gradient}", *fields, indent=1)
        return
    share = f"(1 - {momentum.dampening!r}) * " if momentum.dampening else ""
    if momentum.form is MomentumForm.TEXTBOOK:
        step = f"-learning_rate * {share}{gradient}"
        writer.add(f"{velocity} = {momentum.coefficient!r} * {velocity} + {step}", *fields, indent=1)
        writer.add(f"{parameter} += {velocity}", *fields, indent=1)
        return
    gathered = f"{momentum.coefficient!r} * {velocity} + {share}{gradient}"
    first = f"{gradient} if epoch == 0 else " if momentum.dampening else ""
    writer.add(f"{velocity} = {first}{gathered}", *fields, indent=1)
    writer.add(f"{parameter} += -learning_rate * {velocity}", *fields, indent=1)
