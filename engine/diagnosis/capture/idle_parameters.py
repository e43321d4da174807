"""Parameters that a program uses and never moves: layers before the first that moves, and biases that stay zero.

Layers after the first that moves are found by `network_finder.py`, whether they move or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

from engine.diagnosis.capture.found_layers import Relation, unchanged_slots
from engine.diagnosis.capture.layer_forms import (
    activated,
    bias_row,
    fits,
    input_rows,
    is_nothing,
    tolerance_of,
    weight_rows,
)
from engine.diagnosis.capture.layer_slots import Layer
from engine.diagnosis.capture.loops import Loops, in_one_loop, loops_of
from engine.diagnosis.capture.network_finder import Network
from engine.diagnosis.capture.passes import Pass, Steps, pre_activation
from engine.diagnosis.capture.relations import Match
from engine.diagnosis.capture.trace import GONE, Trace


def with_first_layers(trace: Trace, network: Network, steps: Steps, source: str, file: str) -> tuple[Network, Steps]:
    """With the layers that make, in the loop that trains, what the first layer that moves is given."""
    loops = loops_of(source)
    for _ in range(MOST_LAYERS):
        longer = next(_with_a_layer_before(trace, network, steps, loops, file), None)
        if longer is None:
            break
        network, steps = longer
    return network, steps


MOST_LAYERS = 8


def _with_a_layer_before(
    trace: Trace, network: Network, steps: Steps, loops: Loops, file: str
) -> Iterator[tuple[Network, Steps]]:
    given = {value for one in steps.passes for value in one.inputs}
    unchanged = unchanged_slots(trace) - set(network.slots)
    last = trace.places[trace.events[steps.passes[-1].index].place]
    for relation in trace.relations:
        made = trace.places[trace.events[relation.index].place]
        if relation.out not in given or made.file != file or not in_one_loop(made, last, loops):
            continue
        for match in relation.found:
            for layer in _layers(relation, match, unchanged):
                found = _steps_from(trace, layer, network.layers[0], steps)
                if found is not None:
                    yield Network((layer, *network.layers)), found


def _layers(relation: Relation, match: Match, unchanged: set[int]) -> Iterator[Layer]:
    """Those that a relation shows; their biases may move."""
    inputs = relation.holders(match.left)
    biases = [None] if match.bias is None else sorted(relation.holders(match.bias))
    for weight, bias in product(sorted(relation.holders(match.right) & unchanged), biases):
        yield Layer(weight, bias, match.form, inputs, frozenset())


def _steps_from(trace: Trace, layer: Layer, following: Layer, steps: Steps) -> Steps | None:
    """The same steps from what this layer is given; none if it does not make every input of the following one."""
    slots = [layer.weight] if layer.bias is None else [layer.weight, layer.bias]
    passes = []
    for one in steps.passes:
        given = [_given(trace, layer, one, out, following) for out in one.inputs]
        state = tuple(one.held.get(slot, GONE) for slot in slots)
        if None in given or GONE in state:
            return None
        inputs = tuple(value for value in given if value is not None)
        passes.append(replace(one, inputs=inputs, state=(*state, *one.state), parts=()))
    last = tuple(trace.versions(slot)[-1] for slot in slots)
    return Steps(tuple(passes), None if steps.last is None else (*last, *steps.last))


def _given(trace: Trace, layer: Layer, one: Pass, out: int, following: Layer) -> int | None:
    """The value of which the layer makes that one."""
    array = input_rows(trace.values[out], following.form)
    for value in dict.fromkeys(one.held[slot] for slot in layer.inputs if slot in one.held):
        rows = pre_activation(trace, layer, trace.values[value], one.held)
        if rows is not None and rows.shape == array.shape:
            made = activated(layer.form.activation, rows)
            if fits(array, made, tolerance_of(array, trace.values[value], trace.values[one.held[layer.weight]])):
                return value
    return None


def with_zero_biases(
    trace: Trace, network: Network, steps: Steps, shown: Mapping[int, str], source: str
) -> tuple[Network, Steps]:
    """With those biases that are zeros in every step and that the program adds to a product with the layer's weight.

    `shown` has the names of slots as the program writes them.
    """
    layers = tuple(_with_zero_bias(trace, layer, steps, shown, source) for layer in network.layers)
    wider = Network(layers)
    return wider, _with_states(wider, network, steps)


def _with_zero_bias(trace: Trace, layer: Layer, steps: Steps, shown: Mapping[int, str], source: str) -> Layer:
    first = steps.passes[0].held
    if layer.bias is not None or layer.form.ones or layer.weight not in first:
        return layer
    width = weight_rows(trace.values[first[layer.weight]], layer.form).shape[1]
    own, around = _parted(shown[layer.weight])
    others = _names_of(trace, first[layer.weight], shown) - {own}
    likely: list[int] = []
    for slot, value in first.items():
        array = trace.values[value]
        if array.dtype.kind != "f" or bias_row(array, width) is None or not is_nothing(array):
            continue
        name, its_around = _parted(shown[slot])
        if its_around != around or not all(one.held.get(slot) == value for one in steps.passes):
            continue
        if _is_added(name, own, source):
            return replace(layer, bias=slot)
        called = {name, *_names_of(trace, value, shown)}
        pairs = product(filter(CALLED_BIAS.fullmatch, called), others)
        if CALLED_BIAS.fullmatch(name) and (
            _is_used(name, own, source) or any(_is_added(bias, weight, source) for bias, weight in pairs)
        ):
            likely.append(slot)
    return replace(layer, bias=likely[0]) if likely else layer


def _names_of(trace: Trace, value: int, shown: Mapping[int, str]) -> set[str]:
    """The last words of what every slot is called that has held a value."""
    return {_parted(name)[0] for slot, name in shown.items() if value in trace.versions(slot)}


CALLED_BIAS = re.compile(
    r"(?i)b\d*|bs|b_\w+|\w+_b\d*|\w*bias\w*|c\d*|beta\d*|intercepts?\w*|offsets?\w*|thresholds?\w*"
)
"""What a bias is called."""


def _is_used(bias: str, weight: str, source: str) -> bool:
    """Whether it is added to what has no weight beside it, or is handed to a function right after the weight."""
    words = re.escape(bias)
    added = re.compile(rf"\+=?\s*\(?\s*{words}\b(?!\s*\*)")
    handed = re.compile(rf"\b{re.escape(weight)}\s*,\s*{words}\s*[,)]")
    return any(
        (added.search(line) or ("(" in line and handed.search(line))) and not line.lstrip().startswith(bias)
        for line in source.splitlines()
    )


def _parted(name: str) -> tuple[str, str]:
    """The last word of a name, and what is around it: b1 of params['b1'], bias of layers[0].bias."""
    words = re.findall(r"[^\W\d]\w*", name)
    if not words:
        return name, ""
    before, _, after = name.rpartition(words[-1])
    return words[-1], before + after


def _is_added(bias: str, weight: str, source: str) -> bool:
    """Whether a line of the source has the weight, and the bias as a summand."""
    reached = r"(?:\w+(?:\.|\[['\"]?))*"
    summand = re.compile(
        rf"\+\s*{reached}{re.escape(bias)}\b|\b{re.escape(bias)}['\"]?\]?(?:\[\w+\])?\s*\+(?!=)"
        rf"|\badd\(.*,\s*{reached}{re.escape(bias)}\b"
    )
    return any(
        re.search(rf"\b{re.escape(weight)}\b", line) is not None and summand.search(line) is not None
        for line in source.splitlines()
    )


def _with_states(wider: Network, network: Network, steps: Steps) -> Steps:
    """The same steps with what the new slots hold."""
    if wider == network:
        return steps
    still = {slot: steps.passes[0].held[slot] for slot in wider.slots if slot not in network.slots}

    def whole(state: tuple[int, ...]) -> tuple[int, ...]:
        values = dict(zip(network.slots, state, strict=True)) | still
        return tuple(values.get(slot, GONE) for slot in wider.slots)

    def of_pass(one: Pass) -> Pass:
        return replace(one, state=whole(one.state), parts=tuple(map(of_pass, one.parts)))

    return Steps(tuple(map(of_pass, steps.passes)), None if steps.last is None else whole(steps.last))
