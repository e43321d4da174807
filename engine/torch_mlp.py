"""The same network in plain PyTorch: `nn.Sequential`, `nn.Linear`, `nn.MSELoss`, `torch.optim.SGD`, autograd.

Importing this module imports torch. Running the same step with less bookkeeping lives in `torch_replay.py`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from engine.initial_weights import initial_layers
from engine.model_state import ModelState, check_state
from engine.places import Place, Tensors, parameter_places
from engine.settings import (
    Activation,
    DerivativeAt,
    InitialWeights,
    LogMoment,
    LossReport,
    Precision,
    Reduction,
    Settings,
    SideName,
)
from engine.torch_device import find_device
from engine.torch_optimizers import MOMENTUM_BUFFER, build_optimizer
from engine.torch_slip import SLIPPED_ACTIVATIONS
from engine.types import FloatArray
from engine.update_rules import UpdateOrder

ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    Activation.SIGMOID: nn.Sigmoid,
    Activation.TANH: nn.Tanh,
    Activation.RELU: nn.ReLU,
    Activation.IDENTITY: nn.Identity,
}


def build_model(settings: Settings) -> nn.Sequential:
    """The modules on the CPU, at the start that the settings name. The global random state is left as it was."""
    side = settings.side(SideName.PYTORCH)
    drawn_dtype = torch.float64 if side.initial_weights is InitialWeights.PYTORCH_FLOAT64 else torch.float32
    kinds = ACTIVATIONS | (SLIPPED_ACTIVATIONS if side.derivative_at is DerivativeAt.PRE_ACTIVATION else {})
    sizes = settings.layer_sizes
    modules: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        for (fan_in, fan_out), activation in zip(pairwise(sizes), settings.activations, strict=True):
            modules.append(nn.Linear(fan_in, fan_out, bias=side.bias, dtype=drawn_dtype))
            modules.append(kinds[activation]())
    model = nn.Sequential(*modules)
    if side.initial_weights not in (InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64):
        _copy_numpy_start(model, settings)
    return model.to(torch.float64 if side.precision is Precision.FLOAT64 else torch.float32)


def _copy_numpy_start(model: nn.Sequential, settings: Settings) -> None:
    linear_layers = [module for module in model if isinstance(module, nn.Linear)]
    for module, start in zip(linear_layers, initial_layers(settings, settings.pytorch), strict=True):
        module.to(torch.float64)
        with torch.no_grad():
            module.weight.copy_(torch.from_numpy(start.weight))
            if start.bias is not None:
                module.bias.copy_(torch.from_numpy(start.bias))


class HalfSumLoss(nn.Module):
    """½·Σ(prediction − target)², whose gradient is prediction − target."""

    def forward(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """A scalar."""
        return nn.functional.mse_loss(prediction, target, reduction="sum") * 0.5


class ErrorTimesLoss(nn.Module):
    """The number that the question's hand-written code logs: mean(e · ½·mean(e²)), e = prediction − target."""

    def forward(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """A scalar; it can be negative."""
        error = prediction - target
        return (error * (0.5 * error.square().mean())).mean()


REPORTS: dict[LossReport, type[nn.Module]] = {
    LossReport.MSE: nn.MSELoss,
    LossReport.HALF_SUM: HalfSumLoss,
    LossReport.ERROR_TIMES_LOSS: ErrorTimesLoss,
}


class TorchMLP:
    """PyTorch's side of an experiment. Raises `DeviceError`."""

    def __init__(self, settings: Settings) -> None:
        side = settings.side(SideName.PYTORCH)
        device = find_device(settings.device)
        dtype = torch.float64 if side.precision is Precision.FLOAT64 else torch.float32
        self.side = side
        self.model = build_model(settings).to(device)
        self.X = torch.tensor(settings.data.X, dtype=dtype, device=device)
        self.Y = torch.tensor(settings.data.Y, dtype=dtype, device=device)
        self.objective = nn.MSELoss() if side.reduction is Reduction.MEAN else HalfSumLoss()
        self.report = REPORTS[side.loss_report]()
        self._build_optimizers()
        self.steps = 0

    @property
    def linear_layers(self) -> list[nn.Linear]:
        """First to last."""
        return [module for module in self.model if isinstance(module, nn.Linear)]

    def _build_optimizers(self) -> None:
        # One for each layer where layers are updated in turn.
        in_turn = self.side.update_order is UpdateOrder.IN_TURN
        parts = self.linear_layers if in_turn else [self.model]
        self.optimizers = [build_optimizer(part.parameters(), self.side) for part in parts]

    def step(self) -> float:
        """One epoch; returns the loss that is logged."""
        return float(self.step_on_device().item())

    def step_on_device(self) -> torch.Tensor:
        """One epoch; the loss stays where it was computed."""
        self.steps += 1
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        if self.side.update_order is UpdateOrder.IN_TURN:
            prediction, objective = self._step_in_turn()
        else:
            prediction = self.model(self.X)
            objective = self.objective(prediction, self.Y)
            objective.backward()
            self.optimizers[0].step()
        return self._reported_loss(prediction, objective)

    def _step_in_turn(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Autograd within each layer; between two layers the error is passed down by hand, through the new weights."""
        modules = list(self.model)
        layers = list(zip(modules[0::2], modules[1::2], strict=True))
        pre_activations, outputs = [], [self.X]
        for linear, activation in layers:
            pre_activations.append(linear(outputs[-1].detach()))
            outputs.append(activation(pre_activations[-1]))
        prediction = outputs[-1].detach().requires_grad_()
        objective = self.objective(prediction, self.Y)
        (error,) = torch.autograd.grad(objective, prediction)
        for index in reversed(range(len(layers))):
            z = pre_activations[index]
            (delta,) = torch.autograd.grad(outputs[index + 1], z, error)
            z.backward(delta)
            self.optimizers[index].step()
            error = delta @ self.linear_layers[index].weight.detach()
        return prediction, objective

    def _reported_loss(self, prediction: torch.Tensor, objective: torch.Tensor) -> torch.Tensor:
        after = self.side.log_moment is LogMoment.AFTER
        if not after and type(self.report) is type(self.objective):
            return objective.detach()
        with torch.no_grad():
            loss: torch.Tensor = self.report(self.model(self.X) if after else prediction, self.Y)
        return loss

    def parameters(self) -> Tensors:
        """Copies of weights (fan_out, fan_in) and biases (fan_out,), in the model's order."""
        return {place: _copied(parameter) for place, parameter in self._by_place.items()}

    def state(self) -> ModelState:
        """Copies of all that the next step depends on."""
        velocities = {place: _copied(velocity) for place, velocity in self._velocities().items()}
        return ModelState(self.parameters() | velocities, self.steps)

    def set_state(self, state: ModelState) -> None:
        """Go on from a `state()` of a model with the same settings, in place; raises `ValueError` for another's."""
        parameters = self._by_place
        check_state(state, {place: tuple(parameter.shape) for place, parameter in parameters.items()})
        with torch.no_grad():
            for place, parameter in parameters.items():
                parameter.copy_(torch.from_numpy(state.tensors[place]))
            self._set_velocities(state.velocities)
        self.steps = state.steps

    @property
    def _by_place(self) -> dict[Place, nn.Parameter]:
        places = parameter_places(len(self.linear_layers), self.side.bias)
        return dict(zip(places, self.model.parameters(), strict=True))

    def _optimizer_states(self) -> dict[Place, dict[str, Any]]:
        """What the optimizers keep of each parameter."""
        kept = {
            id(parameter): optimizer.state[parameter]
            for optimizer in self.optimizers
            for group in optimizer.param_groups
            for parameter in group["params"]
        }
        return {place: kept[id(parameter)] for place, parameter in self._by_place.items()}

    def _velocities(self) -> dict[Place, torch.Tensor]:
        found = {place.velocity: kept.get(MOMENTUM_BUFFER) for place, kept in self._optimizer_states().items()}
        return {place: velocity for place, velocity in found.items() if velocity is not None}

    def _set_velocities(self, velocities: Tensors) -> None:
        present = self._velocities()
        if present.keys() == velocities.keys():
            for place, tensor in present.items():
                tensor.copy_(torch.from_numpy(velocities[place]))
            return
        self._build_optimizers()
        if velocities:
            parameters = self._by_place
            for place, kept in self._optimizer_states().items():
                kept[MOMENTUM_BUFFER] = torch.from_numpy(velocities[place.velocity]).to(parameters[place])

    def predict(self, X: FloatArray | None = None) -> FloatArray:
        """The network's output (N, C) at the present weights, for the data unless other inputs are given."""
        inputs = self.X if X is None else torch.tensor(X, dtype=self.X.dtype, device=self.X.device)
        with torch.no_grad():
            return np.array(self.model(inputs).cpu().numpy())


def _copied(tensor: torch.Tensor) -> FloatArray:
    # detach().numpy() would share memory: the next step would change what was handed out.
    return np.array(tensor.detach().cpu().numpy())
