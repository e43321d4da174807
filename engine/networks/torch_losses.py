"""PyTorch's losses: the one whose gradient is taken, and what is logged of a prediction.

Every choice of a side is an `if`; the programs that are shown are made of this source, as of `torch_mlp.py`'s.
Importing this module imports torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from engine.experiment.choices import LossInput, LossReport, Objective, Reduction, SoftmaxForm
from engine.experiment.loss_epsilon import LossEpsilonKind
from engine.experiment.side import Side
from engine.networks.torch_slip import (
    costs_divided_by_more,
    costs_of_plain_softmax,
    costs_of_softmax_over_all,
    costs_of_softmax_over_samples,
)


class TorchLosses:
    """The losses of a side, of predictions (N, C) and targets (N, C)."""

    side: Side
    model: Any
    criterion: Any
    binary: bool
    fused: bool
    batch_size: int
    data_samples: int

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
        if self.side.loss_report is LossReport.CROSS_ENTROPY_PER_SAMPLE:
            return costs.sum() / len(Y)
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
