"""Every layer that a trace shows: which new array is act(L·R + c) of arrays that were there at that moment.

Which of them make a network is `network_finder.py`'s.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.diagnosis.capture.relations import Array, Match, matches
from engine.diagnosis.capture.row_search import row_matches
from engine.diagnosis.capture.trace import GONE, Trace

MOST_EVENTS = 3000

RECENT = 12
"""Values that a slot no longer holds may still be an input: a function's result that has no other name."""

ENOUGH = 200
"""Layers that were found, beyond which so many events are enough."""


@dataclass(frozen=True)
class Relation:
    """A new array, and the ways in which it is a layer of others."""

    index: int
    """The event that brought it."""
    out: int
    """Its value."""
    found: tuple[Match, ...]
    held: Mapping[int, int]
    """What each slot held at that moment."""

    def holders(self, value: int) -> frozenset[int]:
        """The slots that held that value."""
        return frozenset(slot for slot, one in self.held.items() if one == value)


def moments(trace: Trace, recent: deque[int] | None = None) -> Iterator[tuple[int, dict[int, int]]]:
    """Each event's number, and what every slot holds once it has happened; the dict is the same one throughout.
    `recent` is given the values that slots no longer hold.
    """
    held: dict[int, int] = {}
    for index, event in enumerate(trace.events):
        before = held.pop(event.slot, None) if event.value == GONE else held.get(event.slot)
        if event.value != GONE:
            held[event.slot] = event.value
        if recent is not None and before is not None:
            recent.append(before)
        yield index, held


def changing_slots(trace: Trace, least: int = 3) -> set[int]:
    """Slots of float arrays of one shape that have had so many values."""
    found = set()
    for slot in range(len(trace.slots)):
        values = set(trace.versions(slot))
        if len(values) >= least:
            arrays = [trace.values[value] for value in values]
            arrays = [one for one in arrays if one.dtype.kind == "f" and one.ndim in (1, 2) and one.size > 1]
            if len(arrays) >= least and len({one.shape for one in arrays}) == 1:
                found.add(slot)
    return found


def find_relations(trace: Trace, seconds: float) -> list[Relation]:
    """All layers in the order of time, as far as the time goes."""
    end = time.monotonic() + seconds
    weights = {slot for slot in changing_slots(trace) if not trace.slots[slot].listed}
    zero = [not np.any(array) for array in trace.values]
    found: list[Relation] = []
    recent: deque[int] = deque(maxlen=RECENT)
    for index, held in moments(trace, recent):
        event = trace.events[index]
        zero += [False] * (len(trace.values) - len(zero))
        if index > MOST_EVENTS and len(found) > ENOUGH:
            break
        if event.value == GONE or trace.first[event.value] != index or zero[event.value]:
            continue
        out = np.atleast_1d(trace.values[event.value])
        if out.dtype.kind != "f" or out.ndim > 2:
            continue
        rights = _distinct(trace, held, weights, event.value)
        if not rights:
            continue
        alive = set(held.values()) | set(recent)
        lefts = {one: array for one in alive if _is_input(array := trace.values[one], zero[one], one, event.value)}
        biases = {
            one: array
            for one in set(held.values())
            if _is_bias(array := trace.values[one], zero[one], one, event.value)
        }
        with np.errstate(all="ignore"):
            match = matches(out, lefts, rights, biases) if np.all(np.isfinite(out)) else []
            if not match and np.all(np.isfinite(out)):
                match = row_matches(trace, out, _wholes(trace, held, lefts), rights, biases)
        if match:
            found.append(Relation(index, event.value, tuple(match), dict(held)))
        if time.monotonic() > end:
            break
    trace.relations = list(found)
    return found


def _wholes(trace: Trace, held: Mapping[int, int], lefts: Mapping[int, Array]) -> dict[int, Array]:
    """Data whose rows may be taken one by one: what a slot holds that never held anything else."""
    kept = {value for slot, value in held.items() if value in lefts and len(set(trace.versions(slot))) == 1}
    return {value: lefts[value] for value in kept if lefts[value].ndim == 2 and min(lefts[value].shape) > 1}


def _distinct(trace: Trace, held: Mapping[int, int], slots: set[int], out: int) -> dict[int, Array]:
    values = {held[slot] for slot in slots if slot in held} - {out}
    return {value: trace.values[value] for value in values if np.any(trace.values[value])}


def _is_input(array: Array, zero: bool, value: int, out: int) -> bool:
    return not zero and array.ndim in (1, 2) and value != out and array.size > 0


def _is_bias(array: Array, zero: bool, value: int, out: int) -> bool:
    vector = array.ndim <= 1 or (array.ndim == 2 and min(array.shape) == 1)
    return vector and not zero and array.dtype.kind == "f" and value != out
