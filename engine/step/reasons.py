"""Why an operation is the first to differ: inherited, a difference of meaning, or one of rounding. Each is tried.

A difference of meaning is one of the catalogue: with it matched on the hand-written side, the operation gives PyTorch's
numbers. A difference of rounding is one that another way of computing the same operation reproduces bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations

import numpy as np

from engine.experiment.choices import SideName
from engine.experiment.discrepancies import Discrepancy, match_toward, remaining
from engine.experiment.settings import Settings
from engine.networks.learning_rates import LearningRates
from engine.networks.network_data import NetworkData
from engine.networks.places import MOMENTS, Kind, Place
from engine.run.comparison import coarser_dtype
from engine.run.model_pair import States
from engine.step.matched_steps import MatchedSteps
from engine.step.operations import Operation
from engine.step.rounding.operands import FUSED, SUM_ORDER, Candidate, Operands
from engine.step.rounding.trials import candidates, other_orders, reproduces, tried_elements
from engine.step.step_tensors import BEFORE
from engine.types import FloatArray

ROUNDING_STEPS = 256
"""A gap of up to so many roundings of the tensor's largest element is put down to rounding."""

MOST_ORDERS = 16
"""Elements for which every order of summation is tried."""

MOST_TOGETHER = 3
"""Differences that are matched together in search of a reason."""


class ReasonKind(Enum):
    """What sort of reason it is."""

    INHERITED = "inherited"
    MEANING = "meaning"
    ROUNDING = "rounding"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Reason:
    """Why the first operation differs. `discrepancies` are those of the catalogue that make it; `tried` elements."""

    kind: ReasonKind
    headline: str
    text: str
    discrepancies: tuple[Discrepancy, ...] = ()
    tried: int = 0


def find_reason(matched: MatchedSteps, operations: Sequence[Operation], first: int) -> Reason:
    """The reason, tried on the spot from the states before the step."""
    known = find_known_reason(matched, operations, first)
    if known is None and not operations[first].has_gaps:
        return Reason(
            ReasonKind.UNKNOWN,
            "Other samples",
            f"The sides' batches hold other samples. No {MOST_TOGETHER} of the differences together, matched, give "
            "PyTorch's.",
        )
    return known or _find_rounding(matched.settings, matched.states, operations, operations[first])


def find_known_reason(matched: MatchedSteps, operations: Sequence[Operation], index: int | None) -> Reason | None:
    """A reason other than rounding, if there is one."""
    if index is None:
        return None
    operation = operations[index]
    meaning = _find_meaning(matched, operation)
    if meaning is None and operation.place.kind in BEFORE.values():
        return Reason(
            ReasonKind.INHERITED,
            "Inherited: the step starts from other weights",
            "The two sides' parameters differ before this step begins. With a matched start PyTorch is given NumPy's "
            "weights, and the step's own difference is seen.",
        )
    return meaning


def first_beyond_rounding(settings: Settings, operations: Sequence[Operation]) -> int | None:
    """The first operation that differs by more than rounding."""
    return next((index for index, one in enumerate(operations) if _beyond_rounding(settings, one)), None)


def find_later_meaning(
    matched: MatchedSteps, operations: Sequence[Operation], reason: Reason
) -> tuple[int | None, Reason | None]:
    """The first operation that differs by more than rounding for another reason of the catalogue, with that reason."""
    for index, operation in enumerate(operations):
        if operation.place.kind in BEFORE.values() or not _beyond_rounding(matched.settings, operation):
            continue
        meaning = _find_meaning(matched, operation)
        if meaning is not None and not set(meaning.discrepancies) <= set(reason.discrepancies):
            return index, meaning
    return None, None


def _tolerance(settings: Settings, operation: Operation) -> float:
    """Up to where a gap is put down to rounding."""
    if not operation.has_gaps:
        return 0.0
    step = float(np.finfo(coarser_dtype(settings)).eps)
    return ROUNDING_STEPS * step * float(np.abs(operation.pytorch).max(initial=0))


def _beyond_rounding(settings: Settings, operation: Operation) -> bool:
    if not operation.has_gaps:
        return operation.differs
    return not operation.max_absolute <= _tolerance(settings, operation)  # what is not a number is beyond it


def _find_meaning(matched: MatchedSteps, operation: Operation) -> Reason | None:
    """The fewest differences that, matched on the hand-written side, make the operation PyTorch's."""
    settings = matched.settings
    candidates_left = remaining(settings)
    tolerance = _tolerance(settings, operation)
    small_already = operation.max_absolute <= tolerance
    for count in range(1, min(MOST_TOGETHER, len(candidates_left)) + 1):
        nearly: tuple[Discrepancy, ...] | None = None
        for chosen in combinations(candidates_left, count):
            gap = matched.gap(operation, chosen)
            if gap == 0:
                return _meaning(settings, chosen, "with it, bit for bit", operation)
            if gap is not None and gap <= tolerance and not small_already and nearly is None:
                nearly = chosen
        if nearly is not None:
            return _meaning(settings, nearly, "up to rounding", operation)
    return None


def _meaning(settings: Settings, chosen: Sequence[Discrepancy], how: str, operation: Operation) -> Reason:
    names = " and ".join(discrepancy.title.lower() for discrepancy in chosen)
    values = "; ".join(
        f"{discrepancy.title}: by hand {discrepancy.label(discrepancy.value(settings, SideName.NUMPY))}, "
        f"PyTorch {discrepancy.label(discrepancy.value(settings, SideName.PYTORCH))}"
        for discrepancy in chosen
    )
    equal = "bit for bit" if "bit for bit" in how else "up to rounding"
    by_hand = all(match_toward(one, settings, SideName.PYTORCH)[1] is SideName.PYTORCH for one in chosen)
    where = "on the hand-written side" if by_hand else "as far as possible on the hand-written side, else on PyTorch's"
    outcome = f"this operation gives PyTorch's numbers {equal}"
    if operation.place.kind is Kind.SAMPLES:
        waiting = (
            SideName.NUMPY if not operation.numpy.size else SideName.PYTORCH if not operation.pytorch.size else None
        )
        if waiting is not None:
            side = "By hand" if waiting is SideName.NUMPY else "In PyTorch"
            values += f". {side} the epoch has no such batch, and no step is taken"
        outcome = "both take the same samples, or none"
    return Reason(
        ReasonKind.MEANING,
        f"Meaning: {names}",
        f"{values}. Tried: matched {where}, {outcome}.",
        tuple(chosen),
        operation.numpy.size,
    )


def _find_rounding(settings: Settings, states: States, operations: Sequence[Operation], operation: Operation) -> Reason:
    """The way of rounding that gives PyTorch's bits, and the one that gives NumPy's."""
    place = operation.place
    numpy, pytorch = (_operands(settings, name, states, operations) for name in SideName)
    elements = tried_elements(place, pytorch, operation.numpy, operation.pytorch)
    theirs = _way(list(candidates(place, pytorch, in_torch=True)), operation.pytorch, elements)
    ours = _way(list(candidates(place, numpy, in_torch=False)), operation.numpy, elements)
    by_precision = tuple(discrepancy for discrepancy in remaining(settings) if discrepancy.rounds)
    if theirs is None:
        orders = other_orders(place, pytorch, operation.pytorch, elements[:MOST_ORDERS])
        if orders:
            index, order = next(iter(orders.items()))
            return Reason(
                ReasonKind.MEANING if by_precision else ReasonKind.ROUNDING,
                "Meaning: precision" if by_precision else "Rounding: the order of the sum",
                "No one way of summing that is known here gives all of PyTorch's bits, but every element tried is what "
                f"some order of the same products gives: at {_spoken(index)} {order}. {_numpys(ours)}"
                + _tried(len(orders), operation),
                by_precision,
                len(orders),
            )
        return Reason(
            ReasonKind.UNKNOWN,
            "Rounding that none of the ways tried explains",
            f"The gap is {operation.max_ulp:,} ULP at most. None of the ways tried gives PyTorch's bits.",
            by_precision,
            len(elements),
        )
    text = f"PyTorch's bits are those of: {theirs.words}. "
    text += _numpys(ours) + _tried(len(elements), operation)
    if by_precision:
        return Reason(
            ReasonKind.MEANING, "Meaning: precision", f"Float types differ. {text}", by_precision, len(elements)
        )
    return Reason(ReasonKind.ROUNDING, f"Rounding: {_title(theirs, ours)}", text, (), len(elements))


def _numpys(way: Candidate | None) -> str:
    return f"NumPy's are those of: {way.words if way is not None else 'no way that was tried'}. "


def _tried(count: int, operation: Operation) -> str:
    return f"Tried on {count:,} of {operation.numpy.size:,} elements, those that differ first."


def _spoken(index: tuple[int, ...]) -> str:
    return f"[{', '.join(str(one + 1) for one in index)}]"


def _way(ways: Sequence[Candidate], target: FloatArray, elements: list[tuple[int, ...]]) -> Candidate | None:
    return next((way for way in ways if reproduces(way, target, elements)), None)


def _title(theirs: Candidate, ours: Candidate | None) -> str:
    """What tells them apart: where both fuse, it is the order."""
    both_fuse = ours is not None and ours.cause == theirs.cause == FUSED
    return SUM_ORDER if both_fuse else theirs.cause


def _operands(settings: Settings, name: SideName, states: States, operations: Sequence[Operation]) -> Operands:
    side, numpy_side = settings.side(name), name is SideName.NUMPY
    state = states[0 if numpy_side else 1]
    rate = LearningRates(settings, side).at(state.steps, side.learning_rate)
    data = NetworkData.of(settings.data, side)
    tensors = {one.place: one.numpy if numpy_side else one.pytorch for one in operations}
    taken = tensors.get(Place(Kind.SAMPLES))
    rows = slice(None) if taken is None else taken.astype(np.int64) - 1
    kept = {place: one for place, one in state.kept.items() if not (place.kind in MOMENTS and side.moments.forgotten)}
    return Operands(settings, side, data.X[rows], data.Y[rows], tensors, kept, rate, state.steps + 1)
