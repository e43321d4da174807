"""Which weights and biases a weight decay pulls: what a side's `decayed` may be, by the tensors whose laws have one."""

from __future__ import annotations

from collections.abc import Mapping

from engine.experiment.per_layer import PerLayer
from engine.experiment.update_rules import Decayed
from engine.networks.places import Kind, Place


def decayed_readings(pulled: Mapping[Place, bool], layers: int) -> list[PerLayer[Decayed]]:
    """One for all layers; and where the tensors that move are not pulled alike, one for each layer."""
    biases = {is_pulled for place, is_pulled in pulled.items() if place.kind is Kind.BIAS}
    weights = {is_pulled for place, is_pulled in pulled.items() if place.kind is Kind.WEIGHT}
    whole = Decayed.WEIGHTS if biases == {False} else Decayed.ALL
    if len(weights) < 2 and len(biases) < 2:
        return [whole]
    return [whole, tuple(_of_layer(pulled, layer, whole) for layer in range(1, layers + 1))]


def _of_layer(pulled: Mapping[Place, bool], layer: int, whole: Decayed) -> Decayed:
    if not pulled.get(Place(Kind.WEIGHT, layer), True):
        return Decayed.NONE
    is_pulled = pulled.get(Place(Kind.BIAS, layer), whole is Decayed.ALL)
    return Decayed.ALL if is_pulled else Decayed.WEIGHTS
