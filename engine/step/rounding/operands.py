"""What a trial of rounding starts from: a side's operands, and a way to compute one element of an operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from engine.experiment.gradient_factors import Sizes
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import Settings
from engine.experiment.side import Side, decaying_layers
from engine.networks.places import Kind, Place, Tensors
from engine.types import FloatArray

Index = tuple[int, ...]

SUM_ORDER, FACTOR_ORDER, FUSED = "the order of the sum", "the order of the factors", "a fused multiply-add"
EXP = "the library's exp"
APART = "product and sum rounded apart"


@dataclass(frozen=True)
class Candidate:
    """A way to compute one element of an operation; `cause` is what makes it round as it does."""

    words: str
    element: Callable[[Index], np.floating]
    cause: str


@dataclass(frozen=True)
class Operands:
    """What a side's operations start from: its settings, the data in its dtype, its tensors, what was kept before, and
    the learning rate and the number of the step.
    """

    settings: Settings
    side: Side
    X: FloatArray
    Y: FloatArray
    tensors: Tensors
    kept: Tensors
    learning_rate: float
    t: int = 1

    @property
    def sizes(self) -> Sizes:
        """N, D and C of the batch."""
        return replace(self.settings.batch_sizes(self.side), samples=len(self.X))

    def of(self, kind: Kind, layer: int) -> FloatArray:
        """A tensor of the step."""
        return self.tensors[Place(kind, layer)]

    def below(self, layer: int) -> FloatArray:
        """What the layer is given: (N, fan_in)."""
        return self.X if layer == 1 else self.of(Kind.OUTPUT, layer - 1)

    def decays(self, weight: bool, layer: int) -> bool:
        """Whether weight decay pulls the layer's weight, or its bias."""
        weights, biases = decaying_layers(self.side, self.last)
        return weights[layer] if weight else biases[layer]

    def has_bias(self, layer: int) -> bool:
        """Whether this side's layer adds one."""
        return of_layers(self.side.bias, self.last)[layer - 1]

    @property
    def last(self) -> int:
        """The number of the last layer."""
        return len(self.settings.activations)
