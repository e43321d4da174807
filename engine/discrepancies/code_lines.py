"""The lines of both programs that more than one discrepancy changes: layers, errors, updates, optimizers.

They are spelled as in the exported programs; a test holds them to those.
"""

from __future__ import annotations

from engine.discrepancies.base import Lines
from engine.settings import Activation, DerivativeAt, InitialWeights, LogMoment, LossReport, Reduction, Settings
from engine.update_rules import DecayForm, MomentumForm, UpdateOrder

DERIVATIVES = {
    Activation.SIGMOID: " * ({s} * (1 - {s}))",
    Activation.TANH: " * (1 - {s} * {s})",
    Activation.RELU: " * ({s} > 0)",
    Activation.IDENTITY: "",
}
"""What an error is multiplied by, with its sign."""

FUNCTIONS = {
    Activation.SIGMOID: "sigmoid({z})",
    Activation.TANH: "np.tanh({z})",
    Activation.RELU: "relu({z})",
    Activation.IDENTITY: "{z}",
}


def every_layer(settings: Settings, more: str = "") -> str:
    """The comment on a line that stands for one layer and is the same for all."""
    parts = [part for part in (more, "every layer alike" if settings.hidden else "") if part]
    return f"  # {', '.join(parts)}" if parts else ""


def layer_input(layer: int) -> str:
    """What the layer is given."""
    return f"layer{layer - 1}" if layer > 1 else "X"


def forward(settings: Settings, layer: int) -> Lines:
    """The forward pass of one layer, by hand."""
    z = f"np.dot({layer_input(layer)}, W{layer})" + (f" + b{layer}" if settings.numpy.bias else "")
    function = FUNCTIONS[settings.activations[layer - 1]]
    if settings.numpy.derivative_at is DerivativeAt.PRE_ACTIVATION:
        return f"z{layer} = {z}", f"layer{layer} = {function.format(z=f'z{layer}')}"
    return (f"layer{layer} = {function.format(z=z)}",)


def delta(settings: Settings, layer: int) -> str:
    """The error of one layer before its activation, by hand."""
    slipped = settings.numpy.derivative_at is DerivativeAt.PRE_ACTIVATION
    s = f"z{layer}" if slipped else f"layer{layer}"
    derivative = DERIVATIVES[settings.activations[layer - 1]].format(s=s)
    if layer < len(settings.activations):
        error = f"np.dot(delta{layer + 1}, W{layer + 1}.T)"
    elif settings.numpy.reduction is Reduction.SUM:
        error = "error"
    else:
        error = "(2 / (N * C) * error)" if derivative else "2 / (N * C) * error"
    return f"delta{layer} = {error}{derivative}"


def update(settings: Settings, layer: int) -> Lines:
    """One layer's weights moved, by hand."""
    return _moved(settings, f"W{layer}", f"V{layer}", f"np.dot({layer_input(layer)}.T, delta{layer})")


def bias_update(settings: Settings, layer: int) -> Lines:
    """One layer's biases moved, by hand."""
    return _moved(settings, f"b{layer}", f"U{layer}", f"delta{layer}.sum(axis=0)")


def _moved(settings: Settings, parameter: str, velocity: str, gradient: str) -> Lines:
    decay, momentum = settings.numpy.weight_decay, settings.numpy.momentum
    shrunk: Lines = ()
    if decay.rate and decay.form is DecayForm.DECOUPLED:
        shrunk = (f"{parameter} *= 1 - learning_rate * {decay.rate!r}",)
    elif decay.rate:
        gradient = f"({gradient} + {decay.rate!r} * {parameter})"
    if momentum.coefficient == 0:
        return *shrunk, f"{parameter} += -learning_rate * {gradient}"
    share = f"(1 - {momentum.dampening!r}) * " if momentum.dampening else ""
    kept = f"{velocity} = {momentum.coefficient!r} * {velocity}"
    if momentum.form is MomentumForm.TEXTBOOK:
        return *shrunk, f"{kept} + -learning_rate * {share}{gradient}", f"{parameter} += {velocity}"
    if momentum.dampening:
        kept = kept.replace(" = ", f" = {gradient} if epoch == 0 else ")
    return *shrunk, f"{kept} + {share}{gradient}", f"{parameter} += -learning_rate * {velocity}"


def velocities(settings: Settings) -> Lines:
    """The line before the loop that momentum needs, by hand."""
    if settings.numpy.momentum.coefficient == 0:
        return ()
    kinds = "VU" if settings.numpy.bias else "V"
    names = [f"{kind}{layer}" for layer in range(1, len(settings.activations) + 1) for kind in kinds]
    return (f"{' = '.join(names)} = 0.0  # before the loop",)


REPORTS = {
    LossReport.MSE: "np.mean(np.square(error))",
    LossReport.HALF_SUM: "0.5 * np.sum(np.square(error))",
    LossReport.ERROR_TIMES_LOSS: "np.mean(error * (0.5 * np.mean(np.square(error))))",
}

TORCH_REPORTS = {
    LossReport.MSE: "nn.functional.mse_loss(prediction, Y)",
    LossReport.HALF_SUM: '(nn.functional.mse_loss(prediction, Y, reduction="sum") * 0.5)',
    LossReport.ERROR_TIMES_LOSS: "(error * (0.5 * error.square().mean())).mean()",
}


def report(settings: Settings) -> str:
    """The line that logs the loss, by hand."""
    return f"losses.append(float({REPORTS[settings.numpy.loss_report]}))"


def report_in_pytorch(settings: Settings) -> Lines:
    """The lines that log the loss in PyTorch: that of `backward()` where it is the one to log."""
    side = settings.pytorch
    own = {Reduction.MEAN: LossReport.MSE, Reduction.SUM: LossReport.HALF_SUM}[side.reduction]
    if side.loss_report is own and side.log_moment is LogMoment.BEFORE:
        return ("losses.append(loss.item())",)
    logged = f"losses.append({TORCH_REPORTS[side.loss_report]}.item())"
    if side.loss_report is LossReport.ERROR_TIMES_LOSS:
        return "error = (prediction - Y).detach()", logged
    return (logged,)


def _own_momentum(settings: Settings) -> bool:
    """Whether the update is written out, since `torch.optim.SGD` has no such momentum."""
    momentum = settings.pytorch.momentum
    return momentum.coefficient > 0 and momentum.form is MomentumForm.TEXTBOOK


def optimizer(settings: Settings) -> Lines:
    """The lines before the loop that make PyTorch's optimizer, or the velocities in its place."""
    side = settings.pytorch
    if _own_momentum(settings):
        return ("velocities = {parameter: torch.zeros_like(parameter) for parameter in model.parameters()}",)
    options = "lr=learning_rate"
    if side.momentum.coefficient:
        options += f", momentum={side.momentum.coefficient!r}"
        options += f", dampening={side.momentum.dampening!r}" if side.momentum.dampening else ""
    if side.weight_decay.rate and side.weight_decay.form is DecayForm.IN_GRADIENT:
        options += f", weight_decay={side.weight_decay.rate!r}"
    if side.update_order is UpdateOrder.TOGETHER:
        return (f"optimizer = torch.optim.SGD(model.parameters(), {options})",)
    return (f"optimizers = [torch.optim.SGD(linear.parameters(), {options}) for linear in model[0::2]]",)


def optimizer_step(settings: Settings) -> Lines:
    """The lines of the loop that move PyTorch's parameters."""
    decay, momentum = settings.pytorch.weight_decay, settings.pytorch.momentum
    in_turn = settings.pytorch.update_order is UpdateOrder.IN_TURN
    shrinks = decay.rate > 0 and decay.form is DecayForm.DECOUPLED
    loop = f"    for parameter in {'model[2 * index]' if in_turn else 'model'}.parameters():\n"
    shrunk = f"{loop}        parameter.mul_(1 - learning_rate * {decay.rate!r})" if shrinks else ""
    if not _own_momentum(settings):
        step = "optimizers[index].step()" if in_turn else "optimizer.step()"
        return (f"with torch.no_grad():\n{shrunk}", step) if shrinks else (step,)
    gradient = "parameter.grad"
    if decay.rate and not shrinks:
        gradient += f".add(parameter, alpha={decay.rate!r})"
    share = f" * (1 - {momentum.dampening!r})" if momentum.dampening else ""
    return (
        "with torch.no_grad():",
        *((shrunk,) if shrinks else ()),
        f"{loop}        gradient = {gradient}\n"
        f"        velocities[parameter].mul_({momentum.coefficient!r}).add_(gradient, alpha=-learning_rate{share})\n"
        "        parameter.add_(velocities[parameter])",
    )


def linear(settings: Settings, comment: str = "") -> str:
    """The first layer of PyTorch's model."""
    side, sizes = settings.pytorch, settings.layer_sizes
    options = "" if side.bias else ", bias=False"
    options += ", dtype=torch.float64" if side.initial_weights is InitialWeights.PYTORCH_FLOAT64 else ""
    return f"nn.Linear({sizes[0]}, {sizes[1]}{options}),{comment}"
