"""Where a watched program binds all of its inputs and targets: the first name that holds each, before it trains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from engine.diagnosis.capture.layer_forms import Array, input_rows
from engine.diagnosis.capture.network_finder import Network
from engine.diagnosis.capture.passes import Steps
from engine.diagnosis.capture.trace import Trace
from engine.diagnosis.data_places import DataPlace, Probe, other_count, spread_rows
from engine.diagnosis.targets import as_rows
from engine.types import FloatArray

NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)?")
"""Of a variable, or of an attribute of one."""

MOST_ROWS = 100_000


def data_places(
    trace: Trace, network: Network, steps: Steps, batches: Sequence[Array], targets: FloatArray
) -> list[Probe]:
    """Of x and y, and the rows that a probe would take, in the order in which to try them: where they are first bound,
    each for itself, and where they are last, together. Empty where either has no name of its own. `batches` are the
    inputs of each step, `targets` those of the first one.
    """
    first = steps.passes[0].index
    held = [value for value in _before(trace, first) if trace.values[value].ndim in (1, 2)]
    for value, axis, rows in _wholes(trace, network, steps, batches, held):
        x = _place(trace, "x", value, axis, len(rows), first)
        places = _rows_in(rows, batches[0])
        if x is None or places is None:
            continue
        found = []
        for other, own_axis in _targets(trace, held, len(rows), places, targets):
            y = _place(trace, "y", other, own_axis, len(rows), first)
            if y is not None:
                array = trace.values[other]
                count = other_count(len(rows), len(batches[0]))
                found.append(Probe((x, y), spread_rows(array.T if own_axis else array, count)))
        if found:
            return [found[0], replace(found[-1], together=True)]
    return []


def _before(trace: Trace, index: int) -> list[int]:
    """Values that were there before that event, the first ones first."""
    return list(dict.fromkeys(event.value for event in trace.events[: index + 1] if event.value >= 0))


def _wholes(
    trace: Trace, network: Network, steps: Steps, batches: Sequence[Array], held: Sequence[int]
) -> Iterator[tuple[int, int, Array]]:
    """Values that may be all inputs, along which axis samples lie in them, and their rows."""
    form = network.layers[0].form
    given = steps.passes[0].inputs
    if len(given) == 1 and given[0] in held and all(one.inputs == given for one in steps.passes):
        yield given[0], int(form.columns and trace.values[given[0]].ndim == 2), input_rows(trace.values[given[0]], form)
        return
    for value in held:
        array = trace.values[value]
        for axis in (0, 1) if array.ndim == 2 else ():
            rows = array.T if axis else array
            if rows.shape[1] == batches[0].shape[1] and len(batches[0]) <= len(rows) <= MOST_ROWS:
                numbers = {np.asarray(row, float).tobytes() for row in rows}
                if all(np.asarray(row, float).tobytes() in numbers for batch in batches[:8] for row in batch):
                    yield value, axis, rows


def _rows_in(rows: Array, batch: Array) -> list[int] | None:
    """Where each sample of a batch stands among all."""
    if np.array_equal(rows, batch):
        return list(range(len(rows)))
    numbers = {np.asarray(row, float).tobytes(): number for number, row in reversed(list(enumerate(rows)))}
    found = [numbers.get(np.asarray(row, float).tobytes(), -1) for row in batch]
    return None if -1 in found else found


def _targets(
    trace: Trace, held: Sequence[int], rows: int, places: Sequence[int], targets: FloatArray
) -> Iterator[tuple[int, int]]:
    """Values that hold the targets of all rows, and along which axis."""
    samples, outputs = targets.shape
    for value in held:
        array = trace.values[value]
        for axis in range(array.ndim):
            if array.shape[axis] == rows:
                of_batch = as_rows(np.take(array, places, axis=axis).T if axis else array[places], samples, outputs)
                if of_batch is not None and np.array_equal(of_batch, targets):
                    yield value, axis


def _place(trace: Trace, role: str, value: int, axis: int, rows: int, before: int) -> DataPlace | None:
    """The first name that holds it, before that event."""
    for event in trace.events[trace.first[value] : before + 1]:
        if event.value == value:
            place = trace.places[event.place]
            name = trace.name(event.slot)
            if NAME.fullmatch(name) and place.calls:
                array = trace.values[value]
                width = array.shape[1 - axis] if array.ndim == 2 else 0
                return DataPlace(role, name, place.file, place.calls[0][0], place.line, axis, rows, width)
    return None
