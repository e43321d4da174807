"""The hand-written side of an experiment as a program that runs alone with only NumPy.

Its training step is `numpy_mlp.py`'s own source; the data, the start and the loop around it are written here. Up to
three layers go by names, W1 and layer1; more stand in loops. A test holds its losses to the engine's bits.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from types import SimpleNamespace

from engine.experiment.choices import InitialWeights, Precision
from engine.experiment.per_layer import by_layer, of_layers
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side, is_fused
from engine.experiment.update_rules import ZeroGrad
from engine.networks.programs.base import Script, Writer, add_array, data_file_name, plain_name
from engine.networks.programs.fold import fold
from engine.networks.programs.layout import lines_of, plain_function
from engine.networks.programs.source import Source, joined, source_of
from engine.networks.programs.specialize import Specializer
from engine.networks.threads import matters, threads_of

NAME = "numpy_mlp.py"

NAMED_LAYERS = 3
"""So many layers are written by name."""

BY_LAYER = ("W", "b", "V", "U", "dW", "db", "z", "layer", "dlayer", "delta")
"""What the network keeps by layer."""

GRADIENTS = ("dW", "db")
"""What the network keeps beside its parameters; a program in loops makes them where it needs them."""

MAY_GO = {"z", "s", "q", "dlayer", "dW", "db", "gradient", "opened", "rate", "step_size", "total", "loss"}
MAY_GO |= {"logits", "costs", "ahead"}
"""Names of the step that a program has only where they are needed."""

MAY_BE_UNUSED = {"error"}
"""Names that a program has only where they are used."""

PYTORCH_UNIFORM = '''\
def uniform(shape, bound):
    """PyTorch's own random numbers, to the last bit: MT19937 words, 24 bits of each, rounded once."""
    words = random.randint(0, 2**32, shape, np.uint32) & 0xFFFFFF
    return np.float32(bound) * ((words - 2.0**23) / 2**23).astype(np.float32)'''

PYTORCH_UNIFORM_64 = '''\
def {name}(shape, bound):
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


NUMPYS_STARTS = {
    InitialWeights.UNIT_UNIFORM: "np.random.random({size})",
    InitialWeights.TRUNCATED_NORMAL: "truncated_normal({size}, 1 / np.sqrt({rows}))",
    InitialWeights.NORMAL: "np.random.randn({shape})",
    InitialWeights.SMALL_NORMAL: "0.01 * np.random.randn({shape})",
    InitialWeights.UNIFORM_HALF: "np.random.rand({shape}) - 0.5",
    InitialWeights.UNIFORM_ONE: "2 * np.random.rand({shape}) - 1",
    InitialWeights.HE: "np.random.randn({shape}) * np.sqrt(2 / {rows})",
    InitialWeights.GLOROT: "(2 * np.random.rand({shape}) - 1) * np.sqrt(6 / ({rows} + {columns}))",
    InitialWeights.SCALED_NORMAL: "np.random.randn({shape}) / np.sqrt({rows})",
    InitialWeights.ZEROS: "np.zeros({size})",
}
"""What draws a weight (rows, columns), or a bias, from NumPy's stream; `size` is a shape as one argument."""


CALLS = [
    NUMPYS_STARTS[start]
    for start in (
        InitialWeights.UNIT_UNIFORM,
        InitialWeights.TRUNCATED_NORMAL,
        InitialWeights.NORMAL,
        InitialWeights.ZEROS,
    )
]
"""Those that are one call."""


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
    if InitialWeights.TRUNCATED_NORMAL in _starts(settings):
        writer.add("from statistics import NormalDist")
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
    writer.add(f"dtype = {dtype}")
    if name is None:
        for label, array in (("X", data.X), ("Y", data.Y)):
            add_array(writer, f"{label} = np.array(", array.tolist(), ", dtype)")
    else:
        writer.add(f'data = np.loadtxt(Path(__file__).with_name("{name}"), delimiter=",", skiprows=1, ndmin=2)')
        writer.add(f"X = data[:, :{data.inputs}].astype(dtype)")
        writer.add(f"Y = data[:, {data.inputs}:].astype(dtype)")
    writer.add(f"learning_rate = {settings.numpy.learning_rate!r}")
    writer.add(f"epochs = {settings.epochs}\n\n")


@cache
def _source() -> Source:
    functions = source_of("engine.networks.numpy_functions")
    losses = source_of("engine.networks.numpy_losses", "NumpyLosses")
    return joined(functions, losses, source_of("engine.networks.numpy_mlp", "NumpyMLP"))


def _functions(writer: Writer, settings: Settings) -> None:
    step = "\n".join(_step_lines(settings))
    for name in sorted(_source().functions, key=lambda name: step.find(f"{name}(")):
        if re.search(rf"\b{name}\(", step):
            writer.add(f"{plain_function(_source().functions[name])}\n\n")
    starts = set(_starts(settings))
    if InitialWeights.PYTORCH in starts:
        writer.add(f"{PYTORCH_UNIFORM}\n\n")
    if InitialWeights.PYTORCH_FLOAT64 in starts:
        writer.add(f"{PYTORCH_UNIFORM_64.format(name=_uniform(InitialWeights.PYTORCH_FLOAT64, settings))}\n\n")
    if InitialWeights.TRUNCATED_NORMAL in starts:
        writer.add(f"{TRUNCATED_NORMAL}\n\n")


def _unrolled(settings: Settings) -> bool:
    return len(settings.activations) <= NAMED_LAYERS


def _starts(settings: Settings) -> tuple[InitialWeights, ...]:
    """Of each layer."""
    return of_layers(settings.numpy.initial_weights, len(settings.activations))


def _biases(settings: Settings) -> tuple[bool, ...]:
    """Which layers have one."""
    return of_layers(settings.numpy.bias, len(settings.activations))


def _uniform(start: InitialWeights, settings: Settings) -> str:
    """The function that draws PyTorch's start."""
    both = {InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64} <= set(_starts(settings))
    return "uniform_float64" if both and start is InitialWeights.PYTORCH_FLOAT64 else "uniform"


def _weights(writer: Writer, settings: Settings) -> None:
    if not _unrolled(settings):
        writer.add(f"sizes = {', '.join(map(str, settings.layer_sizes))}")
        writer.add("W, b = {}, {}" if any(_biases(settings)) else "W = {}")
    streams = {start.pytorchs_stream for start in _starts(settings)}
    if True in streams:
        _pytorch_weights(writer, settings)
    if False in streams:
        _numpy_weights(writer, settings)
    writer.add()


def _cast(start: InitialWeights, settings: Settings) -> str:
    """The conversion to the precision that weights are kept in, where they are drawn in another."""
    drawn_in_float32 = start is InitialWeights.PYTORCH
    if settings.numpy.precision is Precision.FLOAT64:
        return ".astype(np.float64)" if drawn_in_float32 else ""
    return "" if drawn_in_float32 else ".astype(np.float32)"


def _pytorch_weights(writer: Writer, settings: Settings) -> None:
    starts, biases = _starts(settings), _biases(settings)
    last = max(i for i, start in enumerate(starts, start=1) if start.pytorchs_stream)
    writer.add(f"random = np.random.RandomState({settings.seed & 0xFFFFFFFF})")
    writer.add("gain = np.sqrt(2 / (1 + np.sqrt(5) ** 2))  # kaiming_uniform_ with a = √5")

    def drawn(i: int, fan_in: str, fan_out: str, W: str, b: str) -> list[str]:
        start, bias = starts[i - 1], biases[i - 1]
        if i > last:
            return []
        if not start.pytorchs_stream:
            words = f"{fan_out} * ({fan_in} + 1)" if bias else f"{fan_out} * {fan_in}"
            return [f"random.randint(0, 2**32, {words}, np.uint32)  # what nn.Linear draws and {W}'s start replaces"]
        uniform, cast = _uniform(start, settings), _cast(start, settings)
        weight = f"{W} = {uniform}(({fan_out}, {fan_in}), np.sqrt(3) * (gain / np.sqrt({fan_in}))).T{cast}"
        return [weight, f"{b} = {uniform}(({fan_out},), 1 / np.sqrt({fan_in})){cast}"] if bias else [weight]

    _each_layer(writer, settings, drawn)


def _numpy_weights(writer: Writer, settings: Settings) -> None:
    starts, biases = _starts(settings), _biases(settings)
    writer.add(f"np.random.seed({settings.seed & 0xFFFFFFFF})")

    def drawn(i: int, text: str, **sizes: str) -> str:
        cast = _cast(starts[i - 1], settings)
        expression = text.format(**sizes)
        return f"({expression}){cast}" if cast and text not in CALLS else f"{expression}{cast}"

    def weight(i: int, fan_in: str, fan_out: str, W: str, b: str) -> list[str]:
        start = starts[i - 1]
        if start.pytorchs_stream:
            return []
        text, shape = NUMPYS_STARTS[start], f"{fan_in}, {fan_out}"
        return [f"{W} = {drawn(i, text, rows=fan_in, columns=fan_out, shape=shape, size=f'({shape})')}"]

    def bias(i: int, fan_in: str, fan_out: str, W: str, b: str) -> list[str]:
        start = starts[i - 1]
        if start.pytorchs_stream or not biases[i - 1]:
            return []
        text = NUMPYS_STARTS[InitialWeights.ZEROS if start.zero_biases else start]
        return [f"{b} = {drawn(i, text, rows=fan_in, columns=fan_out, shape=fan_out, size=fan_out)}"]

    _each_layer(writer, settings, weight)
    _each_layer(writer, settings, bias)


Drawn = Callable[[int, str, str, str, str], list[str]]
"""The lines that draw a layer, from its number, fan_in, fan_out, weight and bias as they are written."""


def _each_layer(writer: Writer, settings: Settings, drawn: Drawn) -> None:
    """The lines that draw each layer's start: by name, in a loop, or one by one where many layers are not alike."""
    sizes = settings.layer_sizes
    layers = range(1, len(sizes))
    alike = len(set(zip(_starts(settings), _biases(settings), strict=True))) == 1
    if not alike or _unrolled(settings):
        names = ("W{}", "b{}") if _unrolled(settings) else ("W[{}]", "b[{}]")
        for i in layers:
            W, b = (name.format(i) for name in names)
            lines = drawn(i, str(sizes[i - 1]), str(sizes[i]), W, b)
            if lines:
                writer.add("\n".join(lines))
        return
    lines = drawn(1, "fan_in", "fan_out", "W[i]", "b[i]")
    if lines:
        writer.add(f"for i in range(1, {len(sizes)}):")
        writer.add("fan_in, fan_out = sizes[i - 1], sizes[i]", indent=1)
        writer.add("\n".join(lines), indent=1)


def _training(writer: Writer, settings: Settings) -> None:
    side = settings.numpy
    lines = _step_lines(settings)
    if side.momentum.coefficient:
        writer.add(_zeros(settings, "VU"))
    if side.zero_grad is ZeroGrad.FORGOTTEN:
        writer.add(_zeros(settings, GRADIENTS))
    else:
        for name in GRADIENTS:
            if any(f"{name}[" in line for line in lines):
                writer.add(f"{name} = {{}}")
    counted = any(re.search(r"\bepoch\b", line) for line in lines)
    writer.add(f"losses = []\nfor epoch in range({'1, epochs + 1' if counted else 'epochs'}):")
    for line in lines:
        writer.add(line, indent=1)
    writer.add('\nprint(*losses, sep="\\n")')


def _step_lines(settings: Settings) -> tuple[str, ...]:
    """The network's own step for this experiment, and the loss logged."""
    side = settings.numpy
    return _lines_of_step(side, settings.activations, settings.is_binary(side))


@lru_cache(maxsize=256)
def _lines_of_step(side: Side, activations: tuple[Activation, ...], binary: bool) -> tuple[str, ...]:
    layers = len(activations)
    known = SimpleNamespace(
        side=side,
        activations=by_layer(activations, layers),
        binary=binary,
        fused=is_fused(side),
        bias=by_layer(side.bias, layers),
        derivative_at=by_layer(side.derivative_at, layers),
        L=layers,
    )
    specializer = Specializer(_source(), known, BY_LAYER, unrolled=layers <= NAMED_LAYERS)
    body = specializer.method("step", X="X", Y="Y", learning_rate="learning_rate", t="epoch")
    logged = ast.parse("losses.append(float(loss))").body
    may_go = MAY_GO - set(GRADIENTS) if side.zero_grad is ZeroGrad.FORGOTTEN else MAY_GO

    def goes(name: str) -> bool:
        return name.rstrip("0123456789") in may_go or name == "layer0"

    return tuple(lines_of(fold([*body, *logged], goes, MAY_BE_UNUSED.__contains__)))


def _zeros(settings: Settings, names: Sequence[str]) -> str:
    """What is kept for each weight and each bias, by these names, before the first step."""
    biases = _biases(settings)
    if _unrolled(settings):
        kept = (f"{kind}{i}" for i, bias in enumerate(biases, start=1) for kind in names[: 2 if bias else 1])
        return f"{' = '.join(kept)} = 0.0"
    kinds = list(zip(names, "Wb", strict=True))[: 2 if any(biases) else 1]
    return "\n".join(f"{kind} = dict.fromkeys({parameter}, 0.0)" for kind, parameter in kinds)
