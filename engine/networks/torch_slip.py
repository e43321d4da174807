"""Activations and costs whose backward pass is that of hand-written code with a slip: `torch.nn` has none of them.

The programs that are shown are made of this source, as of `torch_mlp.py`'s. Importing this module imports torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from engine.experiment.choices import DerivativeAt, SoftmaxForm
from engine.experiment.settings import Activation


class SlippedActivation(nn.Module):
    """An activation with the derivative that a side has for it."""

    def __init__(
        self, activation: Activation, derivative_at: DerivativeAt, softmax_form: SoftmaxForm, negative_slope: float
    ) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.activation, self.derivative_at, self.softmax_form = activation, derivative_at, softmax_form

    def forward(self, z: torch.Tensor) -> Any:
        """(N, fan_out) from the same; the last dimension holds the outputs of a sample."""
        return _Slipped.apply(z, self)  # type: ignore[no-untyped-call]

    def activate(self, z: torch.Tensor) -> torch.Tensor:  # noqa: PLR0911 - each of them
        """The output."""
        if self.activation is Activation.SIGMOID:
            return torch.sigmoid(z)
        if self.activation is Activation.TANH:
            return torch.tanh(z)
        if self.activation is Activation.RELU:
            return torch.relu(z)
        if self.activation is Activation.LEAKY_RELU:
            return nn.functional.leaky_relu(z, self.negative_slope)
        if self.softmax_form is SoftmaxForm.PLAIN:
            powers = torch.exp(z)
            return powers / powers.sum(dim=-1, keepdim=True)
        if self.softmax_form is SoftmaxForm.OVER_SAMPLES:
            return torch.softmax(z, dim=-2)
        if self.softmax_form is SoftmaxForm.OVER_ALL:
            return torch.softmax(z.flatten(-2), dim=-1).reshape(z.shape)
        return torch.softmax(z, dim=-1)

    def pass_back(  # noqa: PLR0911 - each of them
        self, gradient: torch.Tensor, z: torch.Tensor, output: torch.Tensor
    ) -> torch.Tensor:
        """The gradient at z, from that at the output."""
        if self.derivative_at is DerivativeAt.NONE:
            return gradient
        s = self.derivative_argument(z, output)
        if self.activation is Activation.SOFTMAX:
            if self.derivative_at is DerivativeAt.DIAGONAL:
                return gradient * (s * (1 - s))
            return s * (gradient - (gradient * s).sum(dim=-1, keepdim=True))
        if self.derivative_at is DerivativeAt.ITSELF:
            return gradient * s
        if self.derivative_at is DerivativeAt.OF_SIGMOID:
            return gradient * (s * (1 - s))
        if self.derivative_at is DerivativeAt.OF_TANH:
            return gradient * (1 - s * s)
        if self.derivative_at is DerivativeAt.OF_RELU:
            return gradient * (s > 0)
        if self.activation is Activation.SIGMOID:
            return gradient * (s * (1 - s))
        if self.activation is Activation.TANH:
            return gradient * (1 - s * s)
        if self.activation is Activation.LEAKY_RELU:
            return gradient * (s >= 0) + self.negative_slope * gradient * (s < 0)
        return gradient * (s >= 0)

    def derivative_argument(self, z: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """What the formula of the derivative is given; it is written for the output."""
        if self.derivative_at is DerivativeAt.PRE_ACTIVATION:
            return z
        if self.derivative_at is DerivativeAt.ONE_AT_ZERO and self.activation is Activation.RELU:
            return z
        if self.derivative_at is DerivativeAt.OUTPUT_AGAIN:
            return self.activate(output)
        return output


class _Slipped(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, z: torch.Tensor, module: SlippedActivation) -> torch.Tensor:
        output = module.activate(z)
        context.module = module
        context.save_for_backward(z, output)
        return output

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        z, output = context.saved_tensors
        return context.module.pass_back(gradient, z, output), None


class _CostsOfPlainSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        powers = torch.exp(z)
        context.save_for_backward(powers / powers.sum(dim=-1, keepdim=True) - y)
        return -(y * torch.log_softmax(z, dim=-1)).sum(dim=-1)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        (error,) = context.saved_tensors
        return gradient.unsqueeze(-1) * error, None


class _CostsOfSoftmaxOverSamples(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(torch.softmax(z, dim=-2) - y)
        return -(y * torch.log_softmax(z, dim=-1)).sum(dim=-1)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        (error,) = context.saved_tensors
        return gradient.unsqueeze(-1) * error, None


class _CostsOfSoftmaxOverAll(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(torch.softmax(z.flatten(-2), dim=-1).reshape(z.shape) - y)
        return -(y * torch.log_softmax(z, dim=-1)).sum(dim=-1)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        (error,) = context.saved_tensors
        return gradient.unsqueeze(-1) * error, None


class _CostsDividedByMore(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, p: torch.Tensor, y: torch.Tensor, epsilon: float) -> torch.Tensor:
        context.save_for_backward((p - y) / (p * (1 - p) + epsilon))
        return -(y * torch.log(p).clamp(min=-100) + (1 - y) * torch.log(1 - p).clamp(min=-100))

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        (error,) = context.saved_tensors
        return gradient * error, None, None


def costs_divided_by_more(p: torch.Tensor, y: torch.Tensor, epsilon: float) -> Any:
    """The binary cross-entropy of each output, (N, C) as p and y; its gradient is (p − y)/(p·(1 − p) + ε)."""
    return _CostsDividedByMore.apply(p, y, epsilon)  # type: ignore[no-untyped-call]


def costs_of_plain_softmax(z: torch.Tensor, y: torch.Tensor) -> Any:
    """The cross-entropy of each sample, (N,) from logits and targets (N, C); its gradient is p − y of p = exp(z)/Σ."""
    return _CostsOfPlainSoftmax.apply(z, y)  # type: ignore[no-untyped-call]


def costs_of_softmax_over_samples(z: torch.Tensor, y: torch.Tensor) -> Any:
    """Likewise, with p that sums to 1 over the samples instead of the classes."""
    return _CostsOfSoftmaxOverSamples.apply(z, y)  # type: ignore[no-untyped-call]


def costs_of_softmax_over_all(z: torch.Tensor, y: torch.Tensor) -> Any:
    """Likewise, with p that sums to 1 over the samples and the classes."""
    return _CostsOfSoftmaxOverAll.apply(z, y)  # type: ignore[no-untyped-call]
