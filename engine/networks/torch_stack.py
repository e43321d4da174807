"""PyTorch's network for many runs at once: `torch_mlp.py`'s own step over stacked parameters.

`torch.optim` itself moves the stack, so all runs of one have the same numbers. A stack is its runs up to rounding, not
to the last bit as in NumPy: PyTorch's exponential rounds by an element's place in its array, and `bmm` sums small
products in another order than `mm`. Importing this module imports torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from engine.experiment.batch_rules import Batches
from engine.experiment.choices import LossInput, LossReport, Objective, Precision, Reduction, SoftmaxForm, TargetShape
from engine.experiment.clipping import ClippingKind
from engine.experiment.gradient_factors import Sizes, gradient_factor
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.networks.learning_rates import LearningRates
from engine.networks.network_data import NetworkData
from engine.networks.places import Kind, Place, Tensors
from engine.networks.recorded_number import recorded_numbers
from engine.networks.stacked_batches import StackedBatches
from engine.networks.stacked_runs import EpochLogs, Logged, Reported, StackedRun
from engine.networks.torch_device import find_device
from engine.networks.torch_mlp import TorchMLP
from engine.networks.torch_replay import Recorder, TorchReplay, numbers_of_step
from engine.networks.torch_start import activation_modules
from engine.types import FloatArray


class StackedLinear(nn.Module):
    """R layers: weight (R, fan_out, fan_in), bias (R, 1, fan_out) or none."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(R, N, fan_out) from (R, N, fan_in)."""
        if self.bias is None:
            return inputs @ self.weight.mT
        # Of one sample the gradient of the bias would stand in δ's own memory, and clipping changes it in place.
        bias = self.bias * 1 if inputs.shape[1] == 1 else self.bias
        return torch.baddbmm(bias, inputs, self.weight.mT)


class StackedTorchMLP(TorchMLP):
    """R networks; what a step returns are the numbers that each run would log, (reports, R): those of `before` it, and
    of `after`.
    """

    def __init__(
        self,
        side: Side,
        model: nn.Sequential,
        binary: bool,
        batches: Batches,
        data_samples: int,
        before: Sequence[Reported],
        after: Sequence[Reported],
    ) -> None:
        super().__init__(side, model, binary, batches.size, batches.count, data_samples)
        self._before, self._after = before, after
        self._penalties: torch.Tensor | None = None

    def objective(self, prediction: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """The sum over all runs of each run's objective: each run's gradient is its own."""
        side, (N, C) = self.side, prediction.shape[1:]
        if side.objective is Objective.SQUARED_ERROR:
            total = (prediction - Y).square().sum()
            if side.target_shape is TargetShape.FLAT and side.reduction is Reduction.MEAN:
                # of all pairs
                total = total / N
        elif side.adds_loss_epsilon:
            total = self.costs_with_epsilon(prediction, Y).sum()
        elif self.binary and side.loss_input is LossInput.PROBABILITIES:
            # A run that has diverged has nothing to say, and must not end the others.
            total = nn.functional.binary_cross_entropy(prediction.nan_to_num(nan=0.5), Y, reduction="sum")
        elif side.sums_costs and side.softmax_form is not SoftmaxForm.STABLE and self.fused:
            total = self.sample_costs(prediction, Y).sum()
        else:
            total = self._own_costs(prediction, Y).sum()
        sizes = Sizes(N, self.model[0].weight.shape[-1], C, self.data_samples)
        scale = 0.5 if side.objective is Objective.SQUARED_ERROR else 1.0
        return total * (scale * gradient_factor(side, sizes))

    def clip(self, module: nn.Module) -> None:
        """Each run's gradients by its own norm."""
        kind, bound = self.side.clipping.kind, self.side.clipping.bound
        if kind not in (ClippingKind.NORM, ClippingKind.EXACT_NORM, ClippingKind.TENSOR_NORM):
            super().clip(module)
            return
        gradients = [one.grad for one in module.parameters() if one.grad is not None]
        squares = [one.square().sum((1, 2), keepdim=True) for one in gradients]
        of_all = torch.stack(squares).sum(0)
        for gradient, own in zip(gradients, squares, strict=True):
            norm = (own if kind is ClippingKind.TENSOR_NORM else of_all).sqrt()
            if kind is ClippingKind.EXACT_NORM:
                gradient.mul_(bound / norm.clamp(min=bound))
            else:
                gradient.mul_((bound / (norm + 1e-6)).clamp(max=1.0))

    def _own_costs(self, prediction: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """Of the cross-entropy that is trained on, whatever is logged."""
        with_own = copy(self)
        with_own.side = replace(self.side, loss_report=LossReport.CROSS_ENTROPY)
        return with_own.costs(prediction, Y)

    def report(self, loss: torch.Tensor, prediction: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """`TorchMLP.report` of each run, for each of the reports before a step."""
        return self.reports(self._before, prediction.detach(), Y)

    def logged_step(self, X: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """One update; what the reports say before and after it."""
        self._penalties = self.penalties(self._before)
        before = self.step(X, Y)
        return torch.cat([before, self.measured(self._after, X, Y)]) if self._after else before

    def measured(self, reports: Sequence[Reported], X: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """What these reports say of the present weights, (reports, R)."""
        with torch.no_grad():
            self._penalties = self.penalties(reports)
            return self.reports(reports, self.model(X), Y)

    def penalties(self, reports: Sequence[Reported]) -> torch.Tensor | None:
        """What weight decay is the gradient of, of each run (R,), where one of the reports has it."""
        if not any(one.penalties for one in reports):
            return None
        with torch.no_grad():
            squares = [
                parameter.square().sum((1, 2)) for parameter in self.model.parameters() if parameter in self.decaying
            ]
            if not squares:
                return None
            return torch.stack(squares).sum(0) * (0.5 * self.decay_rate)

    def reports(self, reports: Sequence[Reported], prediction: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """(reports, R) from (R, N, C) twice; with the penalties of the weights that are reported on."""
        found = [self._report(one.loss, prediction, Y) for one in reports]
        if self._penalties is not None:
            found = [
                loss + one.penalties * self._penalties if one.penalties else loss
                for one, loss in zip(reports, found, strict=True)
            ]
        return torch.stack(found) if found else prediction.new_empty(0, len(prediction))

    def _report(self, report: LossReport, prediction: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """(R,) from (R, N, C) twice."""
        if report.of_probabilities:
            reporting = copy(self)
            reporting.side = replace(self.side, loss_report=report)
            costs = reporting.costs(prediction, Y).flatten(1)
            if report is LossReport.CROSS_ENTROPY_SUM:
                return costs.sum(1)
            if report is not LossReport.CROSS_ENTROPY_PER_SAMPLE and (
                self.binary or report is LossReport.CROSS_ENTROPY_PER_OUTPUT
            ):
                return costs.mean(1)
            return costs.sum(1) / prediction.shape[1]
        error = self.probabilities(prediction) - Y
        if report is LossReport.HALF_PER_SAMPLE:
            return error.flatten(1).square().sum(1) * 0.5 / error.shape[1]
        if report is LossReport.SUM_PER_SAMPLE:
            return error.flatten(1).square().sum(1) / error.shape[1]
        return _of_errors(report, error.flatten(1))


def _of_errors(report: LossReport, error: torch.Tensor) -> torch.Tensor:
    """(R,) from (R, N·C)."""
    if report is LossReport.MEAN_ABSOLUTE:
        return error.abs().mean(1)
    if report is LossReport.MSE:
        return error.square().mean(1)
    if report in (LossReport.HALF_SUM, LossReport.SUM):
        return error.square().sum(1) * (0.5 if report is LossReport.HALF_SUM else 1.0)
    if report is LossReport.HALF_MEAN:
        return error.square().mean(1) * 0.5
    return (error * (0.5 * error.square().mean(1, keepdim=True))).mean(1)


class TorchStack:
    """R runs of one structure; weights are (R, fan_out, fan_in), activations (R, N, fan_out). Raises `DeviceError`."""

    def __init__(self, settings: Settings, runs: Sequence[StackedRun], logs: Sequence[Logged]) -> None:
        side = runs[0].side
        device = find_device(settings.device)
        dtype = torch.float64 if side.precision is Precision.FLOAT64 else torch.float32

        def tensor(array: FloatArray) -> torch.Tensor:
            return torch.tensor(array, dtype=dtype, device=device)

        starts = [run.start(settings) for run in runs]
        self._linear_layers = []
        modules: list[nn.Module] = []
        for layer, activation in enumerate(activation_modules(settings.activations, side)):
            weight = tensor(np.stack([start[layer].weight for start in starts]))
            biases = [one for one in (start[layer].bias for start in starts) if one is not None]
            bias = tensor(np.stack(biases)[:, None, :]) if biases else None
            self._linear_layers.append(StackedLinear(weight, bias))
            modules += [self._linear_layers[-1], activation]
        data = NetworkData.of(settings.data, side)
        self._X, self._Y = tensor(data.X), tensor(data.Y)
        self._batches, self._logs = StackedBatches(settings, runs), EpochLogs(logs)
        self._flat = side.target_shape is TargetShape.FLAT
        self._runs = len(runs)
        self._network = StackedTorchMLP(
            side,
            nn.Sequential(*modules),
            settings.is_binary(side),
            settings.batches(side),
            settings.data.samples,
            self._logs.before,
            self._logs.after,
        )
        self._rates = LearningRates(settings, side)
        self._taken = 0
        self._seen: set[bool] = set()
        self._replays: dict[bool, TorchReplay] = {}
        self._tensors: dict[bool, tuple[torch.Tensor, torch.Tensor]] = {}

    def step(self) -> FloatArray:
        """As `Stack.step`."""
        self._batches.begin_epoch()
        for index in range(self._batches.batches.count):
            self._logs.add(_double(self._update(index)))
        whole = self._network.measured(self._logs.whole, *self._of_runs(self._X, self._Y))
        return self._logs.close(_double(whole))

    def _update(self, index: int) -> torch.Tensor:
        """The second of each size of batch is recorded, and run again from then on."""
        full = self._batches.is_full(index)
        X, Y = self._batch(index, full)
        if self._rates.change:
            self._network.give_rate(self._rates.at(self._taken, self._network.side.learning_rate))
        self._taken += 1
        if full in self._replays:
            return self._replays[full].run_on_device({"t": self._taken})
        side = self._network.side
        if full not in self._seen or self._rates.change or side.makes_optimizers or side.counts_updates:
            self._seen.add(full)
            return self._network.logged_step(X, Y)
        with Recorder() as recorder:
            logged = self._network.logged_step(X, Y)
        numbers = recorded_numbers({"t": self._taken})[0]
        made = numbers_of_step(side, side.learning_rate, numbers["t"])
        self._replays[full] = TorchReplay(recorder.calls, logged, made)
        return logged

    def _batch(self, index: int, full: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """X (R, N, D) and Y (R, N, C); each size in tensors of its own."""
        if self._batches.takes_all:
            if full not in self._tensors:
                self._tensors[full] = self._of_runs(self._X, self._Y)
            return self._tensors[full]
        samples = self._batches.samples(index)
        if isinstance(samples, slice):
            gathered = self._of_runs(self._X[samples], self._Y[samples])
        else:
            places = torch.from_numpy(np.ascontiguousarray(samples)).to(self._X.device)
            gathered = self._of_runs(self._X[places], self._Y[places])
        if full not in self._tensors:
            self._tensors[full] = gathered[0].clone(), gathered[1].clone()
        for kept, new in zip(self._tensors[full], gathered, strict=True):
            kept.copy_(new)
        return self._tensors[full]

    def _of_runs(self, X: torch.Tensor, Y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(R, N, D) and (R, N, C) from those of each run, or of all of them."""
        X, Y = (one if one.dim() == 3 else one.expand(self._runs, *one.shape) for one in (X, Y))
        return X, Y.mT if self._flat else Y

    def parameters(self) -> Tensors:
        """As `Stack.parameters`."""
        found: Tensors = {}
        for layer, linear in enumerate(self._linear_layers, start=1):
            found[Place(Kind.WEIGHT, layer)] = _double(linear.weight)
            lacking = np.zeros(linear.weight.shape[:2])
            found[Place(Kind.BIAS, layer)] = lacking if linear.bias is None else _double(linear.bias[:, 0])
        return found


def _double(tensor: torch.Tensor) -> FloatArray:
    return tensor.detach().cpu().double().numpy().copy()
