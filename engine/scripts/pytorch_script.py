"""PyTorch's side of an experiment as a program that runs alone with only torch.

A test holds its losses to the engine's bits.
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

SLIPPED = """\
class _{name}(torch.autograd.Function):
    @staticmethod
    def forward(context, z):
        context.save_for_backward(z)
        return torch.{function}(z)

    @staticmethod
    def backward(context, gradient):
        (z,) = context.saved_tensors
        return gradient * ({derivative})


class {name}(nn.Module):
    def forward(self, z):
        return _{name}.apply(z)"""

SLIPPED_MODULES = {
    Activation.SIGMOID: {"name": "SlippedSigmoid", "function": "sigmoid", "derivative": "z * (1 - z)"},
    Activation.TANH: {"name": "SlippedTanh", "function": "tanh", "derivative": "1 - z * z"},
}


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
        writer.add("from statistics import NormalDist", "initial_weights")
    if len(writer.lines) > 2:
        writer.add()
    writer.add("import torch\nfrom torch import nn\n")
    if matters(settings):
        writer.add(f"torch.set_num_threads({threads_of(settings)})")


def _data(writer: Writer, settings: Settings) -> None:
    data, name = settings.data, data_file_name(settings.data)
    dtype = "torch.float64" if settings.pytorch.precision is Precision.FLOAT64 else "torch.float32"
    device = "" if settings.device == "cpu" else f', device="{settings.device}"'
    if name is None:
        for label, array in (("X", data.X), ("Y", data.Y)):
            add_array(writer, f"{label} = torch.tensor(", array.tolist(), f", dtype={dtype}{device})", "precision")
    else:
        writer.add(f'with Path(__file__).with_name("{name}").open() as file:')
        writer.add("rows = [[float(cell) for cell in row] for row in list(csv.reader(file))[1:]]", indent=1)
        writer.add(f"X = torch.tensor([row[:{data.inputs}] for row in rows], dtype={dtype}{device})", "precision")
        writer.add(f"Y = torch.tensor([row[{data.inputs}:] for row in rows], dtype={dtype}{device})", "precision")
    writer.add(f"learning_rate = {settings.pytorch.learning_rate!r}", "learning_rate")
    writer.add(f"epochs = {settings.epochs}\n")


def _functions(writer: Writer, settings: Settings) -> None:
    start = settings.pytorch.initial_weights
    if start in (InitialWeights.UNIT_UNIFORM, InitialWeights.TRUNCATED_NORMAL):
        writer.add(f"\n{UNIT_UNIFORM}\n\n", "initial_weights")
    if start is InitialWeights.TRUNCATED_NORMAL:
        writer.add(f"{TRUNCATED_NORMAL}\n\n", "initial_weights")
    if settings.pytorch.derivative_at is DerivativeAt.PRE_ACTIVATION:
        for kind in dict.fromkeys(settings.activations):
            if kind in SLIPPED_MODULES:
                writer.add(f"\n{SLIPPED.format(**SLIPPED_MODULES[kind])}\n\n", "derivative_at")


def _model(writer: Writer, settings: Settings) -> None:
    side, sizes = settings.pytorch, settings.layer_sizes
    double_start = side.initial_weights is InitialWeights.PYTORCH_FLOAT64
    numpy_start = side.initial_weights in (InitialWeights.UNIT_UNIFORM, InitialWeights.TRUNCATED_NORMAL)
    writer.add(f"torch.manual_seed({settings.seed})")
    writer.add("model = nn.Sequential(")
    options = "" if side.bias else ", bias=False"
    options += ", dtype=torch.float64" if double_start else ""
    for (fan_in, fan_out), kind in zip(pairwise(sizes), settings.activations, strict=True):
        field = "initial_weights" if double_start else "bias"
        writer.add(f"nn.Linear({fan_in}, {fan_out}{options}),", field, indent=1)
        slipped = side.derivative_at is DerivativeAt.PRE_ACTIVATION and kind in SLIPPED_MODULES
        module = f"{SLIPPED_MODULES[kind]['name']}()" if slipped else MODULES[kind]
        writer.add(f"{module},", *(("derivative_at",) if kind in SLIPPED_MODULES else ()), indent=1)
    writer.add(")")
    if side.precision is Precision.FLOAT64 and not double_start:
        writer.add("model.double()", "precision")
    elif side.precision is Precision.FLOAT32 and double_start:
        writer.add("model.float()", "precision")
    if numpy_start:
        _numpy_start(writer, settings)
    if settings.device != "cpu":
        writer.add(f'model.to("{settings.device}")')
    objective = {Reduction.MEAN: "nn.MSELoss()", Reduction.SUM: 'nn.MSELoss(reduction="sum")'}
    writer.add(f"criterion = {objective[side.reduction]}", "reduction")
    _optimizer(writer, settings)
    writer.add()


def _numpy_start(writer: Writer, settings: Settings) -> None:
    side, sizes = settings.pytorch, settings.layer_sizes
    writer.add(f"torch.manual_seed({settings.seed})", "initial_weights")
    writer.add("with torch.no_grad():", "initial_weights")
    pairs = list(pairwise(sizes))
    unit = side.initial_weights is InitialWeights.UNIT_UNIFORM
    for index, (fan_in, fan_out) in enumerate(pairs):
        drawn = f"unit_uniform({fan_in}, {fan_out})"
        drawn = drawn if unit else f"truncated_normal({fan_in}, {fan_out}, bound={fan_in}**-0.5)"
        writer.add(f"model[{2 * index}].weight.copy_({drawn}.T)", "initial_weights", indent=1)
    for index, (fan_in, fan_out) in enumerate(pairs if side.bias else []):
        drawn = f"unit_uniform({fan_out})" if unit else f"truncated_normal({fan_out}, bound={fan_in}**-0.5)"
        writer.add(f"model[{2 * index}].bias.copy_({drawn})", "bias", indent=1)


def _own_momentum(settings: Settings) -> bool:
    """Whether the update is written out, since `torch.optim.SGD` has no such momentum."""
    momentum = settings.pytorch.momentum
    return momentum.coefficient > 0 and momentum.form is MomentumForm.TEXTBOOK


def _optimizer(writer: Writer, settings: Settings) -> None:
    side = settings.pytorch
    if _own_momentum(settings):
        writer.add(
            "velocities = {parameter: torch.zeros_like(parameter) for parameter in model.parameters()}", "momentum"
        )
        return
    options = "lr=learning_rate"
    if side.momentum.coefficient:
        options += f", momentum={side.momentum.coefficient!r}"
        options += f", dampening={side.momentum.dampening!r}" if side.momentum.dampening else ""
    if side.weight_decay.rate and side.weight_decay.form is DecayForm.IN_GRADIENT:
        options += f", weight_decay={side.weight_decay.rate!r}"
    fields = ("momentum", "weight_decay")
    if side.update_order is UpdateOrder.TOGETHER:
        writer.add(f"optimizer = torch.optim.SGD(model.parameters(), {options})", *fields)
    else:
        made = f"torch.optim.SGD(linear.parameters(), {options})"
        writer.add(f"optimizers = [{made} for linear in model[0::2]]", *fields, "update_order")


def _training(writer: Writer, settings: Settings) -> None:
    side = settings.pytorch
    half = " * 0.5" if side.reduction is Reduction.SUM else ""
    writer.add("losses = []\nfor epoch in range(epochs):")
    writer.add("model.zero_grad()", indent=1)
    if side.update_order is UpdateOrder.TOGETHER:
        writer.add("prediction = model(X)", indent=1)
        writer.add(f"loss = criterion(prediction, Y){half}", "reduction", indent=1)
        writer.add("loss.backward()", indent=1)
        _update(writer, settings, "model", "optimizer", indent=1)
    else:
        _in_turn(writer, settings, half)
    _report(writer, settings)
    writer.add('\nprint(*losses, sep="\\n")')


def _in_turn(writer: Writer, settings: Settings, half: str) -> None:
    count = len(settings.activations)
    writer.add("# each layer is updated before the error passes down through it", "update_order", indent=1)
    writer.add(
        "pre_activations, outputs = [], [X]\n"
        "for linear, activation in zip(model[0::2], model[1::2]):\n"
        "    pre_activations.append(linear(outputs[-1].detach()))\n"
        "    outputs.append(activation(pre_activations[-1]))\n"
        "prediction = outputs[-1].detach().requires_grad_()",
        "update_order",
        indent=1,
    )
    writer.add(f"loss = criterion(prediction, Y){half}", "reduction", indent=1)
    writer.add(
        "(error,) = torch.autograd.grad(loss, prediction)\n"
        f"for index in reversed(range({count})):\n"
        "    (delta,) = torch.autograd.grad(outputs[index + 1], pre_activations[index], error)\n"
        "    pre_activations[index].backward(delta)",
        "update_order",
        indent=1,
    )
    _update(writer, settings, "model[2 * index]", "optimizers[index]", indent=2)
    writer.add("error = delta @ model[2 * index].weight.detach()", "update_order", indent=2)


def _update(writer: Writer, settings: Settings, module: str, optimizer: str, indent: int) -> None:
    side = settings.pytorch
    decay, momentum = side.weight_decay, side.momentum
    shrinks = decay.rate > 0 and decay.form is DecayForm.DECOUPLED
    own = _own_momentum(settings)
    if shrinks or own:
        writer.add("with torch.no_grad():", "weight_decay" if shrinks else "momentum", indent=indent)
    if shrinks:
        writer.add(f"for parameter in {module}.parameters():", "weight_decay", indent=indent + 1)
        writer.add(f"parameter.mul_(1 - learning_rate * {decay.rate!r})", "weight_decay", indent=indent + 2)
    if not own:
        writer.add(f"{optimizer}.step()", indent=indent)
        return
    gradient = "parameter.grad"
    if decay.rate and not shrinks:
        gradient += f".add(parameter, alpha={decay.rate!r})"
    share = f" * (1 - {momentum.dampening!r})" if momentum.dampening else ""
    writer.add(f"for parameter in {module}.parameters():", "momentum", indent=indent + 1)
    writer.add(
        f"gradient = {gradient}\n"
        f"velocities[parameter].mul_({momentum.coefficient!r}).add_(gradient, alpha=-learning_rate{share})\n"
        "parameter.add_(velocities[parameter])",
        "momentum",
        "weight_decay",
        indent=indent + 2,
    )


def _report(writer: Writer, settings: Settings) -> None:
    side = settings.pytorch
    after = side.log_moment is LogMoment.AFTER
    fields = ("loss_report", "log_moment")
    own = {Reduction.MEAN: LossReport.MSE, Reduction.SUM: LossReport.HALF_SUM}[side.reduction]
    if after:
        writer.add("prediction = model(X)", *fields, indent=1)
    if side.loss_report is LossReport.ERROR_TIMES_LOSS:
        writer.add("error = (prediction - Y).detach()", *fields, indent=1)
    if side.loss_report is own and not after:
        writer.add("losses.append(loss.item())", *fields, indent=1)
        return
    report = {
        LossReport.MSE: "nn.functional.mse_loss(prediction, Y)",
        LossReport.HALF_SUM: '(nn.functional.mse_loss(prediction, Y, reduction="sum") * 0.5)',
        LossReport.ERROR_TIMES_LOSS: "(error * (0.5 * error.square().mean())).mean()",
    }[side.loss_report]
    writer.add(f"losses.append({report}.item())", *fields, indent=1)
