"""Which slots a network's layers are kept in: of the arrays that fit in every pass those that last.

Which arrays fit is `found_layers.py`'s, which layers follow each other `network_finder.py`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.diagnosis.capture.found_layers import Relation
from engine.diagnosis.capture.layer_forms import LEAKY, Form, is_nothing
from engine.diagnosis.capture.relations import Match
from engine.diagnosis.capture.trace import Trace
from engine.diagnosis.made_arrays import NAME


@dataclass
class PassLayer:
    """A layer in one pass."""

    match: Match
    first: Relation
    outs: dict[int, list[tuple[int, Form, int | None]]] = field(default_factory=dict)
    """For each array that is a form of the output: the events that brought it, with what makes it and which bias."""

    def biases(self, out: int) -> set[int | None]:
        """The values that fit where that array is the output, none among them."""
        return {bias for _, _, bias in self.outs.get(out, ())}


@dataclass(frozen=True)
class Layer:
    """A layer of the network, by its slots."""

    weight: int
    bias: int | None
    form: Form
    """Of the output that the next layer is given; of the last layer, of the last one."""
    inputs: frozenset[int]
    """Slots that held what it is given."""
    outputs: frozenset[tuple[int, str]]
    """Slots that held its output, with the activation that was then applied."""
    wholes: frozenset[int] = frozenset()
    """Slots of arrays whose rows it is given without a name."""


def layers_of(trace: Trace, chains: Sequence[Sequence[PassLayer]]) -> tuple[Layer, ...] | None:
    """Of passes that each have all layers; none where some layer's weight is in no slot in all of them."""
    columns = list(zip(*chains, strict=True))
    holding = [_always(layers) for layers in columns]
    shared = {slot for slot, count in Counter(slot for one in holding for slot in one).items() if count > 1}
    weights: list[int] = []
    for one in holding:
        slot = _preferred(trace, one - shared or one, weights)
        if slot is None:
            return None
        weights.append(slot)
    again = _made_again(trace, {out for layers in columns for one in layers for out in one.outs})
    found: list[Layer] = []
    for number, layers in enumerate(columns):
        following = columns[number + 1] if number + 1 < len(columns) else None
        given = [following[k].match.left if following else _newest(one) for k, one in enumerate(layers)]
        form = _form(layers, given)
        bias = _bias(trace, layers, given, form, {one.weight for one in found} | set(weights))
        inputs = frozenset(slot for one in layers for slot in one.first.holders(one.match.left))
        outputs = frozenset(
            (slot, entry.activation)
            for one in layers
            for out, entries in one.outs.items()
            for index, entry, value in entries
            if (value is None) == (bias is None) or value is not None
            for slot in (trace.events[index].slot, *again[out])
        )
        found.append(
            Layer(weights[number], bias, form, inputs, outputs, frozenset() if inputs else _wholes(trace, layers))
        )
    return tuple(found)


def _made_again(trace: Trace, outs: set[int]) -> dict[int, set[int]]:
    """The expressions without a name that gave each of these outputs: what one line has logged another trains with."""
    found: dict[int, set[int]] = {out: set() for out in outs}
    for event in trace.events:
        if event.value in found and not NAME.fullmatch(trace.name(event.slot)):
            found[event.value].add(event.slot)
    return found


def _wholes(trace: Trace, layers: Sequence[PassLayer]) -> frozenset[int]:
    """The slots of arrays that hold the first row of what every pass was given."""
    rows = [np.atleast_2d(trace.values[one.match.left])[0] for one in layers]
    found = set()
    for slot, value in layers[0].first.held.items():
        array = trace.values[value]
        if array.ndim == 2 and len(array) > 1:
            for whole in (array, array.T):
                if whole.shape[1] == len(rows[0]) and all(np.any(np.all(whole == row, axis=1)) for row in rows):
                    found.add(slot)
    return frozenset(found)


def _newest(layer: PassLayer) -> int:
    """The form of the output that came last."""
    return max(layer.outs, key=lambda out: layer.outs[out][0][0])


def _always(layers: Iterable[PassLayer]) -> set[int]:
    """The slots that hold the layer's weight in every pass."""
    held = [set(one.first.holders(one.match.right)) for one in layers]
    return set.intersection(*held)


def _preferred(trace: Trace, slots: Iterable[int], taken: Sequence[int]) -> int | None:
    """The slot that lasts: an attribute, an entry or a global before a function's variable; the older one."""
    left = [slot for slot in slots if slot not in taken]
    return min(left, key=lambda slot: _rank(trace, slot), default=None)


def _rank(trace: Trace, slot: int) -> tuple[int, int, int]:
    one = trace.slots[slot]
    returned = "()" in one.key
    return (99 if returned else one.depth, one.born, len(one.name))


def _form(layers: Sequence[PassLayer], given: Sequence[int]) -> Form:
    """The form that most passes show of what the next layer is given."""
    votes: Counter[Form] = Counter()
    for layer, out in zip(layers, given, strict=True):
        for form in {form._replace(ones=layer.match.form.ones) for _, form, _ in layer.outs.get(out, ())}:
            votes[form] += 1
    for form in [one for one in votes if one.activation.startswith(f"{LEAKY}:")]:
        # Outputs of which none is negative fit a leaky ReLU of any slope.
        votes[form] += votes[form._replace(activation=LEAKY)]
    order = ("relu", "identity")
    return max(votes, key=lambda form: (votes[form], form.activation in order, form.activation == "identity"))


def _bias(trace: Trace, layers: Sequence[PassLayer], given: Sequence[int], form: Form, weights: set[int]) -> int | None:
    """The slot whose value fits in every pass, zeros fitting where no bias does. Where no bias fits as well, as with a
    softmax that takes the same from all, it counts only if the pre-activation has it.
    """
    if form.ones:
        return None
    fitting_values = [layer.biases(out) for layer, out in zip(layers, given, strict=True)]
    if all(None in one for one in fitting_values):
        fitting_values = [
            {bias for entries in layer.outs.values() for _, _, bias in entries} & one
            | ({None} if not one - {None} else set())
            for layer, one in zip(layers, fitting_values, strict=True)
        ]
        named = [{bias for out in layer.outs for bias in layer.biases(out)} - {None} for layer in layers]
        if not all(named[len(named) // 2 :]):
            return None
    candidates: set[int] = set()
    for layer, values in zip(layers, fitting_values, strict=True):
        for value in values - {None}:
            candidates |= layer.first.holders(value)  # type: ignore[arg-type]
    fitting = [
        slot
        for slot in candidates - weights
        if all(_fits(trace, layer, values, slot) for layer, values in zip(layers, fitting_values, strict=True))
    ]
    return min(fitting, key=lambda slot: _rank(trace, slot), default=None)


def _fits(trace: Trace, layer: PassLayer, values: set[int | None], slot: int) -> bool:
    value = layer.first.held.get(slot)
    if value is None:
        return False
    return value in values or (None in values and is_nothing(trace.values[value]))
