"""What an error costs the hand-written network: the gradient at the outputs, and the number that is logged.

N samples, C outputs: targets Y, outputs p and their pre-activations z are (N, C). Every choice of a side is an `if`;
the programs that are shown are made of this source, as of `numpy_mlp.py`'s.
"""

from __future__ import annotations

import numpy as np

from engine.experiment.choices import LossInput, LossReport, Objective, Reduction
from engine.experiment.loss_epsilon import LossEpsilonKind
from engine.experiment.side import Side
from engine.networks.numpy_functions import log_softmax, sigmoid, softmax
from engine.types import FloatArray


class NumpyLosses:
    """The costs of a side; `binary` says that a cross-entropy is that of each output for itself, `batch_size` is B,
    what a batch should have, W[1] (D, fan_out) the first layer's weight.
    """

    side: Side
    binary: bool
    batch_size: int
    data_samples: int
    W: dict[int, FloatArray]

    def output_gradient(self, error: FloatArray, p: FloatArray, Y: FloatArray) -> FloatArray:
        """The objective's gradient at the outputs p; `error` is p − Y. Of a fused loss it is that at the logits."""
        side = self.side
        if side.objective is Objective.SQUARED_ERROR:
            return self.reduce_squares(error, Y)
        if side.loss_input is LossInput.PROBABILITIES:
            gradient = self.pass_logarithm(p, Y)
        elif side.loss_input is LossInput.TWICE:
            q = self.squash(p)
            gradient = q - Y
        else:
            gradient = error
        return self.reduce(gradient, Y)

    def reduce_squares(self, error: FloatArray, Y: FloatArray) -> FloatArray:  # noqa: PLR0911 - each of them
        """The gradient of a sum or mean of squared errors; without a mean, of half of it."""
        if self.side.reduction is Reduction.MEAN:
            N, C = Y.shape
            return 2 / (N * C) * error
        if self.side.reduction is Reduction.TWICE_MEAN:
            N, C = Y.shape
            return 4 / (N * C) * error
        if self.side.reduction is Reduction.PER_OUTPUT:
            return 2 / Y.shape[1] * error
        if self.side.reduction is Reduction.MEAN_OF_SUMS:
            return 2 / len(Y) * error
        if self.side.reduction is Reduction.PER_BATCH_SIZE:
            return 1 / self.batch_size * error
        if self.side.reduction is Reduction.PER_DATA_SET:
            return 1 / self.data_samples * error
        if self.side.reduction is Reduction.PER_INPUT:
            return 1 / len(self.W[1]) * error
        if self.side.reduction is Reduction.PER_SAMPLE:
            return 1 / len(Y) * error
        if self.side.reduction is Reduction.PER_SAMPLE_TWICE:
            return 1 / len(Y) ** 2 * error
        if self.side.reduction is Reduction.TWICE_SUM:
            return 2 * error
        return error

    def squash(self, logits: FloatArray) -> FloatArray:
        """The probabilities that a cross-entropy of logits is about."""
        if self.binary:
            return sigmoid(logits)
        return softmax(logits)

    def pass_logarithm(self, p: FloatArray, Y: FloatArray) -> FloatArray:
        """The gradient at the outputs p of the costs −y·log p (− (1 − y)·log(1 − p))."""
        kind, epsilon = self.side.loss_epsilon.kind, self.side.loss_epsilon.epsilon
        if self.binary:
            if kind is LossEpsilonKind.LOGARITHM:
                return (1 - Y) / (1 - p + epsilon) - Y / (p + epsilon)
            if kind is LossEpsilonKind.DIVISOR:
                return (p - Y) / (p * (1 - p) + epsilon)
            # as nn.BCELoss, never more than 1e12 times the error
            return (p - Y) / np.maximum(p * (1 - p), 1e-12)
        if kind is LossEpsilonKind.NONE:
            return -Y / p
        return -Y / (p + epsilon)

    def reduce(self, gradient: FloatArray, Y: FloatArray) -> FloatArray:  # noqa: PLR0911 - each of them
        """The gradient of a cross-entropy's sum or mean, from that of its costs."""
        if self.side.reduction is Reduction.SUM:
            return gradient
        if self.side.reduction is Reduction.TWICE_SUM:
            return 2 * gradient
        if self.side.reduction is Reduction.PER_OUTPUT:
            return gradient / Y.shape[1]
        if self.side.reduction is Reduction.PER_BATCH_SIZE:
            return gradient / self.batch_size
        if self.side.reduction is Reduction.PER_DATA_SET:
            return gradient / self.data_samples
        if self.side.reduction is Reduction.PER_INPUT:
            return gradient / len(self.W[1])
        if self.side.reduction is Reduction.PER_SAMPLE_TWICE:
            return gradient / len(Y) ** 2
        if self.binary and self.side.reduction is Reduction.MEAN:
            N, C = Y.shape
            return gradient / (N * C)
        if self.binary and self.side.reduction is Reduction.TWICE_MEAN:
            N, C = Y.shape
            return 2 * gradient / (N * C)
        if self.side.reduction is Reduction.TWICE_MEAN:
            return 2 * gradient / len(Y)
        return gradient / len(Y)

    def report(self, error: FloatArray, z: FloatArray, p: FloatArray, Y: FloatArray) -> np.floating:
        """The number that is logged; z and p are the output's, `error` is p − Y, all (N, C)."""
        if self.side.loss_report is LossReport.MEAN_ABSOLUTE:
            return np.mean(np.abs(error))
        if not self.side.loss_report.of_probabilities:
            return self.report_squares(error)
        costs = self.costs(z, p, Y)
        if self.side.loss_report is LossReport.CROSS_ENTROPY_SUM:
            return np.sum(costs)
        if self.side.loss_report is LossReport.CROSS_ENTROPY_PER_SAMPLE:
            return np.sum(costs) / len(Y)
        if self.binary or self.side.loss_report is LossReport.CROSS_ENTROPY_PER_OUTPUT:
            return np.mean(costs)
        return np.sum(costs) / len(Y)

    def report_squares(self, error: FloatArray) -> np.floating:  # noqa: PLR0911 - each of them
        """What is logged of squared errors."""
        if self.side.loss_report is LossReport.MSE:
            return np.mean(np.square(error))
        if self.side.loss_report is LossReport.HALF_SUM:
            total: np.floating = np.sum(np.square(error))
            return 0.5 * total
        if self.side.loss_report is LossReport.SUM:
            return np.sum(np.square(error))
        if self.side.loss_report is LossReport.HALF_MEAN:
            return 0.5 * np.mean(np.square(error))
        if self.side.loss_report is LossReport.HALF_PER_SAMPLE:
            total = np.sum(np.square(error))
            return 0.5 * total / len(error)
        if self.side.loss_report is LossReport.SUM_PER_SAMPLE:
            return np.sum(np.square(error)) / len(error)
        return np.mean(error * (0.5 * np.mean(np.square(error))))

    def costs(self, z: FloatArray, p: FloatArray, Y: FloatArray) -> FloatArray:
        """The cross-entropy of each output (N, C)."""
        if self.side.loss_report is LossReport.CROSS_ENTROPY_EPSILON:
            if self.binary:
                return -(Y * np.log(p + 1e-8) + (1 - Y) * np.log(1 - p + 1e-8))
            return -(Y * np.log(p + 1e-8))
        if self.side.objective is Objective.SQUARED_ERROR or self.side.loss_input is LossInput.PROBABILITIES:
            if self.binary:
                # as nn.BCELoss, no logarithm below −100
                log_p = np.maximum(np.log(p), -100)
                log_q = np.maximum(np.log(1 - p), -100)
                return -(Y * log_p + (1 - Y) * log_q)
            return -(Y * np.log(p))
        logits = z
        if self.side.loss_input is LossInput.TWICE:
            logits = p
        if self.binary:
            return np.maximum(logits, 0) - logits * Y + np.log1p(np.exp(-np.abs(logits)))
        return -(Y * log_softmax(logits))
