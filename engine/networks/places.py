"""Where an array of a network belongs: what it is and in which layer. Parameters, states and opened steps are mappings
from such places to arrays. No arithmetic here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from engine.types import FloatArray


class Kind(Enum):
    """What an array is."""

    SAMPLES = "samples"
    """Which of the data a batch holds: their places, from 1, (N,)."""
    WEIGHT = "weight"
    BIAS = "bias"
    WEIGHT_BEFORE = "weight before"
    BIAS_BEFORE = "bias before"
    PRE_ACTIVATION = "pre-activation"
    OUTPUT = "activation"
    LOSS = "loss"
    """A batch's."""
    EPOCH_LOSS = "epoch loss"
    ERROR = "error"
    DELTA = "delta"
    WEIGHT_GRADIENT = "weight gradient"
    BIAS_GRADIENT = "bias gradient"
    WEIGHT_VELOCITY = "weight velocity"
    BIAS_VELOCITY = "bias velocity"
    WEIGHT_SQUARE = "weight square"
    """A second moment of its gradients, or their sum of squares."""
    BIAS_SQUARE = "bias square"
    WEIGHT_UPDATE = "weight update"
    BIAS_UPDATE = "bias update"
    WEIGHT_AFTER = "weight after"
    BIAS_AFTER = "bias after"


PARAMETERS = (Kind.WEIGHT, Kind.BIAS)
"""In PyTorch's order."""

VELOCITY = {Kind.WEIGHT: Kind.WEIGHT_VELOCITY, Kind.BIAS: Kind.BIAS_VELOCITY}
"""Of a parameter, where there is momentum, or Adam's first moment."""

SQUARE = {Kind.WEIGHT: Kind.WEIGHT_SQUARE, Kind.BIAS: Kind.BIAS_SQUARE}
"""Of a parameter, where the optimizer has one."""

MOMENTS = frozenset({*VELOCITY.values(), *SQUARE.values()})
"""What an optimizer keeps."""

GRADIENT = {Kind.WEIGHT: Kind.WEIGHT_GRADIENT, Kind.BIAS: Kind.BIAS_GRADIENT}
"""Of a parameter; kept from step to step where it is never set to zero."""


@dataclass(frozen=True)
class Place:
    """What it is and in which layer, from 1; losses and samples are of layer 0."""

    kind: Kind
    layer: int = 0

    @property
    def name(self) -> str:
        """As it is typed: 'layer2-delta', 'loss'."""
        name = self.kind.value.replace(" ", "-")
        return f"layer{self.layer}-{name}" if self.layer else name

    @property
    def title(self) -> str:
        """As it is read: 'layer 2 weight'."""
        return f"layer {self.layer} {self.kind.value}"

    @property
    def velocity(self) -> Place:
        """That of a parameter's velocity."""
        return Place(VELOCITY[self.kind], self.layer)

    @property
    def square(self) -> Place:
        """That of a parameter's second moment."""
        return Place(SQUARE[self.kind], self.layer)

    @property
    def gradient(self) -> Place:
        """That of a parameter's gradient."""
        return Place(GRADIENT[self.kind], self.layer)


Tensors = dict[Place, FloatArray]
"""Arrays in PyTorch's orientation: weights (fan_out, fan_in), biases (fan_out,), the rest (N, fan_out)."""


def parameter_places(biases: Iterable[bool]) -> list[Place]:
    """Of a network's parameters in PyTorch's order: weight, bias, weight, ...; `biases` says which layers have one."""
    found: list[Place] = []
    for layer, bias in enumerate(biases, start=1):
        found += [Place(kind, layer) for kind in (PARAMETERS if bias else PARAMETERS[:1])]
    return found


def in_order(places: Iterable[Place]) -> list[Place]:
    """Each of these places of parameters once, in PyTorch's order."""
    return sorted(set(places), key=lambda place: (place.layer, PARAMETERS.index(place.kind)))


def renamed(tensors: Mapping[Place, FloatArray], kinds: Mapping[Kind, Kind]) -> Tensors:
    """Those of these kinds, as another kind each."""
    return {Place(kinds[place.kind], place.layer): one for place, one in tensors.items() if place.kind in kinds}
