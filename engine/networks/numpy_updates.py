"""How the hand-written network moves by its gradients: clipping, weight decay, momentum, Adam and its like.

A parameter, its gradient and its moments have one shape. Every choice of a side is an `if`; the programs that are shown
are made of this source, as of `numpy_mlp.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from engine.experiment.choices import BiasGradient, LoggedPenalty, RateIn
from engine.experiment.clipping import ClippingKind
from engine.experiment.optimizers import BiasCorrection, EpsilonAt, OptimizerKind
from engine.experiment.side import Side
from engine.experiment.update_rules import DecayFactor, DecayForm, Moments, MomentumForm
from engine.types import FloatArray

Moment = FloatArray | float
"""A number before the first update."""


class NumpyUpdates:
    """The update of a side: of layer i weight W[i] and bias b[i] by their gradients dW[i] and db[i], with velocities or
    first moments V[i] and U[i], and second moments S[i] and R[i]. A full batch has so many samples, an epoch so many
    updates.
    """

    side: Side
    samples: int
    updates_per_epoch: int
    L: int
    bias: Mapping[int, bool]
    decays_weight: Mapping[int, bool]
    decays_bias: Mapping[int, bool]
    W: dict[int, FloatArray]
    b: dict[int, FloatArray]
    dW: dict[int, Any]
    db: dict[int, Any]
    V: dict[int, Moment]
    U: dict[int, Moment]
    S: dict[int, Moment]
    R: dict[int, Moment]

    def clip(self, layers: Iterable[int]) -> None:  # noqa: PLR0912 - each of them
        """Make the gradients of these layers smaller where they are too large, in place: they may be kept."""
        kind, bound = self.side.clipping.kind, self.side.clipping.bound
        if kind is ClippingKind.NORM or kind is ClippingKind.EXACT_NORM:
            # clip all by one norm
            squares = 0.0
            for i in layers:
                squares = squares + np.sum(np.square(self.dW[i]))
                if self.bias[i] and self.side.bias_gradient is not BiasGradient.NONE:
                    squares = squares + np.sum(np.square(self.db[i]))
            if kind is ClippingKind.NORM:
                factor = np.minimum(bound / (np.sqrt(squares) + 1e-6), 1.0)
            else:
                factor = bound / np.maximum(np.sqrt(squares), bound)
            for i in layers:
                self.dW[i] *= factor
                if self.bias[i] and self.side.bias_gradient is not BiasGradient.NONE:
                    self.db[i] *= factor
        elif kind is ClippingKind.TENSOR_NORM:
            # clip each by its own norm
            for i in layers:
                self.dW[i] *= np.minimum(bound / (np.sqrt(np.sum(np.square(self.dW[i]))) + 1e-6), 1.0)
                if self.bias[i] and self.side.bias_gradient is not BiasGradient.NONE:
                    self.db[i] *= np.minimum(bound / (np.sqrt(np.sum(np.square(self.db[i]))) + 1e-6), 1.0)
        elif kind is ClippingKind.VALUE:
            # clip each element
            for i in layers:
                np.minimum(np.maximum(self.dW[i], -bound), bound, out=self.dW[i])
                if self.bias[i] and self.side.bias_gradient is not BiasGradient.NONE:
                    np.minimum(np.maximum(self.db[i], -bound), bound, out=self.db[i])

    def update(self, i: int, learning_rate: float, t: int) -> None:
        """Move the weight and the bias of layer i; update number t, from 1."""
        step_size = learning_rate
        if self.side.rate_in is RateIn.DELTA:
            step_size = 1.0
        gradient = self.dW[i]
        if self.decays_weight[i]:
            gradient = self.decay(self.W[i], self.dW[i], step_size)
        if self.side.optimizer.is_sgd:
            self.V[i] = self.descend(self.W[i], gradient, self.V[i], step_size, t)
        else:
            self.V[i], self.S[i] = self.adapt(self.W[i], gradient, self.V[i], self.S[i], step_size, t)
        if self.bias[i] and self.side.bias_gradient is not BiasGradient.NONE:
            gradient = self.db[i]
            if self.decays_bias[i]:
                gradient = self.decay(self.b[i], self.db[i], step_size)
            if self.side.optimizer.is_sgd:
                self.U[i] = self.descend(self.b[i], gradient, self.U[i], step_size, t)
            else:
                self.U[i], self.R[i] = self.adapt(self.b[i], gradient, self.U[i], self.R[i], step_size, t)

    def decay(self, parameter: FloatArray, gradient: FloatArray, learning_rate: float) -> FloatArray:
        """The gradient with weight decay in it; a decay beside the step moves the parameter, in place."""
        if self.side.weight_decay.rate == 0:
            return gradient
        rate = self.decay_rate()
        if self.side.weight_decay.form is DecayForm.DECOUPLED:
            parameter *= 1 - learning_rate * rate
            return gradient
        return gradient + rate * parameter

    def decay_rate(self) -> float:
        """What stands before w in the gradient."""
        if self.side.decay_factor is DecayFactor.TWICE:
            return 2 * self.side.weight_decay.rate
        if self.side.decay_factor is DecayFactor.PER_SAMPLE:
            return self.side.weight_decay.rate / self.samples
        return self.side.weight_decay.rate

    def penalty(self) -> Any:
        """What weight decay is the gradient of, at the present weights, or twice that where it is logged so."""
        rate = self.decay_rate()
        squares = 0.0
        for i in range(1, self.L + 1):
            if self.decays_weight[i]:
                squares = squares + np.sum(np.square(self.W[i]))
            if self.decays_bias[i] and self.bias[i]:
                squares = squares + np.sum(np.square(self.b[i]))
        if self.side.logged_penalty is LoggedPenalty.TWICE:
            return rate * squares
        return 0.5 * rate * squares

    def descend(
        self, parameter: FloatArray, gradient: FloatArray, velocity: Moment, learning_rate: float, t: int
    ) -> Moment:
        """Move a parameter, in place, against its gradient; returns its new velocity."""
        if self.side.momentum.coefficient > 0:
            return self.roll(parameter, gradient, velocity, learning_rate, t)
        if self.side.rate_in is RateIn.DELTA:
            parameter -= gradient
        else:
            parameter += -learning_rate * gradient
        return velocity

    def roll(
        self, parameter: FloatArray, gradient: FloatArray, velocity: Moment, learning_rate: float, t: int
    ) -> Moment:
        """As `descend`, along a momentum."""
        momentum = self.side.momentum
        if self.side.moments.forgotten:
            velocity = 0.0
        elif self.side.moments is Moments.FIRST_DROPPED and t == 1:
            gradient = 0.0 * gradient
        if momentum.form is MomentumForm.TEXTBOOK:
            rate = -learning_rate
            if momentum.dampening > 0:
                rate = -learning_rate * (1 - momentum.dampening)
            velocity = momentum.coefficient * velocity + rate * gradient
            parameter += velocity
        elif momentum.form is MomentumForm.TEXTBOOK_NESTEROV:
            parameter -= momentum.coefficient * velocity
            velocity = momentum.coefficient * velocity + -learning_rate * gradient
            parameter += (1 + momentum.coefficient) * velocity
        elif momentum.form is MomentumForm.AVERAGED:
            velocity = momentum.coefficient * velocity + (1 - momentum.coefficient) * gradient
            parameter += -learning_rate * velocity
        else:
            # the first gradient is not dampened
            if momentum.dampening > 0 and self.side.moments is not Moments.NEW_OPTIMIZER and t > 1:
                gradient = (1 - momentum.dampening) * gradient
            velocity = momentum.coefficient * velocity + gradient
            if momentum.form is MomentumForm.NESTEROV:
                ahead = gradient + momentum.coefficient * velocity
                parameter += -learning_rate * ahead
            else:
                parameter += -learning_rate * velocity
        return velocity

    def adapt(
        self, parameter: FloatArray, gradient: FloatArray, moment: Moment, square: Moment, learning_rate: float, t: int
    ) -> tuple[Moment, Moment]:
        """Move a parameter, in place, against its gradient over the usual size of that; returns its new moments."""
        rule = self.side.optimizer
        if self.side.moments is Moments.FIRST_DROPPED and t == 1:
            gradient = 0.0 * gradient
        if rule.kind is OptimizerKind.ADAGRAD and self.side.moments.forgotten:
            square = rule.start + gradient * gradient
            self.move(parameter, gradient, square, learning_rate)
        elif rule.kind is OptimizerKind.ADAGRAD:
            square = square + gradient * gradient
            self.move(parameter, gradient, square, learning_rate)
        elif rule.kind is OptimizerKind.RMSPROP:
            if self.side.moments.forgotten:
                square = 0.0
            square = rule.beta2 * square + (1 - rule.beta2) * gradient * gradient
            self.move(parameter, gradient, square, learning_rate)
        else:
            if self.side.moments.forgotten:
                moment = 0.0
                square = 0.0
            moment = rule.beta1 * moment + (1 - rule.beta1) * gradient
            square = rule.beta2 * square + (1 - rule.beta2) * gradient * gradient
            self.move_corrected(parameter, moment, square, learning_rate, t)
        return moment, square

    def move_corrected(
        self, parameter: FloatArray, moment: FloatArray, square: FloatArray, learning_rate: float, t: int
    ) -> None:
        """Adam's step, from moments that started at 0."""
        if self.side.bias_correction is BiasCorrection.NONE:
            self.move(parameter, moment, square, learning_rate)
        elif self.side.bias_correction is BiasCorrection.FIRST_MOMENT:
            first = self.correction(self.side.optimizer.beta1, t)
            self.move(parameter, moment / first, square, learning_rate)
        elif self.side.bias_correction is BiasCorrection.SECOND_MOMENT:
            second = self.correction(self.side.optimizer.beta2, t)
            if self.side.epsilon_at is EpsilonAt.UNCORRECTED:
                rate = learning_rate * second**0.5
                self.move(parameter, moment, square, rate)
            else:
                self.move(parameter, moment, square / second, learning_rate)
        else:
            first = self.correction(self.side.optimizer.beta1, t)
            second = self.correction(self.side.optimizer.beta2, t)
            if self.side.epsilon_at is EpsilonAt.UNCORRECTED:
                rate = learning_rate * second**0.5
                self.move(parameter, moment / first, square, rate)
            else:
                self.move(parameter, moment / first, square / second, learning_rate)

    def correction(self, beta: float, t: int) -> float:
        """The weight of all gradients in a moment that started at 0."""
        if self.side.bias_correction is BiasCorrection.CONSTANT:
            return 1 - beta
        if self.side.moments is Moments.NEW_OPTIMIZER:
            return self.first_correction(beta)
        if self.side.bias_correction is BiasCorrection.FROM_ZERO:
            return 1 - beta ** (t - 1)
        if self.side.bias_correction is BiasCorrection.PER_EPOCH:
            epoch = (t - 1) // self.updates_per_epoch + 1
            return 1 - beta**epoch
        return 1 - beta**t

    def first_correction(self, beta: float) -> float:
        """That of a first step."""
        if self.side.bias_correction is BiasCorrection.FROM_ZERO:
            return 1 - beta**0
        return 1 - beta

    def move(self, parameter: FloatArray, direction: FloatArray, square: FloatArray, rate: float) -> None:
        """Along a direction over a root, of which no element is 0."""
        if self.side.epsilon_at is EpsilonAt.INSIDE:
            parameter += -rate * direction / np.sqrt(square + self.side.optimizer.epsilon)
        else:
            parameter += -rate * direction / (np.sqrt(square) + self.side.optimizer.epsilon)
