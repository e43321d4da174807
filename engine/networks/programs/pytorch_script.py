"""PyTorch's side of an experiment as a program that runs alone with only torch.

Its optimizer and its training step are `torch_mlp.py`'s own source; the data, the model and the loop around them are
written here. A test holds its losses to the engine's bits.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from itertools import pairwise
from types import SimpleNamespace

from engine.experiment.settings import Activation, DerivativeAt, InitialWeights, Precision, Settings, Side
from engine.networks.programs.base import Script, Writer, add_array, data_file_name, plain_name
from engine.networks.programs.fold import fold
from engine.networks.programs.layout import lines_of, plain_class
from engine.networks.programs.source import source_of
from engine.networks.programs.specialize import Specializer
from engine.networks.threads import matters, threads_of

NAME = "pytorch_mlp.py"

MODULES = {
    Activation.SIGMOID: "nn.Sigmoid()",
    Activation.TANH: "nn.Tanh()",
    Activation.RELU: "nn.ReLU()",
    Activation.IDENTITY: "nn.Identity()",
}

UNIT_UNIFORM = '''\
def unit_uniform(*shape):
    """np.random.random(shape), to the last bit: 53 bits of two words of the same MT19937 stream."""
    words = torch.empty(shape, dtype=torch.int64).random_(-(2**63), None)
    high, low = (words >> 37 & 0x7FFFFFF).double(), (words >> 6 & 0x3FFFFFF).double()
    return (high * 2**26 + low) / 2**53'''

TRUNCATED_NORMAL = '''\
def truncated_normal(*shape, bound):
    """A standard normal cut off at ±bound, by inverting its distribution function."""
    normal = NormalDist()
    low, high = normal.cdf(-bound), normal.cdf(bound)
    points = low + (high - low) * unit_uniform(*shape)
    values = [normal.inv_cdf(point) for point in points.flatten().tolist()]
    return torch.tensor(values, dtype=torch.float64).reshape(shape).clamp(-bound, bound)'''

SLIPPED = {
    Activation.SIGMOID: ("_SlippedSigmoid", "SlippedSigmoid"),
    Activation.TANH: ("_SlippedTanh", "SlippedTanh"),
}
"""The classes that make the slip, the module last."""

MAY_GO = frozenset({"gradient", "rate", "logged", "velocity"})
"""Names of the step that a program has only where they are needed."""


def pytorch_script(settings: Settings) -> Script:
    """The program."""
    writer = Writer()
    sizes = "-".join(map(str, settings.layer_sizes))
    writer.add(f'"""{plain_name(settings.data)}, {sizes}: the network in PyTorch."""\n')
    _imports(writer, settings)
    _data(writer, settings)
    _functions(writer, settings)
    _model(writer, settings)
    _training(writer, settings)
    return Script(NAME, tuple(writer.lines))


def _imports(writer: Writer, settings: Settings) -> None:
    if data_file_name(settings.data):
        writer.add("import csv\nfrom pathlib import Path")
    if settings.pytorch.initial_weights is InitialWeights.TRUNCATED_NORMAL:
        writer.add("from statistics import NormalDist")
    if len(writer.lines) > 2:
        writer.add()
    writer.add("import torch\nfrom torch import nn\n")
    if matters(settings):
        writer.add(f"torch.set_num_threads({threads_of(settings)})")


def _data(writer: Writer, settings: Settings) -> None:
    data, name = settings.data, data_file_name(settings.data)
    dtype = "torch.float64" if settings.pytorch.precision is Precision.FLOAT64 else "torch.float32"
    device = "" if settings.device == "cpu" else f', device="{settings.device}"'
    writer.add(f"dtype = {dtype}")
    if name is None:
        for label, array in (("X", data.X), ("Y", data.Y)):
            add_array(writer, f"{label} = torch.tensor(", array.tolist(), f", dtype=dtype{device})")
    else:
        writer.add(f'with Path(__file__).with_name("{name}").open() as file:')
        writer.add("rows = [[float(cell) for cell in row] for row in list(csv.reader(file))[1:]]", indent=1)
        writer.add(f"X = torch.tensor([row[:{data.inputs}] for row in rows], dtype=dtype{device})")
        writer.add(f"Y = torch.tensor([row[{data.inputs}:] for row in rows], dtype=dtype{device})")
    writer.add(f"learning_rate = {settings.pytorch.learning_rate!r}")
    writer.add(f"epochs = {settings.epochs}\n")


def _functions(writer: Writer, settings: Settings) -> None:
    start = settings.pytorch.initial_weights
    if start in (InitialWeights.UNIT_UNIFORM, InitialWeights.TRUNCATED_NORMAL):
        writer.add(f"\n{UNIT_UNIFORM}\n\n")
    if start is InitialWeights.TRUNCATED_NORMAL:
        writer.add(f"{TRUNCATED_NORMAL}\n\n")
    if settings.pytorch.derivative_at is DerivativeAt.PRE_ACTIVATION:
        classes = source_of("engine.networks.torch_slip", "SlippedSigmoid").classes
        kinds = [kind for kind in dict.fromkeys(settings.activations) if kind in SLIPPED]
        writer.add("\n" if kinds else "")
        for name in (name for kind in kinds for name in SLIPPED[kind]):
            writer.add(f"{plain_class(classes[name])}\n\n")


def _model(writer: Writer, settings: Settings) -> None:
    side, sizes = settings.pytorch, settings.layer_sizes
    double_start = side.initial_weights is InitialWeights.PYTORCH_FLOAT64
    numpy_start = side.initial_weights in (InitialWeights.UNIT_UNIFORM, InitialWeights.TRUNCATED_NORMAL)
    writer.add(f"torch.manual_seed({settings.seed})")
    writer.add("model = nn.Sequential(")
    options = "" if side.bias else ", bias=False"
    options += ", dtype=torch.float64" if double_start else ""
    for (fan_in, fan_out), kind in zip(pairwise(sizes), settings.activations, strict=True):
        writer.add(f"nn.Linear({fan_in}, {fan_out}{options}),", indent=1)
        slipped = side.derivative_at is DerivativeAt.PRE_ACTIVATION and kind in SLIPPED
        module = f"{SLIPPED[kind][-1]}()" if slipped else MODULES[kind]
        writer.add(f"{module},", indent=1)
    writer.add(")")
    if side.precision is Precision.FLOAT64 and not double_start:
        writer.add("model.double()")
    elif side.precision is Precision.FLOAT32 and double_start:
        writer.add("model.float()")
    if numpy_start:
        _numpy_start(writer, settings)
    if settings.device != "cpu":
        writer.add(f'model.to("{settings.device}")')
    for line in lines_of(_specializer(side).method("prepare")):
        writer.add(line)
    writer.add()


def _numpy_start(writer: Writer, settings: Settings) -> None:
    side, sizes = settings.pytorch, settings.layer_sizes
    writer.add(f"torch.manual_seed({settings.seed})")
    writer.add("with torch.no_grad():")
    pairs = list(pairwise(sizes))
    unit = side.initial_weights is InitialWeights.UNIT_UNIFORM
    for index, (fan_in, fan_out) in enumerate(pairs):
        drawn = f"unit_uniform({fan_in}, {fan_out})"
        drawn = drawn if unit else f"truncated_normal({fan_in}, {fan_out}, bound={fan_in}**-0.5)"
        writer.add(f"model[{2 * index}].weight.copy_({drawn}.T)", indent=1)
    for index, (fan_in, fan_out) in enumerate(pairs if side.bias else []):
        drawn = f"unit_uniform({fan_out})" if unit else f"truncated_normal({fan_out}, bound={fan_in}**-0.5)"
        writer.add(f"model[{2 * index}].bias.copy_({drawn})", indent=1)


def _specializer(side: Side) -> Specializer:
    return Specializer(source_of("engine.networks.torch_mlp", "TorchMLP"), SimpleNamespace(side=side))


@lru_cache(maxsize=256)
def _step_lines(side: Side) -> tuple[str, ...]:
    """The network's own step for this experiment, and the loss logged."""
    body = _specializer(side).method("step", "logged", X="X", Y="Y")
    logged = ast.parse("losses.append(logged.item())").body
    return tuple(lines_of(fold([*body, *logged], MAY_GO.__contains__)))


def _training(writer: Writer, settings: Settings) -> None:
    writer.add("losses = []\nfor epoch in range(epochs):")
    for line in _step_lines(settings.pytorch):
        writer.add(line, indent=1)
    writer.add('\nprint(*losses, sep="\\n")')
