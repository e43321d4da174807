"""Every layer that a trace shows: which new array is act(L·R + c) of arrays that were there at that moment.

Which of them make a network is `network_finder.py`'s.
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.diagnosis.capture.layer_forms import Array, is_nothing
from engine.diagnosis.capture.relations import Match, matches
from engine.diagnosis.capture.repeats import Repeats
from engine.diagnosis.capture.row_search import row_matches
from engine.diagnosis.capture.trace import GONE, Trace
from engine.diagnosis.made_arrays import NAME

MOST_EVENTS = 3000

RECENT = 12
"""Values that a slot no longer holds may still be an input: a function's result that has no other name."""

ENOUGH_MOVES = 5
"""Of weights of one shape."""

ENOUGH = 200
"""Layers that were found, beyond which so many events are enough."""

LEAST_VALUES = 3
"""That a slot must have had to be one that changes."""

NEW = 0.25
"""The part of a weight's values that no earlier step had."""

MOST_ALIKE = 24
"""Arrays of one shape that are tried as an input or a bias: those that a slot was given last."""

MOST_STILL = 16
"""Matrices of one shape."""

MOST_VECTORS = 6
"""Matrices of one shape of one column or row that may be weights."""


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


def changing_slots(trace: Trace, least: int = LEAST_VALUES) -> set[int]:
    """Slots of float arrays of one shape that have had so many values."""
    found = set()
    for slot in range(len(trace.slots)):
        values = set(trace.versions(slot))
        if len(values) >= least:
            arrays = [trace.values[value] for value in values]
            arrays = [one for one in arrays if one.dtype.kind == "f" and one.ndim in (1, 2)]
            if len(arrays) >= least and len({one.shape for one in arrays}) == 1:
                found.add(slot)
    return found


def unchanged_slots(trace: Trace) -> set[int]:
    """Slots of matrices of numbers that never changed."""
    return {slot for slot in _still(trace) if len(set(trace.versions(slot))) == 1}


def moves_little(trace: Trace, slot: int) -> bool:
    """Whether a slot's values come from each other by steps that are mostly smaller than they are."""
    return movement(trace, slot) < 1.0


def movement(trace: Trace, slot: int) -> float:
    """How far a slot's values mostly are from those before, of their size; infinite where few of them are new, as
    samples that come again are not.
    """
    versions = trace.versions(slot)
    if len(set(versions)) < NEW * len(versions):
        return math.inf
    arrays = [trace.values[value] for value in versions[:200]]
    values = [array for array in arrays if array.dtype.kind == "f" and array.shape == arrays[-1].shape]
    moves = []
    for old, new in pairwise(values):
        size = max(float(np.linalg.norm(old)), float(np.linalg.norm(new)))
        gap = float(np.linalg.norm(new - old))
        if gap and size and math.isfinite(size):
            moves.append(gap / size)
    return float(np.median(moves)) if moves else math.inf


def find_relations(trace: Trace, seconds: float, enough: tuple[int, int] = (MOST_EVENTS, ENOUGH)) -> list[Relation]:
    """All layers in the order of time, as far as the time goes; `enough` events, where they show so many layers and
    weights that have moved.
    """
    end = time.monotonic() + seconds
    weights = {slot for slot in changing_slots(trace) if not _is_vector(trace, slot) and moves_little(trace, slot)}
    still = _still(trace)
    settled = _settled(trace, weights)
    zero = [is_nothing(array) for array in trace.values]
    found: list[Relation] = []
    recent: deque[int] = deque(maxlen=RECENT)
    trained: list[int] = []
    """Of each layer that was found with a weight that changes, that weight's value."""
    given: dict[int, int] = {}
    nameless: set[int] = set()
    """Values that an expression had before they got a name, and of which nothing was found then."""
    repeats = Repeats()
    trace.passed_over = set()
    for index, held in moments(trace, recent):
        event = trace.events[index]
        given[event.value] = index
        zero += [False] * (len(trace.values) - len(zero))
        if index > enough[0] and len(trained) > enough[1] and _has_moved(trace, trained):
            break
        if event.value == GONE or zero[event.value] or not _is_to_be_searched(trace, index, nameless):
            continue
        out = np.atleast_1d(trace.values[event.value])
        if out.dtype.kind != "f" or out.ndim > 2:
            continue
        if repeats.is_enough(event, held):
            trace.passed_over.add(event.value)
            continue
        moving = _distinct(trace, held, weights, event.value)
        rights = moving | _distinct(trace, held, still, event.value)
        if not rights:
            continue
        alive = sorted(set(held.values()) | set(recent), key=lambda value: -given.get(value, 0))
        lefts = {one: array for one in alive if _is_input(array := trace.values[one], zero[one], one, event.value)}
        wholes = _wholes(settled, held, lefts)
        lefts, biases = _latest(lefts), _biases(trace, alive, held, zero, event.value)
        tried = (frozenset(rights), frozenset(moving), frozenset(wholes))
        match = _matches_before(trace, index, tried)
        if match is None:
            match = _all_matches(trace, out, lefts, moving, rights, wholes, biases)
            trace.matches[index] = (tried, match)
        if match:
            nameless.discard(event.value)
            trained += [one.right for one in match if one.right in moving][:1]
            found.append(Relation(index, event.value, tuple(match), dict(held)))
            repeats.note(event, (one.right for one in match))
        if time.monotonic() > end:
            break
        trace.searched = index
    trace.relations = list(found)
    return found


def _biases(
    trace: Trace, alive: Iterable[int], held: Mapping[int, int], zero: Sequence[bool], out: int
) -> dict[int, Array]:
    """What may be added to a product: of the values that are alive those that have a name."""
    named = set(held.values())
    arrays = {one: trace.values[one] for one in alive if one in named}
    return _latest({one: array for one, array in arrays.items() if _is_bias(array, zero[one], one, out)})


def _settled(trace: Trace, weights: set[int]) -> set[int]:
    """Slots that have held one value alone; and names that have held several before the first weight moved, as data
    that are read, joined and scaled.
    """
    start = min((trace.first[trace.versions(slot)[1]] for slot in weights), default=0)
    found = set()
    for slot in range(len(trace.slots)):
        versions = trace.versions(slot)
        is_name = "[" not in trace.slots[slot].key
        if versions and (len(set(versions)) == 1 or (is_name and trace.first[versions[-1]] < start)):
            found.add(slot)
    return found


def _has_moved(trace: Trace, values: list[int]) -> bool:
    """Whether weights of some shape have moved several times among these: not before a whole set has been seen, where
    gradients are added up over it sample by sample.
    """
    shapes = Counter(trace.values[value].shape for value in set(values))
    # Beside matrices a row or a column is rather what a layer gave for one sample.
    matrices = {shape: count for shape, count in shapes.items() if len(shape) > 1 and min(shape) > 1}
    return max((matrices or shapes).values()) >= ENOUGH_MOVES


def _is_to_be_searched(trace: Trace, index: int, nameless: set[int]) -> bool:
    """Whether an event brings a new value; or one of the `nameless`, which are kept here, a name."""
    event = trace.events[index]
    if event.value in nameless:
        nameless.remove(event.value)
        return True
    is_new = trace.first[event.value] == index
    if is_new and not NAME.fullmatch(trace.name(event.slot)):
        nameless.add(event.value)
    return is_new


def _is_vector(trace: Trace, slot: int) -> bool:
    """Whether it is a plain list of numbers: a list of such lists may be a weight, kept row by row."""
    return trace.slots[slot].listed and trace.values[trace.versions(slot)[-1]].ndim < 2


def _matches_before(trace: Trace, index: int, tried: object) -> list[Match] | None:
    """What an earlier search has found of an event, if it tried the same."""
    known = trace.matches.get(index)
    return known[1] if known is not None and known[0] == tried else None


def _all_matches(
    trace: Trace,
    out: Array,
    lefts: Mapping[int, Array],
    moving: Mapping[int, Array],
    rights: Mapping[int, Array],
    wholes: Mapping[int, Array],
    biases: Mapping[int, Array],
) -> list[Match]:
    if not np.all(np.isfinite(out)):
        return []
    with np.errstate(all="ignore"):
        return matches(out, lefts, rights, biases, trace.products) or row_matches(trace, out, wholes, moving, biases)


def _still(trace: Trace) -> set[int]:
    """Slots of matrices that have not changed often yet: weights before the first updates. Of one column or row only
    where few are alike: a list of samples has many.
    """
    found: dict[tuple[int, ...], set[int]] = {}
    for slot in range(len(trace.slots)):
        values = trace.versions(slot)
        if 0 < len(set(values)) < LEAST_VALUES and not trace.slots[slot].listed:
            array = trace.values[values[-1]]
            if array.ndim == 2 and array.dtype.kind == "f" and array.size > 1:
                found.setdefault(array.shape, set()).add(slot)
    few = (slots for shape, slots in found.items() if min(shape) > 1 or len(slots) <= MOST_VECTORS)
    # Weights are there before the gradients of many samples.
    return {slot for slots in few for slot in sorted(slots)[:MOST_STILL]}


def _latest(arrays: Mapping[int, Array]) -> dict[int, Array]:
    """The first of each shape: a program may hold each of its samples in a list."""
    counts: Counter[tuple[int, ...]] = Counter()
    found = {}
    for value, array in arrays.items():
        counts[array.shape] += 1
        if counts[array.shape] <= MOST_ALIKE:
            found[value] = array
    return found


def _wholes(settled: set[int], held: Mapping[int, int], lefts: Mapping[int, Array]) -> dict[int, Array]:
    """Data whose rows may be taken one by one: what a slot holds that has hardly held anything else."""
    kept = {value for slot, value in held.items() if slot in settled and value in lefts}
    return {value: lefts[value] for value in kept if lefts[value].ndim == 2 and min(lefts[value].shape) > 1}


def _distinct(trace: Trace, held: Mapping[int, int], slots: set[int], out: int) -> dict[int, Array]:
    values = {held[slot] for slot in slots if slot in held} - {out}
    return {value: trace.values[value] for value in values if not is_nothing(trace.values[value])}


def _is_input(array: Array, zero: bool, value: int, out: int) -> bool:
    return not zero and array.ndim in (1, 2) and value != out and array.size > 0


def _is_bias(array: Array, zero: bool, value: int, out: int) -> bool:
    vector = array.ndim <= 1 or (array.ndim == 2 and min(array.shape) == 1)
    return vector and not zero and array.dtype.kind == "f" and value != out
