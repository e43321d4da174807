"""Many runs trained as one: what they share, and what tells them apart.

`numpy_stack.py` and `torch_stack.py` stack the runs' arrays along a leading dimension of length R.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol

from engine.experiment.choices import InitialWeights, LogMoment, LossReport, SideName
from engine.experiment.per_layer import of_layers, values_of
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.networks.initial_weights import LayerStart, initial_layers
from engine.networks.places import Tensors
from engine.types import FloatArray


@dataclass(frozen=True)
class StackedRun:
    """One side's training, without what only the plotted number depends on.

    `bias_drawn` lets a side without a bias start from the weights it would have with one.
    """

    side: Side
    seed: int
    bias_drawn: bool = False

    @classmethod
    def of(cls, side: Side, seed: int, bias_drawn: bool = False) -> StackedRun:
        """Runs whose weights move alike are equal."""
        shifts = any(start.pytorchs_stream for start in values_of(side.initial_weights)) and side.bias is not True
        plain = replace(side, loss_report=LossReport.MSE, log_moment=LogMoment.BEFORE)
        return cls(plain, seed, bias_drawn and shifts)

    def structure(self, name: SideName) -> object:
        """Runs of one structure can be stacked: by hand only numbers tell them apart, in PyTorch only the start."""
        side = replace(self.side, initial_weights=InitialWeights.PYTORCH)
        return side if name is SideName.PYTORCH else _without_numbers(side)

    def start(self, settings: Settings) -> list[LayerStart]:
        """Every layer's first weight (fan_out, fan_in) and bias (fan_out,)."""
        drawn = replace(self.side, bias=True) if self.bias_drawn else self.side
        layers = initial_layers(replace(settings, seed=self.seed), drawn)
        biases = of_layers(self.side.bias, len(layers))
        return [LayerStart(one.weight, one.bias if bias else None) for one, bias in zip(layers, biases, strict=True)]


class Stack(Protocol):
    """Many runs of one side."""

    def step(self) -> FloatArray:
        """One epoch of every run; what each report says of the weights before the update, (reports, R), in float64."""

    def parameters(self) -> Tensors:
        """Weights (R, fan_out, fan_in) and biases (R, fan_out), in float64; a bias that is not there is zero."""


def _without_numbers(value: Any) -> object:
    """The choices alone; of a number, whether it is there."""
    if is_dataclass(value):
        return tuple(_without_numbers(getattr(value, field.name)) for field in fields(value))
    return value > 0 if isinstance(value, float) else value
