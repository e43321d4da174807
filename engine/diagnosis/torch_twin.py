"""PyTorch's network with the slips of hand-written code in it: what `torch_mlp.py` has no form for.

Activations with another derivative are modules of their own; what is done to δ, to what is sent down and to biases is
done by hooks on PyTorch's own modules. Importing this module imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from engine.diagnosis.torch_rules import moved
from engine.experiment.choices import (
    BiasGradient,
    DerivativeAt,
    RateIn,
    SentDown,
    SoftmaxForm,
)
from engine.experiment.optimizers import BiasCorrection, EpsilonAt, OptimizerKind
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import Activation
from engine.experiment.side import Side, gradient_factor, is_fused
from engine.experiment.update_rules import Decayed, Moments
from engine.networks.places import Kind, Place
from engine.networks.torch_mlp import TorchMLP
from engine.networks.torch_start import ACTIVATIONS


class _Derivative(torch.autograd.Function):
    """An activation whose gradient is made by its formula in terms of the output, given another number."""

    @staticmethod
    def forward(ctx: Any, z: torch.Tensor, kind: Activation, slip: DerivativeAt, over_samples: bool) -> torch.Tensor:
        """Of (N, fan_out)."""
        s = _activated(z, kind, over_samples)
        given = {DerivativeAt.PRE_ACTIVATION: z, DerivativeAt.OUTPUT_AGAIN: _activated(s, kind, over_samples)}
        ctx.save_for_backward(given.get(slip, s))
        ctx.kind, ctx.slip = kind, slip
        return s

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        """The gradient at z."""
        (gradient,) = gradients
        (s,) = ctx.saved_tensors
        if ctx.slip is DerivativeAt.NONE or ctx.kind is Activation.IDENTITY:
            found = gradient
        elif ctx.kind is Activation.TANH:
            found = gradient * (1 - s * s)
        elif ctx.kind is Activation.RELU:
            found = gradient * ((s >= 0) if ctx.slip is DerivativeAt.NOT_NEGATIVE else (s > 0))
        elif ctx.kind is Activation.SOFTMAX and ctx.slip is not DerivativeAt.DIAGONAL:
            found = s * (gradient - (gradient * s).sum(dim=1, keepdim=True))
        else:
            found = gradient * (s * (1 - s))
        return found, None, None, None


def _activated(z: torch.Tensor, kind: Activation, over_samples: bool) -> torch.Tensor:
    if kind is Activation.SOFTMAX:
        return torch.softmax(z, dim=0 if over_samples else -1)
    activated: torch.Tensor = ACTIVATIONS[kind]()(z)
    return activated


class _Slipped(nn.Module):
    """Such an activation as a module."""

    def __init__(self, kind: Activation, slip: DerivativeAt, over_samples: bool) -> None:
        super().__init__()
        self.chosen = kind, slip, over_samples

    def forward(self, z: torch.Tensor) -> Any:
        """Of (N, fan_out)."""
        return _Derivative.apply(z, *self.chosen)  # type: ignore[no-untyped-call]


def twin_activations(activations: tuple[Activation, ...], side: Side) -> list[nn.Module]:
    """Of each layer, PyTorch's own wherever it has the side's derivative; a fused loss has the output's in itself."""
    over_samples = side.softmax_form is SoftmaxForm.OVER_SAMPLES
    modules: list[nn.Module] = []
    for kind, slip in zip(activations, of_layers(side.derivative_at, len(activations)), strict=True):
        plain = slip is DerivativeAt.OUTPUT and not (over_samples and kind is Activation.SOFTMAX)
        modules.append(ACTIVATIONS[kind]() if plain else _Slipped(kind, slip, over_samples))
    if is_fused(side):
        slipped = over_samples and activations[-1] is Activation.SOFTMAX
        modules[-1] = _Slipped(Activation.SOFTMAX, DerivativeAt.NONE, True) if slipped else nn.Identity()
    return modules


class TorchTwin(TorchMLP):
    """The network with a side's slips."""

    def __init__(
        self, side: Side, model: nn.Sequential, binary: bool, samples: int, factors: Mapping[Place, float]
    ) -> None:
        """As `TorchMLP`; `factors` multiply the gradients of single tensors."""
        self.factors = factors
        super().__init__(side, model, binary, samples)

    def prepare(self) -> None:
        """As `TorchMLP.prepare`, with the hooks of the slips."""
        super().prepare()
        self.samples_of_batch = 1
        self.t = 0
        self.moments: dict[nn.Parameter, tuple[Any, Any]] = {}
        self.errors: dict[int, torch.Tensor] = {}
        for index, linear in enumerate(self.model[0::2]):
            if linear.bias is not None:
                self._hook_bias(linear)
            self._multiply(index + 1, linear)
            if self.side.rate_in is RateIn.DELTA:
                linear.register_full_backward_pre_hook(self._scale)
            if self.side.sent_down is SentDown.ERROR and index:
                self._send_error(index, linear, self.model[2 * index + 1])

    def _multiply(self, layer: int, linear: nn.Linear) -> None:
        for kind, tensor in ((Kind.WEIGHT, linear.weight), (Kind.BIAS, linear.bias)):
            factor = self.factors.get(Place(kind, layer))
            if factor is not None:
                parameter: Any = tensor
                parameter.register_hook(lambda gradient, factor=factor: factor * gradient)

    def _hook_bias(self, linear: nn.Linear) -> None:
        kind = self.side.bias_gradient
        bias: Any = linear.bias
        if kind is BiasGradient.NONE:
            linear.bias.requires_grad_(False)
        elif kind is BiasGradient.MEAN:
            bias.register_hook(lambda gradient: gradient / self.samples_of_batch)
        elif kind is BiasGradient.SCALAR:
            bias.register_hook(lambda gradient: gradient.sum().expand_as(gradient))

    def _scale(self, module: nn.Module, gradients: Any) -> Any:
        return (self.learning_rate * gradients[0],)

    def _send_error(self, index: int, linear: nn.Linear, activation: nn.Module) -> None:
        """What the layer below gets is the error at this layer's output, times its weights."""

        def keep(module: nn.Module, gradients: Any) -> None:
            self.errors[index] = gradients[0]

        activation.register_full_backward_pre_hook(keep)
        linear.register_full_backward_hook(lambda module, given, gradients: (self.errors[index] @ linear.weight,))

    def step(self, X: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """As `TorchMLP.step`."""
        self.samples_of_batch = len(X)
        self.t += 1
        return super().step(X, Y)

    def objective(self, prediction: torch.Tensor, Y: torch.Tensor) -> Any:
        """As `TorchMLP.objective`; of a softmax over samples the number whose gradient at its outputs is p − y."""
        if not (is_fused(self.side) and self.side.softmax_form is SoftmaxForm.OVER_SAMPLES):
            return super().objective(prediction, Y)
        factor = gradient_factor(self.side, len(prediction), prediction.shape[1])
        return factor * 0.5 * (prediction - Y).square().sum()

    @property
    def written_out(self) -> bool:
        """Whether `torch.optim` has no such rule."""
        side = self.side
        adam = side.optimizer.kind is OptimizerKind.ADAM
        moved = side.epsilon_at is not EpsilonAt.OUTSIDE and not side.optimizer.is_sgd
        slipped = side.moments in (Moments.FIRST_DROPPED, Moments.RESET) and side.has_moments
        return moved or slipped or (adam and side.bias_correction is not BiasCorrection.PER_STEP)

    def update(self, module: nn.Module, index: int) -> None:
        """As `TorchUpdates.update`; a rule that `torch.optim` does not have is written out."""
        if self.side.rate_in is RateIn.DELTA:
            rate, self.learning_rate = self.learning_rate, 1.0
            for optimizer in self.optimizers if self.optimizer is None else [self.optimizer]:
                for group in optimizer.param_groups:
                    group["lr"] = 1.0
            self._update(module, index)
            self.learning_rate = rate
        else:
            self._update(module, index)

    def _update(self, module: nn.Module, index: int) -> None:
        if not self.written_out:
            super().update(module, index)
            return
        self.clip(module)
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                if parameter.grad is not None:
                    self._move(parameter, self._decayed(name, parameter))

    def _decayed(self, name: str, parameter: nn.Parameter) -> torch.Tensor:
        """The gradient with a decay in it; a decay beside it moves the parameter."""
        gradient: Any = parameter.grad
        pulled = self.decay_rate > 0 and (self.side.decayed is Decayed.ALL or name.endswith("weight"))
        if pulled and self.decay_in_gradient > 0:
            gradient = gradient + self.decay_rate * parameter
        elif pulled:
            parameter.mul_(1 - self.learning_rate * self.decay_rate)
        found: torch.Tensor = gradient
        return found

    def _move(self, parameter: nn.Parameter, gradient: torch.Tensor) -> None:
        zero = torch.zeros_like(gradient)
        kept = self.moments.get(parameter, (zero, torch.full_like(gradient, self.side.optimizer.start)))
        step, self.moments[parameter] = moved(self.side, gradient, kept, self.t)
        parameter.sub_(self.learning_rate * step)
