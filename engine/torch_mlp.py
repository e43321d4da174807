"""The same network in plain PyTorch: `nn.Sequential`, `nn.Linear`, `nn.MSELoss`, `torch.optim.SGD`, autograd.

Importing this module imports torch. Running the same step with less bookkeeping lives in `torch_replay.py`.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from engine.initial_weights import initial_layers
from engine.settings import Activation, GradientScale, InitialWeights, LossReport, Precision, Settings, SideName
from engine.torch_device import find_device
from engine.types import FloatArray

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
    sizes = settings.layer_sizes
    modules: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        for (fan_in, fan_out), activation in zip(pairwise(sizes), settings.activations, strict=True):
            modules.append(nn.Linear(fan_in, fan_out, bias=side.bias, dtype=drawn_dtype))
            modules.append(ACTIVATIONS[activation]())
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
    """The number that the question's hand-rolled code logs: mean(e · ½·mean(e²)), e = prediction − target."""

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
        self.model = build_model(settings).to(device)
        self.X = torch.tensor(settings.data.X, dtype=dtype, device=device)
        self.Y = torch.tensor(settings.data.Y, dtype=dtype, device=device)
        self.objective = nn.MSELoss() if side.gradient_scale is GradientScale.MEAN else HalfSumLoss()
        self.report = REPORTS[side.loss_report]()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=side.learning_rate)

    def step(self) -> float:
        """One epoch; returns the loss of the weights before the update."""
        return float(self.step_on_device().item())

    def step_on_device(self) -> torch.Tensor:
        """One epoch; the loss stays where it was computed."""
        self.optimizer.zero_grad()
        prediction = self.model(self.X)
        objective = self.objective(prediction, self.Y)
        objective.backward()
        self.optimizer.step()
        loss: torch.Tensor = objective.detach()
        if type(self.report) is not type(self.objective):
            with torch.no_grad():
                loss = self.report(prediction, self.Y)
        return loss

    def parameters(self) -> list[FloatArray]:
        """Copies of weight (fan_out, fan_in) and bias (fan_out,), layer by layer."""
        # detach().numpy() would share memory: the next step would change what was handed out.
        return [np.array(parameter.detach().cpu().numpy()) for parameter in self.model.parameters()]

    def state(self) -> list[FloatArray]:
        """Copies of all that the next step depends on: the parameters."""
        return self.parameters()

    def set_state(self, state: list[FloatArray]) -> None:
        """Go on from a `state()` of a model with the same settings, in place."""
        with torch.no_grad():
            for parameter, value in zip(self.model.parameters(), state, strict=True):
                parameter.copy_(torch.from_numpy(value))

    def predict(self, X: FloatArray | None = None) -> FloatArray:
        """The network's output (N, C) at the present weights, for the data unless other inputs are given."""
        inputs = self.X if X is None else torch.tensor(X, dtype=self.X.dtype, device=self.X.device)
        with torch.no_grad():
            return np.array(self.model(inputs).cpu().numpy())
