"""The same network in plain PyTorch: `nn.Sequential`, `nn.MSELoss`, autograd, `torch.optim`.

A batch is X (N, D), Y (N, C); the modules are `nn.Linear` and an activation in turn. Every choice of a side is an `if`.
The programs that are shown and exported are this very source without the branches that an experiment does not take;
what makes an experiment's network is `torch_model.py`'s. Importing this module imports torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from engine.experiment.side import LogMoment, LossReport, Reduction, Side
from engine.experiment.update_rules import DecayForm, UpdateOrder


class TorchMLP:
    """The network, and how it learns."""

    def __init__(self, side: Side, model: nn.Sequential) -> None:
        self.side = side
        # What torch's own annotations do not know of these is left open.
        self.model: Any = model
        self.learning_rate = side.learning_rate
        self.criterion: Any = None
        self.optimizer: Any = None
        self.optimizers: list[torch.optim.Optimizer] = []
        self.velocities: dict[nn.Parameter, torch.Tensor] = {}
        self.prepare()

    def prepare(self) -> None:
        """The loss function and the optimizer: one for each layer where layers are updated in turn."""
        side, momentum, decay = self.side, self.side.momentum, self.side.weight_decay
        if side.reduction is Reduction.MEAN:
            self.criterion = nn.MSELoss()
        else:
            self.criterion = nn.MSELoss(reduction="sum")
        if momentum.written_out:
            self.velocities = {parameter: torch.zeros_like(parameter) for parameter in self.model.parameters()}
        elif side.update_order is UpdateOrder.TOGETHER:
            self.optimizer = torch.optim.SGD(
                self.model.parameters(),
                lr=self.learning_rate,
                momentum=momentum.coefficient,
                dampening=momentum.dampening,
                weight_decay=decay.rate_in_gradient,
            )
        else:
            self.optimizers = []
            for linear in self.model[0::2]:
                optimizer = torch.optim.SGD(
                    linear.parameters(),
                    lr=self.learning_rate,
                    momentum=momentum.coefficient,
                    dampening=momentum.dampening,
                    weight_decay=decay.rate_in_gradient,
                )
                self.optimizers.append(optimizer)

    def step(self, X: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """One update; returns the number that is logged, where it was computed."""
        self.model.zero_grad()
        if self.side.update_order is UpdateOrder.TOGETHER:
            prediction = self.model(X)
            loss = self.objective(prediction, Y)
            loss.backward()
            self.update(self.model, 0)
        else:
            # each layer is updated before the error passes down through it
            pre_activations, outputs = [], [X]
            for linear, activation in zip(self.model[0::2], self.model[1::2], strict=True):
                pre_activations.append(linear(outputs[-1].detach()))
                outputs.append(activation(pre_activations[-1]))
            prediction = outputs[-1].detach().requires_grad_()
            loss = self.objective(prediction, Y)
            (error,) = torch.autograd.grad(loss, prediction)
            for index in reversed(range(len(pre_activations))):
                (delta,) = torch.autograd.grad(outputs[index + 1], pre_activations[index], error)
                pre_activations[index].backward(delta)
                self.update(self.model[2 * index], index)
                error = delta @ self.model[2 * index].weight.detach()
        if self.side.log_moment is LogMoment.AFTER:
            with torch.no_grad():
                prediction = self.model(X)
        return self.report(loss, prediction, Y)

    def objective(self, prediction: torch.Tensor, Y: torch.Tensor) -> Any:
        """The number whose gradient is taken."""
        if self.side.reduction is Reduction.MEAN:
            return self.criterion(prediction, Y)
        return self.criterion(prediction, Y) * 0.5

    def update(self, module: nn.Module, index: int) -> None:
        """Move the module's parameters against their gradients; `index` is that of its optimizer among several."""
        momentum, decay = self.side.momentum, self.side.weight_decay
        if decay.rate > 0 and decay.form is DecayForm.DECOUPLED:
            with torch.no_grad():
                for parameter in module.parameters():
                    parameter.mul_(1 - self.learning_rate * decay.rate)
        if momentum.written_out:
            with torch.no_grad():
                for parameter in module.parameters():
                    self.descend(parameter, self.velocities[parameter])
        elif self.side.update_order is UpdateOrder.TOGETHER:
            self.optimizer.step()
        else:
            self.optimizers[index].step()

    def descend(self, parameter: nn.Parameter, velocity: torch.Tensor) -> None:
        """The textbook's momentum, which `torch.optim` does not have."""
        momentum, decay = self.side.momentum, self.side.weight_decay
        gradient: Any = parameter.grad
        if decay.rate > 0 and decay.form is DecayForm.IN_GRADIENT:
            gradient = gradient.add(parameter, alpha=decay.rate)
        rate = -self.learning_rate
        if momentum.dampening > 0:
            rate = -self.learning_rate * (1 - momentum.dampening)
        velocity.mul_(momentum.coefficient).add_(gradient, alpha=rate)
        parameter.add_(velocity)

    def report(self, loss: torch.Tensor, prediction: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """The number that is logged; `loss` is the one whose gradient was taken."""
        if self.side.logs_objective:
            return loss
        if self.side.loss_report is LossReport.MSE:
            return nn.functional.mse_loss(prediction, Y)
        if self.side.loss_report is LossReport.HALF_SUM:
            return nn.functional.mse_loss(prediction, Y, reduction="sum") * 0.5
        error = prediction - Y
        return (error * (0.5 * error.square().mean())).mean()
