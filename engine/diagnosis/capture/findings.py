"""What a trace comes to: the arrays and names of a recording, or the sentence that says why there is none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.diagnosis.capture.data_finder import data_places
from engine.diagnosis.capture.drifting_inputs import DRIFT, are_drifting
from engine.diagnosis.capture.foreign_weights import foreign_weights
from engine.diagnosis.capture.idle_parameters import with_first_layers, with_zero_biases
from engine.diagnosis.capture.layer_forms import Array
from engine.diagnosis.capture.network_finder import Network, find_network, stands_still
from engine.diagnosis.capture.passes import Steps, batch_rows, find_passes, find_steps
from engine.diagnosis.capture.program_numbers import constants_of, logged_numbers
from engine.diagnosis.capture.refusals import KERNELS, NO_NETWORK, OTHER_OUTPUTS, TOO_FEW, has_kernels, more_than_layers
from engine.diagnosis.capture.restarts import first_training
from engine.diagnosis.capture.step_targets import TargetFinder, Targets
from engine.diagnosis.capture.trace import GONE, Trace
from engine.diagnosis.capture.walk import Instances
from engine.diagnosis.made_arrays import sums_of
from engine.diagnosis.recording import LEAST_STEPS
from engine.errors import DataError
from engine.shown_text import shown

MADE_AT, MOST_MADE = 2, 3000
"""The step whose arrays are kept by what they sum to, and how many at most."""

EVERY_PAIR = (
    "Outputs (N, 1) and {} (N,) broadcast to (N, N): every output meets every target, and what is made of that is "
    "another loss; make the targets (N, 1)."
)

RENAMED = re.compile(r"\s*[\w.\[\]'\"]+\s*=\s*[\w.\[\]'\"]+\s*(#.*)?$")
"""A line that binds what is there to another name: `d1 = sent`."""

MOST_BYTES = 290_000_000
"""Of a recording."""


@dataclass
class Findings:
    """A recording in parts that can be written: arrays, and what JSON can hold."""

    arrays: dict[str, Array]
    """`state k slot`, `inputs k`, `targets k`: each once, however many steps have it."""
    described: dict[str, Any]


def describe(
    trace: Trace,
    instances: Instances,
    names: Mapping[str, str],
    source: str,
    file: str,
    most_steps: int,
    ended: bool,
    network: Network | None = None,
) -> Findings:
    """The recording of the first network that trains. Raises `DataError`."""
    network = network or find_network(trace)
    if network is None:
        raise DataError(NO_NETWORK)
    passes = find_passes(trace, network, names.get("x"))
    if has_kernels(trace, passes[0].index if passes else 0):
        raise DataError(KERNELS)
    steps = find_steps(trace, network, passes, ended)
    steps = _cut(trace, network, first_training(trace, network, steps), most_steps)
    if steps.count < LEAST_STEPS:
        if any(not np.isfinite(trace.values[value]).all() for slot in network.slots for value in trace.versions(slot)):
            raise DataError(
                f"The program's weights are numbers for {steps.count} steps alone, then nan or inf: it diverges; a "
                f"diagnosis needs at least {LEAST_STEPS} steps, so take a smaller learning rate."
            )
        raise DataError(
            f"{TOO_FEW}{steps.count} steps while it is watched; a diagnosis needs at least "
            f"{LEAST_STEPS}: let it train longer."
        )
    finder = TargetFinder(trace, network, steps)
    _check_whole(trace, network, steps, finder)
    try:
        targets = finder.find(names.get("y"))
    except DataError:
        if trace.moving_alone or not stands_still(trace, network):
            raise
        trace.moving_alone = True
        return describe(trace, instances, names, source, file, most_steps, ended)
    written = {slot: slot_name(trace, instances, slot) for slot in range(len(trace.slots))}
    network, steps = with_first_layers(trace, network, steps, source, file)
    network, steps = with_zero_biases(trace, network, steps, written, source)
    called = _unique([written[slot] for slot in network.slots])
    arrays, states, inputs, answers = _arrays(trace, network, steps, finder, targets)
    batches = [batch_rows(trace, network, one) for one in steps.passes[: steps.count]]
    if are_drifting(batches, targets.rows):
        raise DataError(DRIFT)
    data = data_places(trace, network, steps, batches, targets.rows[0])
    logged = logged_numbers(trace, steps, set(network.slots), written, source)
    described = {
        "names": called,
        "layers": _layers(network, targets, called),
        "states": states,
        "inputs": inputs,
        "targets": answers,
        "logged": {name: series.tolist() for name, series in logged.items()},
        "constants": constants_of(trace, written, source),
        "lines": _lines(trace, network, steps, called, file),
        "data": [one.as_json() for one in data],
        "made": _made(trace, steps, written, file, source.splitlines()),
        "made_at": min(MADE_AT, steps.count - 1),
        "notes": [EVERY_PAIR.format(shown(targets.name))] if targets.every_pair else [],
    }
    return Findings(arrays, described)


def _check_whole(trace: Trace, network: Network, steps: Steps, finder: TargetFinder) -> None:
    """Raises `DataError` where the program has more weights, or does more to the outputs, than the network."""
    foreign = foreign_weights(trace, network, list(steps.passes))
    if foreign is not None:
        raise DataError(more_than_layers(foreign, [trace.name(layer.weight) for layer in network.layers]))
    if not finder.sees_outputs():
        raise DataError(OTHER_OUTPUTS)


def slot_name(trace: Trace, instances: Instances, slot: int) -> str:
    """As the program writes it; an attribute by the way that leads to its object alone."""
    one = trace.slots[slot]
    match = re.fullmatch(r"#(\d+)(.*)", one.key, re.DOTALL)
    if match is None:
        return one.name
    path = instances.best_path(int(match[1]))
    return one.name if path is None else f"{path}{match[2]}"


def _unique(names: list[str]) -> list[str]:
    """Names that are each another."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _made(trace: Trace, steps: Steps, written: Mapping[int, str], file: str, source: Sequence[str]) -> list[list[Any]]:
    """The arrays that one step makes in the program's main file: line, name, size and sums of each. Further lines count
    that give it another name, not those that hand it on, as calls and loops do.
    """
    step = min(MADE_AT, steps.count - 1)
    end = steps.passes[step + 1].index if step + 1 < len(steps.passes) else len(trace.events)
    found: dict[tuple[int, int], list[Any]] = {}
    seen: set[int] = set()
    for event in trace.events[steps.passes[step].index : end][:MOST_MADE]:
        place = trace.places[event.place]
        array = None if event.value == GONE else trace.values[event.value]
        if array is not None and array.dtype.kind == "f" and array.size > 1 and place.file == file:
            name = written[event.slot]
            text = source[place.line - 1] if place.line <= len(source) else ""
            if event.value not in seen or RENAMED.match(text):
                found.setdefault((event.value, place.line), [place.line, name, array.size, sums_of(array)])
            seen.add(event.value)
    return list(found.values())


def _cut(trace: Trace, network: Network, steps: Steps, most: int) -> Steps:
    """At most so many steps, and no more than a recording may hold."""
    size = sum(trace.values[value].nbytes for value in steps.state(0)) if steps.passes else 0
    batch = max((sum(trace.values[value].nbytes for value in one.inputs) for one in steps.passes), default=0)
    fixed = len({one.inputs for one in steps.passes}) == 1
    most = min(most, MOST_BYTES // max(1, size + (0 if fixed else 2 * batch)) - 1)
    most = max(most, LEAST_STEPS)
    if steps.count <= most:
        return steps
    return Steps(steps.passes[: most + 1])


def _arrays(
    trace: Trace, network: Network, steps: Steps, finder: TargetFinder, targets: Targets
) -> tuple[dict[str, Array], list[list[str]], list[str], list[str]]:
    arrays: dict[str, Array] = {}
    known: dict[bytes, str] = {}

    def kept(array: Array) -> str:
        content = repr((array.shape, array.dtype.str)).encode() + array.tobytes()
        if content not in known:
            known[content] = f"a{len(known)}"
            arrays[known[content]] = array
        return known[content]

    weights = {layer.weight: layer.form for layer in network.layers}
    states = []
    for step in range(steps.count + 1):
        row = []
        for slot, value in zip(network.slots, steps.state(step), strict=True):
            array = trace.values[value]
            form = weights.get(slot)
            if form is not None and array.ndim == 1:
                array = array[None, :] if form.flat_weight else array[:, None]
            if form is not None and form.ones == -1:
                array = _ones_last(array, form.transposed)
            row.append(kept(array))
        states.append(row)
    inputs = [kept(_floats(batch_rows(trace, network, one))) for one in steps.passes[: steps.count]]
    answers = [kept(_floats(rows)) for rows in targets.rows]
    return arrays, states, inputs, answers


def _ones_last(array: Array, transposed: bool) -> Array:
    return np.roll(array, -1, axis=1 if transposed else 0)


def _floats(array: Array) -> Array:
    return np.ascontiguousarray(array, dtype=np.float32 if array.dtype == np.float32 else np.float64)


def _layers(network: Network, targets: Targets, called: list[str]) -> list[dict[str, Any]]:
    names = dict(zip(network.slots, called, strict=True))
    found = []
    for number, layer in enumerate(network.layers):
        last = number + 1 == len(network.layers)
        found.append(
            {
                "weight": names[layer.weight],
                "transposed": layer.form.transposed,
                "bias": None if layer.bias is None else names[layer.bias],
                "ones": bool(layer.form.ones),
                "ones_first": layer.form.ones == -1,
                "activation": targets.activation if last else layer.form.activation,
            }
        )
    return found


def _lines(trace: Trace, network: Network, steps: Steps, called: list[str], file: str) -> dict[str, int]:
    """Where each parameter gets its new values, if that is in the program's main file."""
    found = {}
    for position, slot in enumerate(network.slots):
        values = [steps.state(step)[position] for step in range(1, steps.count + 1)]
        votes = Counter(
            place.line
            for value in values
            if value != GONE
            and (place := trace.places[trace.events[min(trace.first[value], len(trace.events) - 1)].place]).file == file
        )
        if votes:
            found[called[position]] = votes.most_common(1)[0][0]
        del slot
    return found
