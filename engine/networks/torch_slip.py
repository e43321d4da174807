"""Activations whose backward pass makes the classical slip: σ′, written for the output, is given the pre-activation.

ReLU and the identity are missing: for them both are the same. Importing this module imports torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from engine.experiment.settings import Activation


class _SlippedSigmoid(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, z: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(z)
        return torch.sigmoid(z)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        (z,) = context.saved_tensors
        return gradient * (z * (1 - z))


class _SlippedTanh(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, z: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(z)
        return torch.tanh(z)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        (z,) = context.saved_tensors
        return gradient * (1 - z * z)


class _SlippedSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, z: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(z)
        return torch.softmax(z, dim=-1)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        (z,) = context.saved_tensors
        return z * (gradient - (gradient * z).sum(dim=-1, keepdim=True))


class SlippedSigmoid(nn.Module):
    """σ(z) whose gradient is z·(1 − z)."""

    def forward(self, z: torch.Tensor) -> Any:
        """Elementwise."""
        return _SlippedSigmoid.apply(z)  # type: ignore[no-untyped-call]


class SlippedTanh(nn.Module):
    """tanh(z) whose gradient is 1 − z²."""

    def forward(self, z: torch.Tensor) -> Any:
        """Elementwise."""
        return _SlippedTanh.apply(z)  # type: ignore[no-untyped-call]


class SlippedSoftmax(nn.Module):
    """softmax(z) = s whose gradient g becomes z·(g − Σ g·z) instead of s·(g − Σ g·s)."""

    def forward(self, z: torch.Tensor) -> Any:
        """Of the last dimension."""
        return _SlippedSoftmax.apply(z)  # type: ignore[no-untyped-call]


SLIPPED_ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    Activation.SIGMOID: SlippedSigmoid,
    Activation.TANH: SlippedTanh,
    Activation.SOFTMAX: SlippedSoftmax,
}
