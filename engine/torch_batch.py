"""PyTorch's side for many runs at once: stacked parameters, `torch.baddbmm`, and autograd through all of them.

A test holds every run to `engine.train`. Importing this module imports torch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from engine.batching import BatchedDescent, BatchRun, stacked_biases
from engine.initial_weights import LayerStart
from engine.places import Kind, Place, Tensors
from engine.settings import DerivativeAt, Precision, Settings, gradient_factor
from engine.torch_device import find_device
from engine.torch_model import ACTIVATIONS
from engine.torch_slip import SLIPPED_ACTIVATIONS
from engine.types import FloatArray
from engine.update_rules import UpdateOrder


class TorchBatch:
    """R runs of one structure; weights are (R, fan_out, fan_in), activations (R, N, fan_out). Raises `DeviceError`."""

    def __init__(self, settings: Settings, runs: Sequence[BatchRun]) -> None:
        sides = [run.side for run in runs]
        self._device = find_device(settings.device)
        self._dtype = torch.float64 if sides[0].precision is Precision.FLOAT64 else torch.float32
        self._X, self._Y = self._tensor(settings.data.X), self._tensor(settings.data.Y)
        kinds = ACTIVATIONS | (SLIPPED_ACTIVATIONS if sides[0].derivative_at is DerivativeAt.PRE_ACTIVATION else {})
        self._activations: list[nn.Module] = [kinds[kind]() for kind in settings.activations]
        self._in_turn = sides[0].update_order is UpdateOrder.IN_TURN
        self._half_factor = 0.5 * self._column([gradient_factor(one.reduction, settings.elements) for one in sides])
        self._descent = BatchedDescent(sides, self._column)
        starts = [run.start(settings) for run in runs]
        self._inputs = self._X.expand(len(runs), *self._X.shape)
        self._layers = [self._layer(starts, layer) for layer in range(len(self._activations))]
        self._velocities: dict[int, torch.Tensor | None] = {}

    def _tensor(self, array: FloatArray) -> torch.Tensor:
        return torch.tensor(array, dtype=self._dtype, device=self._device)

    def _column(self, numbers: list[float]) -> torch.Tensor:
        return self._tensor(np.array(numbers)[:, None, None])

    def _layer(
        self, starts: list[list[LayerStart]], layer: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        weight = self._tensor(np.stack([start[layer].weight for start in starts])).requires_grad_()
        found = stacked_biases(starts, layer)
        if found is None:
            return weight, self._tensor(np.zeros((len(starts), 1, weight.shape[1]))), None
        bias, mask = found
        return weight, self._tensor(bias).requires_grad_(), self._tensor(mask)

    def step(self) -> tuple[FloatArray, FloatArray]:
        """As `Batch.step`."""
        error = self._step_in_turn() if self._in_turn else self._step_together()
        flat = error.detach().flatten(1)
        return _double(flat.square().mean(1)), _double(flat.mean(1))

    def _objective(self, error: torch.Tensor) -> torch.Tensor:
        """The sum over all runs: each run's gradient is its own."""
        return (self._half_factor * error.square()).sum()

    def _step_together(self) -> torch.Tensor:
        output = self._inputs
        for (weight, bias, _), activation in zip(self._layers, self._activations, strict=True):
            output = activation(torch.baddbmm(bias, output, weight.mT))
        error = output - self._Y
        trained = [parameter for layer in range(len(self._layers)) for parameter in self._trained(layer)]
        gradients = iter(torch.autograd.grad(self._objective(error), trained))
        for layer in range(len(self._layers)):
            self._update(layer, [next(gradients) for _ in self._trained(layer)])
        return error

    def _step_in_turn(self) -> torch.Tensor:
        """As `TorchModel`: autograd within a layer, and the error passed down through the new weights."""
        pre_activations, outputs = [], [self._inputs]
        for (weight, bias, _), activation in zip(self._layers, self._activations, strict=True):
            pre_activations.append(torch.baddbmm(bias, outputs[-1].detach(), weight.mT))
            outputs.append(activation(pre_activations[-1]))
        prediction = outputs[-1].detach().requires_grad_()
        (passed,) = torch.autograd.grad(self._objective(prediction - self._Y), prediction)
        for layer in reversed(range(len(self._layers))):
            z = pre_activations[layer]
            (delta,) = torch.autograd.grad(outputs[layer + 1], z, passed)
            self._update(layer, torch.autograd.grad(z, self._trained(layer), delta))
            passed = delta @ self._layers[layer][0].detach()
        return prediction - self._Y

    def _trained(self, layer: int) -> list[torch.Tensor]:
        weight, bias, mask = self._layers[layer]
        return [weight] if mask is None else [weight, bias]

    @torch.no_grad()
    def _update(self, layer: int, gradients: Sequence[torch.Tensor]) -> None:
        mask = self._layers[layer][2]
        for parameter, gradient in zip(self._trained(layer), gradients, strict=True):
            masked = gradient if mask is None or parameter is self._layers[layer][0] else gradient * mask
            place = id(parameter)
            self._velocities[place] = self._descent.step(parameter, masked, self._velocities.get(place))

    def parameters(self) -> Tensors:
        """As `Batch.parameters`."""
        found: Tensors = {}
        for layer, (weight, bias, _) in enumerate(self._layers, start=1):
            found[Place(Kind.WEIGHT, layer)] = _double(weight)
            found[Place(Kind.BIAS, layer)] = _double(bias[:, 0])
        return found


def _double(tensor: torch.Tensor) -> FloatArray:
    return tensor.detach().cpu().double().numpy().copy()
