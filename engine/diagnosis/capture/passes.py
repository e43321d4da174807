"""When a known network was run forward, on which inputs and with which weights; and which of those runs are steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import numpy as np

from engine.diagnosis.capture.gradient_checks import without_probes
from engine.diagnosis.capture.layer_forms import Array, activated, bias_row, fits, input_rows, product, tolerance_of
from engine.diagnosis.capture.layer_slots import Layer
from engine.diagnosis.capture.network_finder import Network
from engine.diagnosis.capture.row_search import found_rows, virtual
from engine.diagnosis.capture.trace import GONE, Trace

OFTEN = 0.8
"""Of the states: a pass that most of them have."""

LOOKED_AT = 12
"""States in which what is made of each pass is counted."""

Calls = tuple[tuple[str, int], ...]
"""The lines that a program was in, and those that had called it."""

MOST_SOURCES = 100
"""Values that a pass may have been given, the newest first."""


@dataclass(frozen=True)
class Pass:
    """A run of the first layer."""

    index: int
    """The event that brought its output."""
    inputs: tuple[int, ...]
    """The values that it was given, one for each sample or batch that a step takes."""
    state: tuple[int, ...]
    """The values of the network's slots."""
    held: Mapping[int, int]
    """What every slot held."""
    parts: tuple[Pass, ...] = ()
    """The passes of single samples that a step takes together; none if it is one pass."""


def find_passes(trace: Trace, network: Network, inputs: str | None = None) -> list[Pass]:
    """All runs of the first layer, in the order of time; `inputs` names the slot of its inputs, if it is known."""
    return PassFinder(trace, network, inputs).passes()


class PassFinder:
    """Finds the runs of a network's first layer in a trace that grows."""

    def __init__(self, trace: Trace, network: Network, inputs: str | None = None) -> None:
        self.trace = trace
        self.network = network
        self.layer = network.layers[0]
        self.forms: dict[int, set[str]] = {}
        for slot, activation in self.layer.outputs:
            self.forms.setdefault(slot, set()).add(activation)
        named = {slot for slot in self.layer.inputs if inputs is None or trace.name(slot) == inputs}
        self.sources = named or set(self.layer.inputs)
        self.held: dict[int, int] = {}
        self.latest: dict[int, int] = {}
        """What the sources hold, the newest last."""
        self.found: list[Pass] = []
        self.given_at: dict[int, int] = {}
        """The last event that brought each value of the sources."""
        self.seen = 0
        """Events that were looked at."""

    def passes(self) -> list[Pass]:
        """Those of all events until now."""
        for index in range(self.seen, len(self.trace.events)):
            event = self.trace.events[index]
            self.latest.pop(event.slot, None)
            if event.value == GONE:
                self.held.pop(event.slot, None)
                continue
            self.held[event.slot] = event.value
            if event.slot in self.sources:
                self.latest[event.slot] = event.value
                self.given_at[event.value] = index
            if event.slot in self.forms and self.layer.weight in self.held:
                self._look(index)
        self.seen = len(self.trace.events)
        return self.found

    def _look(self, index: int) -> None:
        event = self.trace.events[index]
        state = tuple(self.held.get(slot, GONE) for slot in self.network.slots)
        if GONE in state:
            return
        given = self._given(self.forms[event.slot], event.value)
        if given is not None and not self._is_last_again(given, state):
            self.found.append(Pass(index, (given,), state, dict(self.held)))

    def _is_last_again(self, given: int, state: tuple[int, ...]) -> bool:
        """Whether that is the last pass again: another form of its output, or the same one needed once more. A sample
        that was drawn anew is another pass, though it is the one before.
        """
        if not self.found or self.found[-1].inputs != (given,) or self.found[-1].state != state:
            return False
        return self.given_at.get(given, -1) < self.found[-1].index

    def _given(self, forms: set[str], out: int) -> int | None:
        """The value that the layer was given, so that the output is this one."""
        trace, layer, held = self.trace, self.layer, self.held
        array = trace.values[out]
        for value in list(dict.fromkeys(reversed(self.latest.values())))[:MOST_SOURCES]:
            rows = pre_activation(trace, layer, trace.values[value], held)
            if rows is None or rows.size != array.size:
                continue
            tolerance = tolerance_of(array, trace.values[value], trace.values[held[layer.weight]])
            if any(fits(array, activated(name, rows), tolerance) for name in forms):
                return value
        return _given_rows(trace, layer, held, forms, array, not self.found) if layer.wholes else None


def _given_rows(
    trace: Trace, layer: Layer, held: Mapping[int, int], forms: set[str], out: Array, is_first: bool
) -> int | None:
    """The value of the rows of a larger array that the layer was given; none of a first pass with which all of them
    would fit, as with weights of zeros.
    """
    right = trace.values[held[layer.weight]]
    for slot in layer.wholes & held.keys():
        whole = trace.values[held[slot]]
        for columns in (False, True):
            form = layer.form._replace(columns=columns)
            z = pre_activation(trace, replace(layer, form=form), whole, held)
            if z is None or out.size % z.shape[1] or out.size // z.shape[1] >= len(z):
                continue
            if is_first and not np.ptp(z, axis=0).any():
                continue
            for name in forms:
                places = found_rows(out, z, name, tolerance_of(out, whole, right))
                if places is not None:
                    return virtual(trace, held[slot], whole, form, places)
    return None


def pre_activation(trace: Trace, layer: Layer, given: Array, held: Mapping[int, int]) -> Array | None:
    """(N, H) of a layer with what its slots hold."""
    if given.ndim not in (1, 2) or (given.ndim == 2 and (layer.form.flat_input)):
        return None
    rows = product(given, trace.values[held[layer.weight]], layer.form)
    if rows is None or layer.bias is None or layer.bias not in held:
        return rows
    bias = bias_row(trace.values[held[layer.bias]], rows.shape[1])
    return None if bias is None else rows + bias


@dataclass(frozen=True)
class Steps:
    """The passes that train, each with the inputs of all samples that its update takes together."""

    passes: tuple[Pass, ...]
    """One more than there are steps, if `last` is none."""
    last: tuple[int, ...] | None = None
    """The state after the last pass, where the program has ended and no pass has it."""

    @property
    def count(self) -> int:
        """T."""
        return max(0, len(self.passes) - (self.last is None))

    def state(self, step: int) -> tuple[int, ...]:
        """Before that step, or after the last one."""
        if step < len(self.passes):
            return self.passes[step].state
        return self.last or self.passes[-1].state


def find_steps(trace: Trace, network: Network, passes: Sequence[Pass], ended: bool) -> Steps:
    """The passes after which the weights move, told from those that only look: by the calls that led to them."""
    groups = [list(group) for _, group in groupby(passes, key=lambda one: one.state)]
    groups = without_probes(trace, groups)
    if len(groups) < 2:
        return Steps(())
    context = _training_context(trace, network, groups)
    training = [[one for one in group if _calls(trace, one) == context] for group in groups]
    training = _with_looks(groups, training)
    counts = sorted(len(group) for group in training[:-1] if group)
    several = counts[len(counts) // 2] > 1
    steps: list[Pass] = []
    for group in training:
        if group:
            steps.extend([_joined(trace, network, group)] if several else group)
    return Steps(tuple(steps), _final(trace, network, steps, ended))


def _training_context(trace: Trace, network: Network, groups: list[list[Pass]]) -> Calls:
    """The calls that lead to the pass before the weights move; or to another one that is made as often, if more is
    made of its number of samples: a look at other data may come between a pass and its update.
    """
    ended = groups[:-1]
    closing = Counter(_calls(trace, group[-1]) for group in ended).most_common(1)[0][0]
    counts = Counter(calls for group in ended for calls in {_calls(trace, one) for one in group})
    often = [calls for calls, count in counts.items() if count >= OFTEN * len(ended)]
    if len(often) < 2 or closing not in often:
        return closing
    made: Counter[Calls] = Counter()
    for before, after in list(pairwise(groups))[:LOOKED_AT]:
        sizes = {_calls(trace, one): _samples(trace, network, one) for one in before}
        for event in trace.events[before[0].index : after[0].index]:
            shape = () if event.value == GONE else trace.values[event.value].shape
            made.update(calls for calls, samples in sizes.items() if samples in shape)
    return max((closing, *often), key=lambda calls: made[calls])


def _samples(trace: Trace, network: Network, one: Pass) -> int:
    return len(input_rows(trace.values[one.inputs[0]], network.layers[0].form))


def _with_looks(groups: Sequence[list[Pass]], training: list[list[Pass]]) -> list[list[Pass]]:
    """With the passes that only look where now and then a state has no other: the one that trains gave the very same
    values, which is no second pass. Many such states are something else, as a check of gradients.
    """
    batches = {one.inputs for group in training for one in group}
    lacking = [place for place, group in enumerate(training) if not group and groups[place][-1].inputs in batches]
    if 4 * len(lacking) > len(groups):
        return training
    return [groups[place][-1:] if place in lacking else group for place, group in enumerate(training)]


def _calls(trace: Trace, one: Pass) -> Calls:
    return trace.places[trace.events[one.index].place].calls


def _joined(trace: Trace, network: Network, group: Sequence[Pass]) -> Pass:
    """Passes of single samples between two updates are one step's batch, as are those of batches that have no sample in
    common: gradients are added up over them. Of others the last one counts.
    """
    batches = [input_rows(trace.values[one.inputs[0]], network.layers[0].form) for one in group]
    if not all(len(rows) == 1 for rows in batches) and not _are_apart(batches):
        return group[-1]
    first = group[0]
    return Pass(first.index, tuple(one.inputs[0] for one in group), first.state, first.held, tuple(group))


def _are_apart(batches: Sequence[Array]) -> bool:
    """Whether they are of one size, and no sample is in two of them."""
    if len({len(rows) for rows in batches}) > 1:
        return False
    samples = [{row.tobytes() for row in rows} for rows in batches]
    return len(set[bytes]().union(*samples)) == sum(map(len, samples))


def _final(trace: Trace, network: Network, steps: Sequence[Pass], ended: bool) -> tuple[int, ...] | None:
    """What the slots hold at the end, if it is new."""
    if not ended or not steps:
        return None
    held: dict[int, int] = {}
    for event in trace.events:
        if event.value != GONE:
            held[event.slot] = event.value
    state = tuple(held.get(slot, GONE) for slot in network.slots)
    return state if GONE not in state and state != steps[-1].state else None


def batch_rows(trace: Trace, network: Network, one: Pass) -> Array:
    """(N, D): the inputs of a step."""
    form = network.layers[0].form
    return np.concatenate([input_rows(trace.values[value], form) for value in one.inputs])
