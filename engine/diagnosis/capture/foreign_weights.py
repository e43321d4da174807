"""Weights that a program moves beside those of the network that was found: a sign that it is not the whole network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np

from engine.diagnosis.capture.found_layers import Relation, changing_slots, moves_little
from engine.diagnosis.capture.layer_forms import Array, input_rows
from engine.diagnosis.capture.network_finder import Network, is_output
from engine.diagnosis.capture.passes import Pass
from engine.diagnosis.capture.trace import GONE, Trace

OTHER_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "softplus": lambda z: np.logaddexp(0, z),
    "an ELU": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "a SELU": lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0))),
    "a swish": lambda z: z / (1 + np.exp(-z)),
    "a GELU": lambda z: 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "a sine": np.sin,
    "a square": np.square,
    "a Gaussian": lambda z: np.exp(-z * z),
    "a ReLU cut off at 6": lambda z: np.clip(z, 0, 6),
    "an arc tangent": np.arctan,
}
"""Those that people write and no layer here can have."""

SHIFTS = 0.1
"""How far what a network is given moves from pass to pass, of its size, if it is other samples and nothing trained."""

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
    given = [one.inputs[0] for one in passes]
    known = {value for slot in network.slots for value in trace.versions(slot)}
    if _shift(trace, given) > SHIFTS:
        known |= {value for one in passes for value in one.inputs}
    found: Counter[int] = Counter()
    shown: dict[int, tuple[Relation, int]] = {}
    for relation in relations:
        earlier = [start for start in starts if start <= relation.index]
        if not earlier:
            continue
        for match in relation.found:
            if match.right in known or match.left in known or trace.first[match.right] >= earlier[-1]:
                continue
            if input_rows(trace.values[match.left], match.form).shape[1] == 1:
                # An outer product is a gradient.
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


def _shift(trace: Trace, given: list[int]) -> float:
    """How far what passes are given mostly is from what the one before was given, of its size."""
    arrays = [trace.values[value] for value in given]
    pairs = [(old, new) for old, new in pairwise(arrays) if old.shape == new.shape and np.any(new)]
    gaps = [float(np.linalg.norm(new - old) / np.linalg.norm(new)) for old, new in pairs]
    return float(np.median(gaps)) if gaps else 0.0


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
    """What a layer's output is made to before that weight gets it; empty if it is not known."""
    given = trace.values[left]
    relative, absolute = (1e-6, 1e-9) if given.dtype == np.float64 else (1e-4, 1e-6)
    slots = {slot for layer in network.layers for slot, _ in layer.outputs}
    start = max((one.index for one in passes if one.index <= relation.index), default=0)
    values = dict.fromkeys(event.value for event in trace.events[start : relation.index] if event.slot in slots)
    for value in values:
        if value in (GONE, left) or trace.values[value].shape != given.shape:
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
                return f"a leaky ReLU of slope {ratios.flat[0]:.3g}"
        for name, function in OTHER_ACTIVATIONS.items():
            if np.allclose(given, function(out), rtol=relative, atol=absolute):
                return name
    return ""
