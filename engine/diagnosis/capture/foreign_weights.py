"""Weights that a program moves beside those of the network that was found: a sign that it is not the whole network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from engine.diagnosis.capture.found_layers import Relation, changing_slots, moves_little
from engine.diagnosis.capture.network_finder import Network, is_output
from engine.diagnosis.capture.passes import Pass
from engine.diagnosis.capture.relations import Array
from engine.diagnosis.capture.trace import Trace

LEAST = 3
"""Passes that must show it."""


def foreign_weights(trace: Trace, network: Network, passes: list[Pass]) -> tuple[str, str] | None:
    """The name of such a weight, and what is done to a layer's output before it; none if there is no such weight."""
    relations = trace.relations
    outs = {relation.out for relation in relations}
    starts = [one.index for one in passes]
    trained = _given_since(trace, starts[0])
    changing = {
        slot
        for slot in changing_slots(trace) & trained
        if moves_little(trace, slot) and not is_output(trace, slot, outs)
    }
    known = {value for slot in network.slots for value in trace.versions(slot)}
    found: Counter[int] = Counter()
    shown: dict[int, tuple[Relation, int]] = {}
    for relation in relations:
        earlier = [start for start in starts if start <= relation.index]
        if not earlier:
            continue
        for match in relation.found:
            if match.right in known or match.left in known or trace.first[match.right] >= earlier[-1]:
                continue
            holders = relation.holders(match.right) & changing - set(network.slots)
            if holders and not _is_part_of(trace.values[match.right], (trace.values[one] for one in known)):
                slot = min(holders, key=lambda one: (trace.slots[one].depth, trace.slots[one].born))
                found[slot] += 1
                shown.setdefault(slot, (relation, match.left))
    for slot, count in found.most_common():
        if count >= LEAST:
            relation, left = shown[slot]
            return trace.name(slot), _between(trace, network, passes, relation, left)
    return None


def _given_since(trace: Trace, start: int) -> set[int]:
    """Slots that got new values from that event on: data that are filled before are no weights."""
    return {event.slot for event in trace.events[start:] if trace.first[event.value] > start}


def _is_part_of(array: Array, known: Iterable[Array]) -> bool:
    """Whether an array is a weight of the network laid out in another way, or without its row of biases."""
    for whole in known:
        for one in (whole, whole.T):
            parts = [one, one[:-1], one[1:], one[..., :-1], one[..., 1:]] if one.ndim == 2 else [one]
            if any(part.size == array.size and np.array_equal(part.ravel(), array.ravel()) for part in parts):
                return True
    return False


def _between(trace: Trace, network: Network, passes: list[Pass], relation: Relation, left: int) -> str:
    """What happens to a layer's output before that weight gets it, as a noun; empty if it is not known."""
    given = trace.values[left]
    slots = {slot for layer in network.layers for slot, _ in layer.outputs}
    for slot in slots:
        value = relation.held.get(slot)
        if value is None or trace.values[value].shape != given.shape:
            continue
        out = trace.values[value]
        kept = given != 0
        if np.any(~kept & (out != 0)) and np.any(kept):
            ratios = given[kept] / out[kept]
            if np.allclose(ratios, ratios[0]):
                return "dropout"
        below, above = out < 0, out >= 0
        if np.any(below) and np.array_equal(given[above], out[above]):
            ratios = given[below] / out[below]
            if np.allclose(ratios, ratios.flat[0]) and ratios.flat[0] not in (0, 1):
                return "leaky ReLU"
    return ""
