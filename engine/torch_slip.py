"""Activations whose backward pass makes the classical slip: σ′, written for the output, is given the pre-activation.

ReLU and the identity are missing: for them both are the same. Importing this module imports torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from engine.settings import Activation


class _SlippedSigmoid(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, z: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(z)
        return torch.sigmoid(z)

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> torch.Tensor:
        (z,) = context.saved_tensors
        slope: torch.Tensor = z * (1 - z)
        return gradients[0] * slope


class _SlippedTanh(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, z: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(z)
        return torch.tanh(z)

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> torch.Tensor:
        (z,) = context.saved_tensors
        slope: torch.Tensor = 1 - z * z
        return gradients[0] * slope


class SlippedSigmoid(nn.Module):
    """σ(z) whose gradient is z·(1 − z)."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Elementwise."""
        output: torch.Tensor = _SlippedSigmoid.apply(z)  # type: ignore[no-untyped-call]
        return output


class SlippedTanh(nn.Module):
    """tanh(z) whose gradient is 1 − z²."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Elementwise."""
        output: torch.Tensor = _SlippedTanh.apply(z)  # type: ignore[no-untyped-call]
        return output


SLIPPED_ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    Activation.SIGMOID: SlippedSigmoid,
    Activation.TANH: SlippedTanh,
}
