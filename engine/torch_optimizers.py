"""The updates that `torch.optim.SGD` does not offer: the textbook's momentum, and decoupled weight decay.

The forms themselves are described in `update_rules.py`. Importing this module imports torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from engine.settings import Side
from engine.update_rules import DecayForm, Momentum, MomentumForm


def build_optimizer(parameters: Iterable[torch.nn.Parameter], side: Side) -> torch.optim.Optimizer:
    """`torch.optim.SGD`, or the textbook's form; decoupled decay goes before its step."""
    decay, momentum = side.weight_decay, side.momentum
    in_gradient = decay.rate if decay.form is DecayForm.IN_GRADIENT else 0.0
    optimizer: torch.optim.Optimizer
    if momentum.coefficient and momentum.form is MomentumForm.TEXTBOOK:
        optimizer = TextbookSGD(parameters, side.learning_rate, momentum, in_gradient)
    else:
        optimizer = torch.optim.SGD(
            parameters,
            lr=side.learning_rate,
            momentum=momentum.coefficient,
            dampening=momentum.dampening,
            weight_decay=in_gradient,
        )
    if decay.rate and decay.form is DecayForm.DECOUPLED:
        kept = 1 - side.learning_rate * decay.rate
        optimizer.register_step_pre_hook(lambda optimizer, *_: _shrink(optimizer, kept))
    return optimizer


def _shrink(optimizer: torch.optim.Optimizer, kept: float) -> None:
    with torch.no_grad():
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.mul_(kept)


class TextbookSGD(torch.optim.Optimizer):
    """v ← μ·v − η·(1 − d)·g; W ← W + v. The buffer has `torch.optim.SGD`'s name."""

    def __init__(
        self, parameters: Iterable[torch.nn.Parameter], learning_rate: float, momentum: Momentum, weight_decay: float
    ) -> None:
        super().__init__(parameters, {})
        self._coefficient = momentum.coefficient
        self._minus_share = -learning_rate * (1 - momentum.dampening)
        self._weight_decay = weight_decay

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update."""
        for group in self.param_groups:
            for parameter in group["params"]:
                gradient = parameter.grad
                if self._weight_decay:
                    gradient = gradient.add(parameter, alpha=self._weight_decay)
                velocity = self.state[parameter].get(MOMENTUM_BUFFER)
                if velocity is None:
                    velocity = self.state[parameter][MOMENTUM_BUFFER] = torch.zeros_like(parameter)
                velocity.mul_(self._coefficient).add_(gradient, alpha=self._minus_share)
                parameter.add_(velocity)


MOMENTUM_BUFFER = "momentum_buffer"
"""Where `torch.optim.SGD` keeps a parameter's velocity in its state."""
