"""The same network in plain PyTorch: `nn.Sequential`, `nn.MSELoss` and its like, autograd, `torch.optim`.

A batch is X (N, D), Y (N, C); the modules are `nn.Linear` and an activation in turn. Every choice of a side is an `if`.
The programs that are shown and exported are this very source without the branches that an experiment does not take;
what makes an experiment's network is `torch_model.py`'s. Importing this module imports torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from engine.experiment.choices import (
    BiasGradient,
    LoggedPenalty,
    RateIn,
    SentDown,
)
from engine.experiment.gradient_factors import batch_size
from engine.experiment.side import (
    Side,
    decay_rates,
    decaying_layers,
    is_fused,
    logs_batch_penalty,
    logs_penalty,
    shrinks_in_optimizer,
)
from engine.experiment.update_rules import UpdateOrder, ZeroGrad
from engine.networks.torch_losses import TorchLosses
from engine.networks.torch_updates import TorchUpdates


class TorchMLP(TorchLosses, TorchUpdates):
    """The network, and how it learns."""

    def __init__(
        self,
        side: Side,
        model: nn.Sequential,
        binary: bool,
        samples: int,
        updates_per_epoch: int = 1,
        data_samples: int | None = None,
    ) -> None:
        """`binary` says that a cross-entropy is that of each output for itself. A fused loss takes the logits: the
        model then ends with the identity. A full batch has so many samples, an epoch so many updates.
        """
        self.side = side
        self.binary = binary
        self.fused = is_fused(side)
        self.batch_size = batch_size(side, samples)
        self.updates_per_epoch = updates_per_epoch
        self.data_samples = samples if data_samples is None else data_samples
        self.decay_rate, self.decay_in_gradient = decay_rates(side, samples)
        self.optimizer_shrinks = shrinks_in_optimizer(side)
        self.logs_penalty, self.logs_batch_penalty = logs_penalty(side), logs_batch_penalty(side)
        # What torch's own annotations do not know of these is left open.
        self.model: Any = model
        self.learning_rate = side.learning_rate
        self.criterion: Any = None
        self.optimizer: Any = None
        self.optimizers: list[torch.optim.Optimizer] = []
        self.velocities: dict[nn.Parameter, torch.Tensor] = {}
        self.second_moments: dict[nn.Parameter, torch.Tensor] = {}
        self.decaying = self.decaying_parameters()
        self.t: Any = 0
        self.rows: Any = 0
        self.prepare()
        self.slip_biases()
        self.multiply_gradients()

    def decaying_parameters(self) -> set[nn.Parameter]:
        """What weight decay pulls; a program names them where not every layer decays alike."""
        linear_layers = self.model[0::2]
        weights, biases = decaying_layers(self.side, len(linear_layers))
        found = {linear.weight for i, linear in enumerate(linear_layers, start=1) if weights[i]}
        found |= {linear.bias for i, linear in enumerate(linear_layers, start=1) if biases[i]}
        return found - {None}

    def prepare(self) -> None:
        """The loss function and the optimizer: one for each layer where layers are updated in turn."""
        side = self.side
        if not side.sums_costs:
            self.criterion = self.loss_function()
        if side.writes_update:
            self.make_moments()
        elif side.update_order is UpdateOrder.IN_TURN:
            self.optimizers = []
            for linear in self.model[0::2]:
                groups = self.groups(linear)
                optimizer = self.optimizer_of(groups)
                self.optimizers.append(optimizer)
        elif not side.makes_optimizers:
            groups = self.groups(self.model)
            self.optimizer = self.optimizer_of(groups)

    def slip_biases(self) -> None:
        """Make the gradients of biases what the side takes for them, once for all."""
        if self.side.bias_gradient is BiasGradient.NONE:
            for name, parameter in self.model.named_parameters():
                if name.endswith("bias"):
                    parameter.requires_grad_(False)
        elif self.side.bias_gradient is BiasGradient.SCALAR:
            for name, parameter in self.model.named_parameters():
                if name.endswith("bias"):
                    parameter.register_hook(lambda gradient: gradient.sum(dim=-1, keepdim=True) + 0 * gradient)
        elif self.side.bias_gradient is BiasGradient.MEAN:
            for name, parameter in self.model.named_parameters():
                if name.endswith("bias"):
                    parameter.register_hook(lambda gradient: gradient / self.rows)

    def multiply_gradients(self) -> None:
        """Of single weights and biases, once for all, as the side has it; a program has a line for each."""
        for name, factor in self.side.tensor_steps.factors:
            linear = self.model[2 * (int(name[1:]) - 1)]
            tensor = linear.weight if name[0] == "W" else linear.bias
            if tensor is not None and tensor.requires_grad:
                tensor.register_hook(lambda gradient, factor=factor: factor * gradient)

    def step(self, X: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """One update; returns the number that is logged, where it was computed."""
        if self.side.zero_grad is ZeroGrad.EACH_STEP:
            self.model.zero_grad()
        if self.logs_batch_penalty and not self.side.logs_after_update:
            with torch.no_grad():
                penalty = self.penalty()
        if self.side.bias_gradient is BiasGradient.MEAN:
            self.rows = X.shape[-2]
        if self.side.counts_updates:
            self.t += 1
        if not self.side.goes_by_layer:
            prediction = self.model(X)
            loss = self.objective(prediction, Y)
            loss.backward()
            self.update(self.model, 0)
        else:
            prediction, loss = self.pass_by_layer(X, Y)
        if self.side.logs_after_update:
            with torch.no_grad():
                prediction = self.model(X)
                if self.logs_batch_penalty:
                    penalty = self.penalty()
        if self.logs_batch_penalty:
            reported = self.report(loss, prediction, Y)
            return reported + penalty
        return self.report(loss, prediction, Y)

    def pass_by_layer(self, X: torch.Tensor, Y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """As `step`, each layer passing the error down by itself; returns the prediction and its loss."""
        pre_activations, outputs = [], [X]
        for linear, activation in zip(self.model[0::2], self.model[1::2], strict=True):
            pre_activations.append(linear(outputs[-1].detach()))
            outputs.append(activation(pre_activations[-1]))
        prediction = outputs[-1].detach().requires_grad_()
        loss = self.objective(prediction, Y)
        (error,) = torch.autograd.grad(loss, prediction)
        for index in reversed(range(len(pre_activations))):
            (delta,) = torch.autograd.grad(outputs[index + 1], pre_activations[index], error)
            if self.side.rate_in is RateIn.DELTA:
                delta = self.learning_rate * delta
            pre_activations[index].backward(delta)
            if self.side.update_order is UpdateOrder.IN_TURN:
                # each layer is updated before the error passes down through it
                self.update(self.model[2 * index], index)
            if self.side.sent_down is SentDown.ERROR:
                error = error @ self.model[2 * index].weight.detach()
            else:
                error = delta @ self.model[2 * index].weight.detach()
        if self.side.update_order is UpdateOrder.TOGETHER:
            self.update(self.model, 0)
        return prediction, loss

    def evaluate(self, X: torch.Tensor, Y: torch.Tensor) -> Any:
        """What is logged of X (N, D), Y (N, C) at the present weights."""
        # the whole set, with the weights that the epoch ends with
        with torch.no_grad():
            prediction = self.model(X)
        return self.log(prediction, Y)

    def log(self, prediction: torch.Tensor, Y: torch.Tensor) -> Any:
        """The number that is logged of a prediction, at the present weights."""
        if self.logs_penalty:
            reported = self.log_alone(prediction, Y)
            penalty = self.penalty()
            return reported + penalty
        return self.log_alone(prediction, Y)

    def log_alone(self, prediction: torch.Tensor, Y: torch.Tensor) -> Any:
        """As `log`, without a penalty."""
        if self.side.logs_objective:
            return self.objective(prediction, Y)
        return self.measure(prediction, Y)

    def penalty(self) -> torch.Tensor:
        """What weight decay is the gradient of, at the present weights, or twice that where it is logged so."""
        squares: Any = 0
        if self.side.decays_by_layer:
            for parameter in self.model.parameters():
                if parameter in self.decaying:
                    squares = squares + parameter.square().sum()
        else:
            for name, parameter in self.model.named_parameters():
                if self.side.decays_biases or name.endswith("weight"):
                    squares = squares + parameter.square().sum()
        total: torch.Tensor = 0.5 * self.decay_rate * squares
        if self.side.logged_penalty is LoggedPenalty.TWICE:
            total = self.decay_rate * squares
        return total
