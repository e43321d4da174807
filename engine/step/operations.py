"""The operations of a step on both sides: the two tensors of each, and their gaps. Pure comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from engine.experiment.settings import Settings
from engine.networks.places import Kind, Place, Tensors
from engine.run.comparison import coarser_dtype, relative_gap, ulp_distance
from engine.step.step_tensors import formula, places
from engine.types import FloatArray


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation: both tensors, and their gaps. A tensor that a side lacks is zeros."""

    place: Place
    formula: str
    numpy: FloatArray
    pytorch: FloatArray
    different: int
    max_absolute: float
    max_relative: float
    max_ulp: int
    lacking: str = ""
    """The side that has no such tensor, in words."""

    @property
    def same_shape(self) -> bool:
        """False where the sides' batches are not of one size."""
        return self.numpy.shape == self.pytorch.shape

    @property
    def has_gaps(self) -> bool:
        """Whether the elements are numbers of the same things; the gaps are not numbers otherwise."""
        return self.same_shape and self.place.kind is not Kind.SAMPLES

    @property
    def differs(self) -> bool:
        """Whether any element does; so do not-a-numbers on one side alone."""
        return self.different > 0


def compare_tensors(settings: Settings, numpy: Tensors, pytorch: Tensors) -> tuple[Operation, ...]:
    """Every operation that at least one side has, in order; the epoch's loss where both end it."""
    dtype = coarser_dtype(settings)
    found = []
    for place in places(settings):
        present = numpy.get(place, pytorch.get(place))
        if present is None or (place.kind is Kind.EPOCH_LOSS and place not in numpy.keys() & pytorch.keys()):
            continue
        zeros = np.zeros_like(present)
        lacking = "by hand" if place not in numpy else "PyTorch" if place not in pytorch else ""
        pair = numpy.get(place, zeros), pytorch.get(place, zeros)
        found.append(_operation(place, formula(place, settings), *pair, dtype, lacking))
    return tuple(found)


def _operation(
    place: Place, text: str, numpy: FloatArray, pytorch: FloatArray, dtype: DTypeLike, lacking: str
) -> Operation:
    if numpy.shape != pytorch.shape:
        return Operation(place, text, numpy, pytorch, max(numpy.size, pytorch.size), np.nan, np.nan, 0, lacking)
    if place.kind is Kind.SAMPLES:
        return Operation(place, text, numpy, pytorch, int((numpy != pytorch).sum()), np.nan, np.nan, 0, lacking)
    first, second = numpy.astype(np.float64), pytorch.astype(np.float64)
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    gap = np.where(same, 0, np.abs(first - second))
    return Operation(
        place,
        text,
        numpy,
        pytorch,
        different=int(np.count_nonzero(~same)),
        max_absolute=float(gap.max()),
        max_relative=float(np.where(same, 0, relative_gap(first, second)).max()),
        max_ulp=int(np.where(same, np.uint64(0), ulp_distance(first, second, dtype)).max()),
        lacking=lacking,
    )
