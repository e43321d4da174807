"""How far two runs are apart: absolute, relative and in ULPs; for losses and for parameters. Pure arithmetic.

What a gap means in words is `verdict.py`'s; what a setting contributes to it is the catalogue's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.settings import Precision, Settings
from engine.types import FloatArray


def ulp_distance(first: FloatArray, second: FloatArray, dtype: DTypeLike) -> NDArray[np.uint64]:
    """How many steps of `numpy.nextafter` lie between the values, both rounded to `dtype`; −0 and +0 are one point.

    Source: floats of one sign are ordered as their bit patterns are (Dawson, "Comparing Floating Point Numbers").
    """
    low, high = np.sort([_position(first, dtype), _position(second, dtype)], axis=0)
    return np.asarray(high - low, np.uint64)


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
    """The gap between one weight or bias and its counterpart; a bias that one side lacks counts as zero there."""

    name: str
    elements: int
    different: int
    max_absolute: float
    max_relative: float
    max_ulp: int


@dataclass(frozen=True)
class Comparison:
    """All gaps of a run: the losses, the parameters at the start and the parameters now."""

    losses: LossGap
    initial_parameters: tuple[ParameterGap, ...]
    parameters: tuple[ParameterGap, ...]

    @property
    def max_parameter_gap(self) -> float:
        """The largest |Δ| over all weights and biases."""
        return max(gap.max_absolute for gap in self.parameters)

    @property
    def same_parameters(self) -> bool:
        """Whether every bit of every parameter is the same."""
        return all(gap.different == 0 for gap in self.parameters)


@dataclass(frozen=True)
class ParameterPair:
    """One weight (fan_out, fan_in) or bias (fan_out,) of both sides; zeros stand for a bias that is not there."""

    name: str
    numpy: FloatArray
    pytorch: FloatArray


def pair_parameters(
    settings: Settings, numpy_parameters: list[FloatArray], pytorch_parameters: list[FloatArray]
) -> tuple[ParameterPair, ...]:
    """Both sides' parameters by name, 'layer 1 weight' first; a bias is there if either side has one."""
    numpy_named = _named(numpy_parameters, settings.numpy.bias)
    pytorch_named = _named(pytorch_parameters, settings.pytorch.bias)
    names = sorted(numpy_named.keys() | pytorch_named.keys(), key=lambda name: (int(name.split()[1]), name[-1] == "s"))
    pairs = []
    for name in names:
        present = numpy_named.get(name, pytorch_named.get(name))
        assert present is not None
        zeros = np.zeros_like(present)
        pairs.append(ParameterPair(name, numpy_named.get(name, zeros), pytorch_named.get(name, zeros)))
    return tuple(pairs)


def _named(parameters: list[FloatArray], bias: bool) -> dict[str, FloatArray]:
    kinds = ("weight", "bias") if bias else ("weight",)
    return {
        f"layer {index // len(kinds) + 1} {kinds[index % len(kinds)]}": parameter
        for index, parameter in enumerate(parameters)
    }


def coarser_dtype(settings: Settings) -> DTypeLike:
    """The dtype whose ULPs are counted: float32 as soon as one side computes or keeps its weights in it."""
    sides = (settings.numpy, settings.pytorch)
    return np.float64 if all(side.precision is Precision.FLOAT64 for side in sides) else np.float32


def compare_parameters(settings: Settings, pairs: tuple[ParameterPair, ...]) -> tuple[ParameterGap, ...]:
    """The gap of every pair, in ULPs of the coarser dtype."""
    return tuple(_parameter_gap(pair, coarser_dtype(settings)) for pair in pairs)


def _parameter_gap(pair: ParameterPair, dtype: DTypeLike) -> ParameterGap:
    first, second = pair.numpy.astype(np.float64), pair.pytorch.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        absolute = np.abs(first - second)
        return ParameterGap(
            name=pair.name,
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
