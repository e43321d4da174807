"""Checks of gradients among the runs of a network: weights that are moved one element after the other and put back.

What the runs are is `passes.py`'s.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Protocol, TypeVar

import numpy as np

from engine.diagnosis.capture.layer_forms import Array
from engine.diagnosis.capture.trace import Trace

LEAST_PROBED = 8
"""Weights of a network whose updates surely move more than two."""

SAME_MIDDLE = 1e-9
"""How far the middles of two pairs may be apart, of their size."""


class Stated(Protocol):
    """Something that was run with weights: the values of the network's slots."""

    @property
    def state(self) -> tuple[int, ...]:
        """By the network's slots."""


PassType = TypeVar("PassType", bound=Stated)


def without_probes(trace: Trace, groups: list[list[PassType]]) -> list[list[PassType]]:
    """The runs, those of the same weights together, without the ones of such a check."""
    return _without_small_moves(trace, _without_pairs(trace, groups))


def _without_pairs(trace: Trace, groups: list[list[PassType]]) -> list[list[PassType]]:
    """Without pairs of states, one element apart, that have the same middle as the pair that follows or the one before:
    the weights that the gradient is of.
    """
    middles = [_middle(trace, before[0].state, after[0].state) for before, after in pairwise(groups)]
    dropped: set[int] = set()
    for place, (one, other) in enumerate(zip(middles, middles[2:], strict=False)):
        if one is not None and other is not None and _are_same(one, other):
            dropped |= {place, place + 1, place + 2, place + 3}
    return [group for place, group in enumerate(groups) if place not in dropped]


def _middle(trace: Trace, before: tuple[int, ...], after: tuple[int, ...]) -> list[Array] | None:
    """Between two states of which one element differs; none of others."""
    changed = [place for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    if len(changed) != 1:
        return None
    old, new = (trace.values[state[changed[0]]] for state in (before, after))
    if old.shape != new.shape or np.count_nonzero(old != new) != 1:
        return None
    found = [trace.values[value] for value in before]
    found[changed[0]] = (old + new) / 2
    return found


def _are_same(one: list[Array], other: list[Array]) -> bool:
    return all(
        np.abs(first - second).max() <= SAME_MIDDLE * max(float(np.abs(first).max()), 1e-300)
        if first.shape == second.shape
        else False
        for first, second in zip(one, other, strict=True)
    )


def _without_small_moves(trace: Trace, groups: list[list[PassType]]) -> list[list[PassType]]:
    """Without those whose weights differ from the ones before in an element or two: a check of gradients moves one
    element after the other, and puts it back, so that never more than one is another than before it.
    """
    kept = groups[:1]
    for before, after in pairwise(groups):
        is_one = _moved(trace, kept[-1][0].state, after[0].state) <= 1
        if not (is_one and _is_probe(trace, before[0].state, after[0].state)):
            kept.append(after)
    return kept


def _moved(trace: Trace, before: tuple[int, ...], after: tuple[int, ...]) -> int:
    """How many elements are others."""
    changed = [(trace.values[old], trace.values[new]) for old, new in zip(before, after, strict=True) if old != new]
    return sum(int(np.count_nonzero(old != new)) if old.shape == new.shape else new.size for old, new in changed)


def _is_probe(trace: Trace, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    arrays = [(trace.values[old], trace.values[new]) for old, new in changed]
    if len(arrays) > 2 or sum(trace.values[value].size for value in after) < LEAST_PROBED:
        return False
    if any(old.shape != new.shape for old, new in arrays):
        return False
    return sum(int(np.count_nonzero(old != new)) for old, new in arrays) <= 2
