"""Many runs trained as one: what they share, what tells them apart, and the update of all of them at once.

The two batches, `numpy_batch.py` and `torch_batch.py`, stack the runs' arrays along a leading dimension of length R.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from engine.initial_weights import LayerStart, initial_layers
from engine.places import Tensors
from engine.settings import InitialWeights, LogMoment, LossReport, Settings, Side
from engine.types import FloatArray
from engine.update_rules import DecayForm, MomentumForm

FROM_PYTORCHS_STREAM = (InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64)


@dataclass(frozen=True)
class BatchRun:
    """One side's training, without what only the plotted number depends on.

    `bias_drawn` lets a side without a bias start from the weights it would have with one.
    """

    side: Side
    seed: int
    bias_drawn: bool = False

    @classmethod
    def of(cls, side: Side, seed: int, bias_drawn: bool = False) -> BatchRun:
        """Runs whose weights move alike are equal."""
        shifts = side.initial_weights in FROM_PYTORCHS_STREAM and not side.bias
        plain = replace(side, loss_report=LossReport.MSE, log_moment=LogMoment.BEFORE)
        return cls(plain, seed, bias_drawn and shifts)

    @property
    def structure(self) -> tuple[object, ...]:
        """Runs of one structure can be stacked: only numbers tell them apart."""
        side = self.side
        return (
            side.precision,
            side.bias,
            side.reduction,
            side.update_order,
            side.derivative_at,
            (side.momentum.form, side.momentum.dampening > 0) if side.momentum.coefficient else None,
            side.weight_decay.form if side.weight_decay.rate else None,
        )

    def start(self, settings: Settings) -> list[LayerStart]:
        """Every layer's first weight (fan_out, fan_in) and bias (fan_out,)."""
        drawn = replace(self.side, bias=self.side.bias or self.bias_drawn)
        layers = initial_layers(replace(settings, seed=self.seed), drawn)
        return layers if self.side.bias else [LayerStart(layer.weight, None) for layer in layers]


class Batch(Protocol):
    """Many runs of one side."""

    def step(self) -> tuple[FloatArray, FloatArray]:
        """One epoch of every run; mean(e²) and mean(e) of the weights before the update, (R,) each, in float64."""

    def parameters(self) -> Tensors:
        """Weights (R, fan_out, fan_in) and biases (R, fan_out), in float64; a bias that is not there is zero."""


def stacked_biases(starts: Sequence[list[LayerStart]], layer: int) -> tuple[FloatArray, FloatArray] | None:
    """One layer's biases (R, 1, fan_out), zero where a run has none, and a mask (R, 1, 1); none if no run has one."""
    biases = [start[layer].bias for start in starts]
    present = next((bias for bias in biases if bias is not None), None)
    if present is None:
        return None
    stacked = np.stack([np.zeros_like(present) if bias is None else bias for bias in biases])[:, None, :]
    mask = np.array([bias is not None for bias in biases], stacked.dtype)[:, None, None]
    return stacked, mask


class BatchedDescent:
    """The update of `numpy_descent.py` for runs of one structure, in the operators that arrays and tensors share."""

    def __init__(self, sides: Sequence[Side], column: Callable[[list[float]], Any]) -> None:
        """`column` makes an (R, 1, 1) array or tensor of one number for each run."""
        momentum, decay = sides[0].momentum, sides[0].weight_decay
        self._textbook = momentum.form is MomentumForm.TEXTBOOK
        self._has_momentum = momentum.coefficient > 0
        self._decay_form = decay.form if decay.rate else None
        self._minus_rate = column([-side.learning_rate for side in sides])
        self._coefficient = column([side.momentum.coefficient for side in sides])
        self._share = column([1 - side.momentum.dampening for side in sides])
        self._decay = column([side.weight_decay.rate for side in sides])
        self._kept = column([1 - side.learning_rate * side.weight_decay.rate for side in sides])

    def step(self, parameter: Any, gradient: Any, velocity: Any | None) -> Any | None:
        """Move a parameter (R, ...) in place; returns the velocity for the next step, if there is momentum."""
        if self._decay_form is DecayForm.IN_GRADIENT:
            gradient = gradient + self._decay * parameter
        elif self._decay_form is DecayForm.DECOUPLED:
            parameter *= self._kept
        if not self._has_momentum:
            parameter += self._minus_rate * gradient
            return None
        if self._textbook:
            step = self._minus_rate * self._share * gradient
            velocity = step if velocity is None else self._coefficient * velocity + step
            parameter += velocity
            return velocity
        velocity = gradient if velocity is None else self._coefficient * velocity + self._share * gradient
        parameter += self._minus_rate * velocity
        return velocity
