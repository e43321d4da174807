"""What a model's next step depends on. The models themselves make a state and go on from one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.networks.epoch_progress import NO_BATCHES, WithinEpoch
from engine.networks.places import GRADIENT, PARAMETERS, SQUARE, VELOCITY, Place, Tensors

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ModelState:
    """Copies of a model's parameters and of what their updates keep, once they do: velocities, gradients that are never
    set to zero; how many steps it has taken; and what the rest of an epoch depends on.
    """

    tensors: Tensors
    steps: int
    epoch: WithinEpoch = NO_BATCHES

    @property
    def parameters(self) -> Tensors:
        """Without what is kept."""
        return {place: tensor for place, tensor in self.tensors.items() if place.kind in PARAMETERS}

    @property
    def kept(self) -> Tensors:
        """Without the parameters."""
        return {place: tensor for place, tensor in self.tensors.items() if place.kind not in PARAMETERS}

    @property
    def bytes(self) -> int:
        """What it takes of memory."""
        return sum(tensor.nbytes for tensor in self.tensors.values())


def check_state(state: ModelState, shapes: Mapping[Place, Shape]) -> None:
    """Refuse a state of a network whose parameters have other places or shapes; raises `ValueError`."""
    found = {place: tuple(tensor.shape) for place, tensor in state.tensors.items()}
    parameters = wanted = {place: tuple(shape) for place, shape in shapes.items()}
    for kinds in (VELOCITY, SQUARE, GRADIENT):
        kept = {Place(kinds[place.kind], place.layer): shape for place, shape in parameters.items()}
        if kept.keys() & found.keys():
            wanted = wanted | kept
    if found != wanted:
        raise ValueError(
            f"a state with {_shapes_text(found)} is another network's: this one has {_shapes_text(parameters)}, "
            "and the velocity of each or of none, and so with second moments and gradients"
        )


def _shapes_text(shapes: Mapping[Place, Shape]) -> str:
    """'layer 1 weight 5x2, layer 1 bias 5'."""
    return ", ".join(f"{place.title} {_shape(shape)}" for place, shape in shapes.items()) or "nothing"


def _shape(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "of no dimension"
