"""How long a late step is along a steady gradient: what people see of momentum, Adam and its like.

Of a parameter whose gradient is 1 at every step, in learning rates; without clipping, decay or schedule.
"""

from __future__ import annotations

import math

from engine.experiment.optimizers import BiasCorrection, EpsilonAt, OptimizerKind
from engine.experiment.side import Side
from engine.experiment.update_rules import Moments, Momentum, MomentumForm

BY_NUMBER = (BiasCorrection.PER_STEP, BiasCorrection.PER_EPOCH)
"""Both moments by a number that counts up."""


def late_step(side: Side) -> float | None:
    """None of a step that grows without limit, or of no number; Adagrad's goes to 0."""
    if side.optimizer.is_sgd:
        alone = side.moments.forgotten and side.has_moments
        return _alone(side) if alone else momentum_length(side.sgd_momentum)
    if side.optimizer.kind is OptimizerKind.ADAM:
        return _adam(side)
    square = _square(side)
    return None if square is None else _over_root(side, 1.0, square)


def momentum_length(momentum: Momentum) -> float | None:
    """(1 − d)/(1 − μ); of a running mean 1. With μ = 1 nothing is forgotten: the step grows without limit, or where
    nothing new comes in it stays PyTorch's undampened first gradient, or 0.
    """
    if momentum.form is MomentumForm.AVERAGED:
        return 1.0 if momentum.coefficient < 1 else 0.0
    if momentum.coefficient < 1:
        return (1 - momentum.dampening) / (1 - momentum.coefficient)
    if momentum.dampening < 1:
        return None
    return 0.0 if momentum.form.holds_rate else 1.0


def _alone(side: Side) -> float:
    """From a velocity of 0."""
    momentum = side.sgd_momentum
    if momentum.nesterov:
        return 1 + momentum.coefficient
    if momentum.form is MomentumForm.AVERAGED:
        return 1 - momentum.coefficient
    undampened = side.moments is Moments.NEW_OPTIMIZER and not momentum.form.holds_rate
    return 1.0 if undampened else 1 - momentum.dampening


def _square(side: Side) -> float | None:
    """RMSprop's or Adagrad's, which grows without limit where it is kept."""
    rule, forgotten = side.optimizer, side.moments.forgotten
    if rule.kind is OptimizerKind.RMSPROP:
        return 1 - rule.beta2 if forgotten else 1.0
    return rule.start + 1 if forgotten else None


def _adam(side: Side) -> float | None:
    rule, correction, forgotten = side.optimizer, side.bias_correction, side.moments.forgotten
    shares = 1 - rule.beta1, 1 - rule.beta2
    moment, square = shares if forgotten else (1.0, 1.0)
    first, second = 1.0, 1.0
    is_first = side.moments is Moments.NEW_OPTIMIZER
    if correction is BiasCorrection.FROM_ZERO:
        return None  # the first step has left no number
    if correction is BiasCorrection.CONSTANT or (correction in BY_NUMBER and is_first):
        first, second = shares
    elif is_first and correction is BiasCorrection.FIRST_MOMENT:
        first = shares[0]
    elif is_first and correction is BiasCorrection.SECOND_MOMENT:
        second = shares[1]
    if side.epsilon_at is EpsilonAt.UNCORRECTED:
        return math.sqrt(second) * _over_root(side, moment / first, square)
    return _over_root(side, moment / first, square / second)


def _over_root(side: Side, direction: float, square: float) -> float:
    epsilon = side.optimizer.epsilon
    root = math.sqrt(square + epsilon) if side.epsilon_at is EpsilonAt.INSIDE else math.sqrt(square) + epsilon
    return direction / root
