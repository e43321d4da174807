"""The same network in plain PyTorch: `nn.Sequential`, `nn.MSELoss` and its like, autograd, `torch.optim`.

A batch is X (N, D), Y (N, C); the modules are `nn.Linear` and an activation in turn. Every choice of a side is an `if`.
The programs that are shown and exported are this very source without the branches that an experiment does not take;
what makes an experiment's network is `torch_model.py`'s. Importing this module imports torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from engine.experiment.side import LogMoment, LossInput, LossReport, Objective, Reduction, Side, is_fused
from engine.experiment.update_rules import DecayForm, UpdateOrder


class TorchMLP:
    """The network, and how it learns."""

    def __init__(self, side: Side, model: nn.Sequential, binary: bool) -> None:
        """`binary` says that a cross-entropy is that of each output for itself. A fused loss takes the logits: the
        model then ends with the identity.
        """
        self.side = side
        self.binary = binary
        self.fused = is_fused(side)
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
        if side.objective is not Objective.CROSS_ENTROPY or side.loss_input is not LossInput.PROBABILITIES:
            self.criterion = self.loss_function()
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

    def loss_function(self) -> nn.Module:  # noqa: PLR0911 - each of them
        """As `torch.nn` has it; a cross-entropy of softmax's outputs is missing there."""
        mean = self.side.reduction is Reduction.MEAN
        if self.side.objective is Objective.SQUARED_ERROR:
            if mean:
                return nn.MSELoss()
            return nn.MSELoss(reduction="sum")
        if self.side.objective is Objective.CROSS_ENTROPY:
            if mean:
                return nn.CrossEntropyLoss()
            return nn.CrossEntropyLoss(reduction="sum")
        if self.side.loss_input is LossInput.PROBABILITIES:
            if mean:
                return nn.BCELoss()
            return nn.BCELoss(reduction="sum")
        if mean:
            return nn.BCEWithLogitsLoss()
        return nn.BCEWithLogitsLoss(reduction="sum")

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
        side = self.side
        if side.objective is Objective.SQUARED_ERROR and side.reduction is Reduction.SUM:
            return self.criterion(prediction, Y) * 0.5
        if side.objective is Objective.CROSS_ENTROPY and side.loss_input is LossInput.PROBABILITIES:
            costs = -(Y * torch.log(prediction)).sum(dim=1)
            if side.reduction is Reduction.SUM:
                return costs.sum()
            return costs.mean()
        return self.criterion(prediction, Y)

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
        if self.side.loss_report.of_probabilities:
            return self.cross_entropy(prediction, Y)
        p = self.probabilities(prediction)
        if self.side.loss_report is LossReport.MSE:
            return nn.functional.mse_loss(p, Y)
        if self.side.loss_report is LossReport.HALF_SUM:
            return nn.functional.mse_loss(p, Y, reduction="sum") * 0.5
        error = p - Y
        return (error * (0.5 * error.square().mean())).mean()

    def probabilities(self, prediction: torch.Tensor) -> torch.Tensor:
        """What the network answers: a fused loss leaves the output's activation out."""
        if self.fused:
            return self.squash(prediction)
        return prediction

    def squash(self, logits: torch.Tensor) -> torch.Tensor:
        """The probabilities that a cross-entropy of logits is about."""
        if self.binary:
            return torch.sigmoid(logits)
        return torch.softmax(logits, dim=-1)

    def cross_entropy(self, prediction: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """A cross-entropy that is only logged."""
        costs = self.costs(prediction, Y)
        if self.side.loss_report is LossReport.CROSS_ENTROPY_SUM:
            return costs.sum()
        if self.binary or self.side.loss_report is LossReport.CROSS_ENTROPY_PER_OUTPUT:
            return costs.mean()
        return costs.sum() / len(Y)

    def costs(self, prediction: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """The cross-entropy of each output (N, C)."""
        if self.side.loss_report is LossReport.CROSS_ENTROPY_EPSILON:
            p = self.probabilities(prediction)
            if self.binary:
                return -(Y * torch.log(p + 1e-8) + (1 - Y) * torch.log(1 - p + 1e-8))
            return -(Y * torch.log(p + 1e-8))
        if self.side.objective is Objective.SQUARED_ERROR or self.side.loss_input is LossInput.PROBABILITIES:
            if self.binary:
                # as nn.BCELoss, no logarithm below −100
                log_p = torch.log(prediction).clamp(min=-100)
                log_q = torch.log(1 - prediction).clamp(min=-100)
                return -(Y * log_p + (1 - Y) * log_q)
            return -(Y * torch.log(prediction))
        if self.binary:
            return nn.functional.binary_cross_entropy_with_logits(prediction, Y, reduction="none")
        return -(Y * torch.log_softmax(prediction, dim=-1))
