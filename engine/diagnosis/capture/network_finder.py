"""The network in a trace: a chain of layers from data to outputs whose weights change from pass to pass.

The first layer in time is the first of the network: in the middle of a loop a gradient looks just like one. A layer's
slot is the one that holds its weight in every pass.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.diagnosis.capture.found_layers import (
    ENOUGH,
    MOST_EVENTS,
    Relation,
    changing_slots,
    find_relations,
    movement,
    moves_little,
    unchanged_slots,
)
from engine.diagnosis.capture.layer_forms import Array, Form, arrangements, input_rows
from engine.diagnosis.capture.layer_slots import Layer, PassLayer, layers_of
from engine.diagnosis.capture.relations import Match
from engine.diagnosis.capture.trace import Trace

LEAST_PASSES = 3

MOST_HYPOTHESES = 40
"""About which weights are the first layer's."""


@dataclass(frozen=True)
class Network:
    """First layer to last."""

    layers: tuple[Layer, ...]

    @property
    def slots(self) -> list[int]:
        """Of all parameters."""
        return [slot for layer in self.layers for slot in (layer.weight, layer.bias) if slot is not None]


def stands_still(trace: Trace, network: Network) -> bool:
    """Whether a layer's weight never changes."""
    return any(len(set(trace.versions(layer.weight))) == 1 for layer in network.layers)


def find_network(trace: Trace, seconds: float = 4.0, enough: tuple[int, int] = (MOST_EVENTS, ENOUGH)) -> Network | None:
    """The first network that trains; none if there is none. `enough` is `find_relations`'."""
    relations = find_relations(trace, seconds, enough)
    outs = outputs_of(trace, relations)
    changing = {
        slot for slot in changing_slots(trace) if moves_little(trace, slot) and not is_output(trace, slot, outs)
    }
    tried: set[tuple[int, Form]] = set()
    best: tuple[tuple[int, int], Network] | None = None
    hypotheses = 0
    for relation in relations:
        for match in relation.found:
            slots = relation.holders(match.right) & changing
            keys = {(slot, match.form._replace(activation="")) for slot in slots}
            if not slots or keys <= tried or hypotheses > MOST_HYPOTHESES or not _is_given_data(trace, match, slots):
                continue
            if _moves_less(trace, relation.holders(match.left), slots):
                continue
            tried |= keys
            hypotheses += 1
            built = _build(trace, relations, changing, slots, match)
            if built is not None:
                network, passes = built
                size = len(network.layers), passes
                if best is None or size > best[0]:
                    best = size, network
    return None if best is None else best[1]


def outputs_of(trace: Trace, relations: Iterable[Relation]) -> set[int]:
    """The values that are outputs of layers, or such outputs with ones beside them for the next layer's bias."""
    outs = {relation.out for relation in relations}
    known = {trace.values[out].tobytes() for out in outs}
    return outs | {number for number, value in enumerate(trace.values) if _is_beside_ones(value, known)}


def _is_beside_ones(value: Array, known: set[bytes]) -> bool:
    """Whether it is one of these arrays, or its transpose, with a column or a row of ones first or last."""
    whole = np.atleast_2d(value)
    if whole.ndim > 2 or whole.size < 2:
        return False
    return any(
        np.all(column == 1) and (inner.tobytes() in known or inner.T.tobytes() in known)
        for rows in (whole, whole.T)
        for column, inner in ((rows[:, 0], rows[:, 1:]), (rows[:, -1], rows[:, :-1]))
    )


def is_output(trace: Trace, slot: int, outs: set[int]) -> bool:
    """Whether a slot's values are outputs of layers, most of those that were searched for some."""
    searched = {value for value in trace.versions(slot) if trace.first[value] <= trace.searched}
    values = searched - trace.passed_over
    return len(values & outs) > len(values) / 2


def _is_given_data(trace: Trace, match: Match, slots: Iterable[int]) -> bool:
    """Whether the input was there before the weights first moved, or came after they had moved last."""
    if trace.first[match.right] < trace.first[match.left]:
        return True
    moved = [trace.first[value] for slot in slots for value in trace.versions(slot)[:2][1:]]
    return trace.first[match.left] < min(moved, default=0)


def _moves_less(trace: Trace, inputs: Iterable[int], slots: Iterable[int]) -> bool:
    """Whether it is the input that moves as a weight does, and the weight as samples do. A variable that holds the
    inputs of every layer in turn moves less than the data do.
    """
    moves = max((movement(trace, slot) for slot in inputs), default=math.inf)
    return moves < min(movement(trace, slot) for slot in slots)


def _build(
    trace: Trace, relations: Sequence[Relation], changing: set[int], slots: frozenset[int], first: Match
) -> tuple[Network, int] | None:
    """The network of most layers, and in how many passes it was seen."""
    chains = _chains(trace, relations, changing, slots, first)
    longest = Counter(len(chain) for chain in chains)
    for length in sorted(longest, reverse=True):
        full = [chain for chain in chains if len(chain) == length]
        # A sample that comes again with other weights is older than they are, and data all the same.
        passes = Counter(chain[0].match.left for chain in full)
        given = [
            chain for chain in full if passes[chain[0].match.left] > 1 or _is_given_data(trace, chain[0].match, slots)
        ]
        if len(given) <= len(full) / 2 or _is_one_number(trace, full):
            continue
        if len({chain[0].match.right for chain in full}) >= LEAST_PASSES:
            layers = layers_of(trace, full)
            if layers is not None:
                return Network(layers), len(full)
    return None


def _is_one_number(trace: Trace, chains: Sequence[Sequence[PassLayer]]) -> bool:
    """Whether all that is computed is one product of the very same input: any weight explains that."""
    alone = all(len(chain) == 1 and trace.values[chain[0].first.out].size == 1 for chain in chains)
    return alone and len({chain[0].match.left for chain in chains}) == 1


def _chains(
    trace: Trace, relations: Sequence[Relation], changing: set[int], slots: frozenset[int], first: Match
) -> list[list[PassLayer]]:
    """The passes: each from a first layer on, as far as its layers lead; weights that follow may never change."""
    unchanged = set() if trace.moving_alone else unchanged_slots(trace)
    chains: list[list[PassLayer]] = []
    start = 0
    for relation in relations:
        opening = next((one for one in relation.found if _opens(relation, one, slots, first)), None)
        if opening is not None:
            current = chains[-1][0].match if chains else None
            if current is None or (current.left, current.right) != (opening.left, opening.right):
                chains.append([_layer(relation, opening)])
                start = relation.index
        if chains:
            _extend(trace, chains[-1], relation, changing, unchanged, start)
    return chains


def _opens(relation: Relation, match: Match, slots: frozenset[int], first: Match) -> bool:
    same = match.form._replace(activation="") == first.form._replace(activation="")
    return same and bool(relation.holders(match.right) & slots)


def _layer(relation: Relation, match: Match) -> PassLayer:
    layer = PassLayer(match, relation)
    _add_out(layer, relation, match)
    return layer


def _add_out(layer: PassLayer, relation: Relation, match: Match) -> None:
    entries = layer.outs.setdefault(relation.out, [])
    if (match.form, match.bias) not in [(form, bias) for _, form, bias in entries]:
        entries.append((relation.index, match.form, match.bias))


def _extend(
    trace: Trace, chain: list[PassLayer], relation: Relation, changing: set[int], unchanged: set[int], start: int
) -> None:
    """Another form of the last layer's output, or the next layer."""
    last = chain[-1]
    used = {layer.match.right for layer in chain}
    for match in relation.found:
        if (match.left, match.right) == (last.match.left, last.match.right):
            if match.form._replace(activation="") == last.match.form._replace(activation=""):
                _add_out(last, relation, match)
            continue
        if match.right in used or trace.first[match.right] >= start:
            continue
        given = _given(trace, last, match)
        holders = relation.holders(match.right)
        opening = chain[0].match
        may_stay = match.form.columns == opening.form.columns and match.right != opening.left
        if given is not None and (holders & changing or (may_stay and holders & unchanged)):
            chain.append(_layer(relation, given))
            return


def _given(trace: Trace, last: PassLayer, match: Match) -> Match | None:
    """The match, if its input is the last layer's output, with a column of ones for a bias or without."""
    if match.left in last.outs:
        return match
    if match.form.ones:
        return None
    rows = input_rows(trace.values[match.left], match.form)
    for out in last.outs:
        for ones, inner, column in ((1, rows[:, :-1], rows[:, -1]), (-1, rows[:, 1:], rows[:, 0])):
            if inner.size and np.all(column == 1):
                for one in arrangements(trace.values[out], inner.shape):
                    if np.array_equal(one, inner):
                        return match._replace(left=out, form=match.form._replace(ones=ones))
    return None
