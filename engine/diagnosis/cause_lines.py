"""The lines of a program that a difference from PyTorch is about."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagnosis.diagnosis import Diagnosis
from engine.diagnosis.gradients import places_of
from engine.experiment.discrepancies import find_setting
from engine.experiment.discrepancies.base import Group
from engine.experiment.per_layer import by_layer
from engine.networks.places import Kind, Place

OF_THE_OUTPUT = ("objective", "loss_input", "reduction", "target_shape")
"""Differences in what the backward pass starts from."""


def lines_of(diagnosis: Diagnosis, field: str) -> list[int]:
    """Where the program makes the gradients, or moves the tensors, that the difference of that field is about; none
    where that is not known, or is none of the program's.
    """
    recording = diagnosis.recording
    if diagnosis.reading is None or field not in [cause.field for cause in diagnosis.causes]:
        return []
    made = sorted({line for place in _places(diagnosis, field) for line in diagnosis.backward.get(place, ())})
    if made:
        return made
    names: list[str | None] = []
    if field == "tensor_steps":
        names = [_name(diagnosis, place) for place in places_of(diagnosis.reading.side.tensor_steps)]
    elif field == "bias_gradient":
        names = [layer.bias for layer in recording.layers]
    elif find_setting(field).group is Group.UPDATE:
        names = list(recording.lines)
    return sorted({recording.lines[name] for name in names if name is not None and name in recording.lines})


def _places(diagnosis: Diagnosis, field: str) -> Iterator[Place]:
    """What a difference makes another in the backward pass."""
    assert diagnosis.settings is not None
    layers = len(diagnosis.recording.layers)
    if field in OF_THE_OUTPUT:
        yield Place(Kind.DELTA, layers)
    elif field == "softmax_form":
        yield Place(Kind.OUTPUT, layers)
    elif field == "loss_epsilon":
        yield Place(Kind.ERROR, layers)
    elif field == "sent_down":
        yield from (Place(Kind.DELTA, i) for i in range(1, layers))
    elif field == "bias_gradient":
        yield from (Place(Kind.BIAS_GRADIENT, i) for i in range(1, layers + 1))
    elif field == "tensor_steps" and diagnosis.reading is not None:
        kinds = {Kind.WEIGHT: Kind.WEIGHT_GRADIENT, Kind.BIAS: Kind.BIAS_GRADIENT}
        yield from (Place(kinds[one.kind], one.layer) for one in places_of(diagnosis.reading.side.tensor_steps))
    elif field == "derivative_at":
        sides = diagnosis.settings.numpy, diagnosis.settings.pytorch
        theirs, meant = (by_layer(side.derivative_at, layers) for side in sides)
        yield from (Place(Kind.DELTA, i) for i in range(1, layers + 1) if theirs[i] is not meant[i])


def _name(diagnosis: Diagnosis, place: Place) -> str | None:
    layer = diagnosis.recording.layers[place.layer - 1]
    return layer.weight if place.kind is Kind.WEIGHT else layer.bias
