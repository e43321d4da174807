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
    LossInput,
    LossReport,
    Objective,
    RateIn,
    Reduction,
    SentDown,
    SoftmaxForm,
)
from engine.experiment.gradient_factors import batch_size
from engine.experiment.loss_epsilon import LossEpsilonKind
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
from engine.networks.torch_slip import (
    costs_divided_by_more,
    costs_of_plain_softmax,
    costs_of_softmax_over_all,
    costs_of_softmax_over_samples,
)
from engine.networks.torch_updates import TorchUpdates


class TorchMLP(TorchUpdates):
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

    def loss_function(self) -> nn.Module:  # noqa: PLR0911 - each of them
        """As `torch.nn` has it; a cross-entropy of softmax's outputs is missing there."""
        mean = self.side.takes_mean
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

    def objective(self, prediction: torch.Tensor, Y: torch.Tensor) -> Any:
        """The number whose gradient is taken."""
        side = self.side
        if side.sums_costs:
            costs = self.sample_costs(prediction, Y)
            if side.takes_mean:
                return costs.mean()
            total = costs.sum()
        elif side.takes_mean:
            return self.criterion(prediction, Y)
        else:
            total = self.criterion(prediction, Y)
        return self.reduce(total, prediction)

    def sample_costs(self, prediction: torch.Tensor, Y: torch.Tensor) -> Any:
        """The cross-entropy of each sample (N,), or where it is that of each output for itself (N, C)."""
        if self.side.adds_loss_epsilon:
            return self.costs_with_epsilon(prediction, Y)
        if self.side.loss_input is LossInput.PROBABILITIES:
            return -(Y * torch.log(prediction)).sum(dim=1)
        if self.side.softmax_form is SoftmaxForm.PLAIN:
            return costs_of_plain_softmax(prediction, Y)
        if self.side.softmax_form is SoftmaxForm.OVER_ALL:
            return costs_of_softmax_over_all(prediction, Y)
        return costs_of_softmax_over_samples(prediction, Y)

    def costs_with_epsilon(self, prediction: torch.Tensor, Y: torch.Tensor) -> Any:
        """As `sample_costs`, of probabilities (N, C), or their gradient alone, with an ε."""
        kind, epsilon = self.side.loss_epsilon.kind, self.side.loss_epsilon.epsilon
        if not self.binary:
            return -(Y * torch.log(prediction + epsilon)).sum(dim=-1)
        if kind is LossEpsilonKind.DIVISOR:
            return costs_divided_by_more(prediction, Y, epsilon)
        return -(Y * torch.log(prediction + epsilon) + (1 - Y) * torch.log(1 - prediction + epsilon))

    def reduce(self, total: torch.Tensor, prediction: torch.Tensor) -> torch.Tensor:  # noqa: PLR0911 - each of them
        """The objective, from the sum of all squared errors or cross-entropies; the prediction is (N, C)."""
        side = self.side
        if side.reduction is Reduction.PER_OUTPUT:
            return total / prediction.shape[1]
        if side.reduction is Reduction.TWICE_MEAN and side.objective is not Objective.CROSS_ENTROPY:
            return 2 * total / prediction.numel()
        if side.reduction is Reduction.TWICE_MEAN:
            return 2 * total / len(prediction)
        if side.objective is Objective.SQUARED_ERROR:
            if side.reduction is Reduction.TWICE_SUM:
                return total
            if side.reduction is not Reduction.MEAN_OF_SUMS:
                total = total * 0.5
        elif side.reduction is Reduction.TWICE_SUM:
            return total * 2
        if side.reduction is Reduction.PER_BATCH_SIZE:
            return total / self.batch_size
        if side.reduction is Reduction.PER_DATA_SET:
            return total / self.data_samples
        if side.reduction is Reduction.PER_INPUT:
            inputs: int = self.model[0].weight.shape[-1]
            return total / inputs
        if side.reduction is Reduction.PER_SAMPLE or side.reduction is Reduction.MEAN_OF_SUMS:
            return total / len(prediction)
        if side.reduction is Reduction.PER_SAMPLE_TWICE:
            return total / len(prediction) ** 2
        return total

    def report(self, loss: torch.Tensor, prediction: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """The number that is logged; `loss` is the one whose gradient was taken."""
        if self.side.logs_objective:
            return loss
        return self.measure(prediction, Y)

    def measure(self, prediction: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """A number that is only logged."""
        if self.side.loss_report.of_probabilities:
            return self.cross_entropy(prediction, Y)
        p = self.probabilities(prediction)
        if self.side.loss_report is LossReport.MEAN_ABSOLUTE:
            return nn.functional.l1_loss(p, Y)
        return self.squares(p, Y)

    def squares(self, p: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:  # noqa: PLR0911 - each of them
        """What is logged of squared errors."""
        if self.side.loss_report is LossReport.MSE:
            return nn.functional.mse_loss(p, Y)
        if self.side.loss_report is LossReport.HALF_SUM:
            return nn.functional.mse_loss(p, Y, reduction="sum") * 0.5
        if self.side.loss_report is LossReport.SUM:
            return nn.functional.mse_loss(p, Y, reduction="sum")
        if self.side.loss_report is LossReport.HALF_MEAN:
            return nn.functional.mse_loss(p, Y) * 0.5
        if self.side.loss_report is LossReport.HALF_PER_SAMPLE:
            return nn.functional.mse_loss(p, Y, reduction="sum") * 0.5 / len(Y)
        if self.side.loss_report is LossReport.SUM_PER_SAMPLE:
            return nn.functional.mse_loss(p, Y, reduction="sum") / len(Y)
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
        if self.side.softmax_form is SoftmaxForm.PLAIN:
            powers = torch.exp(logits)
            return powers / powers.sum(dim=-1, keepdim=True)
        if self.side.softmax_form is SoftmaxForm.OVER_SAMPLES:
            return torch.softmax(logits, dim=-2)
        if self.side.softmax_form is SoftmaxForm.OVER_ALL:
            return torch.softmax(logits.flatten(-2), dim=-1).reshape(logits.shape)
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
