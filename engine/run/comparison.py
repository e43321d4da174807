"""How far two runs are apart: absolute, relative and in ULPs; for losses and for parameters. Pure arithmetic.

What a gap means in words is `verdict.py`'s; what a setting contributes to it is the catalogue's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.experiment.choices import Precision
from engine.experiment.settings import Settings
from engine.networks.places import Tensors, in_order
from engine.types import FloatArray


def ulp_distance(first: FloatArray, second: FloatArray, dtype: DTypeLike) -> NDArray[np.uint64]:
    """How many steps of `numpy.nextafter` lie between the values, both rounded to `dtype`; −0 and +0 are one point.

    Source: floats of one sign are ordered as their bit patterns are (Dawson, "Comparing Floating Point Numbers").
    """
    one, other = _position(first, dtype), _position(second, dtype)
    return np.where(one < other, other - one, one - other)


def _position(values: FloatArray, dtype: DTypeLike) -> NDArray[np.uint64]:
    """The place of each value on the line of all floats, zero in the middle."""
    with np.errstate(over="ignore"):
        rounded = np.asarray(values).astype(dtype)
    bits = rounded.view(np.uint32 if rounded.dtype == np.float32 else np.uint64).astype(np.uint64)
    sign = np.uint64(1 << (8 * rounded.dtype.itemsize - 1))
    return np.where(bits & sign, sign - (bits & ~sign), sign + bits)


def relative_gap(first: FloatArray, second: FloatArray) -> FloatArray:
    """|first − second| over the larger magnitude; 0 where both are 0."""
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    scale = np.maximum(np.abs(first), np.abs(second))
    return np.abs(first - second) / np.where(scale == 0, 1, scale)


@dataclass(frozen=True)
class LossGap:
    """The gap between two loss curves. Epochs count from 1; they are 0 while there is no difference."""

    epochs: int = 0
    different: int = 0
    first_different_epoch: int = 0
    max_absolute: float = 0.0
    max_absolute_epoch: int = 0
    max_relative: float = 0.0
    max_ulp: int = 0
    largest_loss: float = 0.0


class LossComparison:
    """Gathers a `LossGap` block by block, so that no curve has to be kept."""

    def __init__(self, dtype: DTypeLike) -> None:
        self._dtype = dtype
        self.gap = LossGap()

    def add(self, numpy_losses: FloatArray, pytorch_losses: FloatArray) -> None:
        """Take in the next epochs' losses, one float64 array for each side."""
        if not len(numpy_losses):
            return
        gap, start = self.gap, self.gap.epochs + 1
        absolute = np.abs(numpy_losses - pytorch_losses)
        different = np.flatnonzero(absolute)
        largest = int(absolute.argmax())
        grown = float(absolute[largest]) > gap.max_absolute
        self.gap = LossGap(
            epochs=gap.epochs + len(absolute),
            different=gap.different + len(different),
            first_different_epoch=gap.first_different_epoch or (start + int(different[0]) if len(different) else 0),
            max_absolute=float(absolute[largest]) if grown else gap.max_absolute,
            max_absolute_epoch=start + largest if grown else gap.max_absolute_epoch,
            max_relative=max(gap.max_relative, float(relative_gap(numpy_losses, pytorch_losses).max())),
            max_ulp=max(gap.max_ulp, int(ulp_distance(numpy_losses, pytorch_losses, self._dtype).max())),
            largest_loss=max(gap.largest_loss, float(np.abs([numpy_losses, pytorch_losses]).max())),
        )


@dataclass(frozen=True)
class ParameterGap:
    """The gap between one weight or bias and its counterpart, where both sides have it."""

    name: str
    elements: int
    different: int
    max_absolute: float
    max_relative: float
    max_ulp: int


@dataclass(frozen=True)
class WeightsGap:
    """The gap between all weights and biases that both sides have, at one moment.

    `lacking` names the parameters that only one side has. `moved` is the largest |W − W at the start| of a weight or
    bias, on the side where it is larger.
    """

    elements: int
    different: int
    max_absolute: float
    lacking: tuple[str, ...] = ()
    moved: float = 0.0

    @property
    def same(self) -> bool:
        """Whether both sides have the same parameters, and every bit of them is equal."""
        return self.different == 0 and not self.lacking

    @property
    def relative(self) -> float:
        """The largest gap as a share of the way the weights have moved; infinite where that says nothing: they have not
        moved, or are no finite numbers any more.
        """
        if self.max_absolute == 0:
            return 0.0
        known = self.moved > 0 and np.isfinite([self.max_absolute, self.moved]).all()
        return self.max_absolute / self.moved if known else float("inf")


@dataclass(frozen=True)
class Comparison:
    """How far a run's sides are apart: their losses, their weights at the start and their weights now."""

    losses: LossGap
    initial_weights: WeightsGap
    weights: WeightsGap


@dataclass(frozen=True)
class ParameterPair:
    """One weight (fan_out, fan_in) or bias (fan_out,) of both sides; nothing for a bias that a side does not have."""

    name: str
    numpy: FloatArray | None
    pytorch: FloatArray | None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the side that has it."""
        present = self.numpy if self.numpy is not None else self.pytorch
        assert present is not None
        return present.shape

    @property
    def both(self) -> tuple[FloatArray, FloatArray] | None:
        """Both arrays, if both sides have it."""
        return None if self.numpy is None or self.pytorch is None else (self.numpy, self.pytorch)


def pair_parameters(numpy: Tensors, pytorch: Tensors) -> tuple[ParameterPair, ...]:
    """Both sides' parameters, 'layer 1 weight' first; a bias is there if either side has one."""
    places = in_order([*numpy, *pytorch])
    return tuple(ParameterPair(place.title, numpy.get(place), pytorch.get(place)) for place in places)


def coarser_dtype(settings: Settings) -> DTypeLike:
    """The dtype whose ULPs are counted: float32 as soon as one side computes or keeps its weights in it."""
    sides = (settings.numpy, settings.pytorch)
    return np.float64 if all(side.precision is Precision.FLOAT64 for side in sides) else np.float32


def compare_weights(now: tuple[ParameterPair, ...], start: tuple[ParameterPair, ...] = ()) -> WeightsGap:
    """All weights and biases at once, in a few passes over them; `start` are those the run began with.

    The gap of each parameter, also relative and in ULPs, is `compare_parameters`'s and takes ten times as long.
    """
    both = [pair.both for pair in now if pair.both is not None]
    moved = [
        gap
        for pair, first in zip(now, start, strict=False)
        for array, before in ((pair.numpy, first.numpy), (pair.pytorch, first.pytorch))
        if array is not None and before is not None
        for gap in [_largest_gap(array, before)]
    ]
    return WeightsGap(
        elements=sum(numpy.size for numpy, _ in both),
        different=sum(int(np.count_nonzero(numpy != pytorch)) for numpy, pytorch in both),
        # Unlike Python's own, NumPy's maximum is not a number as soon as one gap is none.
        max_absolute=float(np.max([_largest_gap(numpy, pytorch) for numpy, pytorch in both])),
        lacking=tuple(pair.name for pair in now if pair.both is None),
        moved=float(np.max(moved, initial=0.0)),
    )


def _largest_gap(first: FloatArray, second: FloatArray) -> float:
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.subtract(first, second, dtype=np.float64)
        largest = float(np.abs(gap, out=gap).max())
        # Two infinities of one sign are equal, though their difference is no number.
        return largest if np.isfinite(largest) else float(np.where(first == second, 0, gap).max())


def compare_parameters(settings: Settings, pairs: tuple[ParameterPair, ...]) -> tuple[ParameterGap, ...]:
    """The gap of every parameter that both sides have, in ULPs of the coarser dtype."""
    dtype = coarser_dtype(settings)
    return tuple(_parameter_gap(pair.name, *pair.both, dtype) for pair in pairs if pair.both is not None)


def _parameter_gap(name: str, numpy: FloatArray, pytorch: FloatArray, dtype: DTypeLike) -> ParameterGap:
    first, second = numpy.astype(np.float64), pytorch.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        absolute = np.abs(first - second)
        return ParameterGap(
            name=name,
            elements=absolute.size,
            different=int(np.count_nonzero(first != second)),
            max_absolute=float(absolute.max()),
            max_relative=float(relative_gap(first, second).max()),
            max_ulp=int(ulp_distance(first, second, dtype).max()),
        )


def loss_dtype(settings: Settings) -> DTypeLike:
    """The coarser of the types that the two losses are computed in: its ULPs are counted."""
    sides = (settings.numpy, settings.pytorch)
    return np.float32 if any(side.precision is Precision.FLOAT32 for side in sides) else np.float64
