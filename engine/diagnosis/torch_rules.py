"""One step of an update rule that `torch.optim` does not have, on tensors. Importing this module imports torch."""

from __future__ import annotations

import torch

from engine.experiment.optimizers import BiasCorrection, EpsilonAt, OptimizerKind
from engine.experiment.side import Side
from engine.experiment.update_rules import Moments

Kept = tuple[torch.Tensor, torch.Tensor]
"""A first and a second moment."""


def moved(side: Side, gradient: torch.Tensor, kept: Kept, t: int) -> tuple[torch.Tensor, Kept]:
    """What step t, from 1, is of the learning rate, and the new moments."""
    m, v = kept
    rule = side.optimizer
    if side.moments is Moments.FIRST_DROPPED and t == 1:
        gradient = 0.0 * gradient
    if side.moments.forgotten:
        m, v = torch.zeros_like(m), torch.full_like(v, rule.start)
    if rule.kind is OptimizerKind.SGD:
        momentum = side.momentum
        dampened = (1 - momentum.dampening) * gradient if t > 1 and momentum.dampening > 0 else gradient
        m = momentum.coefficient * m + dampened
        return (dampened + momentum.coefficient * m if momentum.nesterov else m), (m, v)
    if rule.kind is OptimizerKind.ADAGRAD:
        v = v + gradient * gradient
        return over_root(side, gradient, v), (m, v)
    if rule.kind is OptimizerKind.RMSPROP:
        v = rule.beta2 * v + (1 - rule.beta2) * gradient * gradient
        return over_root(side, gradient, v), (m, v)
    m = rule.beta1 * m + (1 - rule.beta1) * gradient
    v = rule.beta2 * v + (1 - rule.beta2) * gradient * gradient
    first, second = corrections(side, t)
    if side.epsilon_at is EpsilonAt.UNCORRECTED:
        return second**0.5 * over_root(side, m / first, v), (m, v)
    return over_root(side, m / first, v / second), (m, v)


def corrections(side: Side, t: int) -> tuple[float, float]:
    """What Adam's moments are divided by at step t."""
    rule = side.optimizer
    if side.bias_correction is BiasCorrection.NONE:
        return 1.0, 1.0
    if side.bias_correction is BiasCorrection.CONSTANT:
        return 1 - rule.beta1, 1 - rule.beta2
    power = 1 if side.moments is Moments.NEW_OPTIMIZER else t
    if side.bias_correction is BiasCorrection.FROM_ZERO:
        power -= 1
    return 1 - rule.beta1**power, 1 - rule.beta2**power


def over_root(side: Side, direction: torch.Tensor, square: torch.Tensor) -> torch.Tensor:
    """The direction over a root, ε outside or inside."""
    if side.epsilon_at is EpsilonAt.INSIDE:
        return direction / torch.sqrt(square + side.optimizer.epsilon)
    return direction / (torch.sqrt(square) + side.optimizer.epsilon)
