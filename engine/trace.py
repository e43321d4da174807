"""One training step opened up: every operation of both sides beside each other, and the first that differs.

Why it differs is `reasons.py`'s. Tracing imports torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike

from engine.comparison import relative_gap, ulp_distance
from engine.numpy_mlp import NumpyMLP
from engine.settings import Precision, Settings
from engine.step_tensors import Place, Tensors, formula, numpy_tensors, places
from engine.types import FloatArray

if TYPE_CHECKING:
    from engine.reasons import Reason

States = tuple[list[FloatArray], list[FloatArray]]
"""Both models' `state()`, the hand-written side's first."""


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation: both tensors in one shape, and their gaps. A tensor that a side lacks is zeros."""

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
    def differs(self) -> bool:
        """Whether any element does; so do not-a-numbers on one side alone."""
        return self.different > 0


@dataclass(frozen=True, eq=False)
class StepTrace:
    """The step that makes epoch `epoch`, from 1. `first` is the place in `operations` of the first that differs.

    `meant` is the first that differs by more than rounding because of a difference of the catalogue, where `first`
    has another reason; `meaning` says which.
    """

    settings: Settings
    epoch: int
    matched_start: bool
    operations: tuple[Operation, ...]
    first: int | None
    reason: Reason | None
    meant: int | None = None
    meaning: Reason | None = None

    @property
    def first_operation(self) -> Operation | None:
        """The first that differs, if one does."""
        return None if self.first is None else self.operations[self.first]


def trace(settings: Settings, epoch: int, states: States, matched_start: bool = False) -> StepTrace:
    """The step that both take from these states. With `matched_start` PyTorch begins with NumPy's weights.

    Raises `DeviceError`.
    """
    from engine.reasons import find_later_meaning, find_reason

    before = match_start(settings, states) if matched_start else states
    with np.errstate(all="ignore"):
        numpy, pytorch = Tracer(settings).tensors(before)
        operations = compare_tensors(settings, numpy, pytorch)
        first = next((index for index, operation in enumerate(operations) if operation.differs), None)
        if first is None:
            return StepTrace(settings, epoch, matched_start, operations, None, None)
        reason = find_reason(settings, epoch, before, operations, first)
        later = find_later_meaning(settings, epoch, before, operations, reason)
    return StepTrace(settings, epoch, matched_start, operations, first, reason, *later)


def trace_epoch(settings: Settings, epoch: int, matched_start: bool = False) -> StepTrace:
    """The step of an epoch from 1, after training up to it. Raises `DeviceError`; `ValueError` for no such epoch."""
    from engine.lockstep import build_models

    if not 1 <= epoch <= settings.epochs:
        raise ValueError(f"epoch cannot be {epoch}; it is a whole number from 1 to {settings.epochs}")
    numpy, pytorch = build_models(settings)
    with np.errstate(all="ignore"):
        for _ in range(epoch - 1):
            numpy.step()
            pytorch.step()
    return trace(settings, epoch, (numpy.state(), pytorch.state()), matched_start)


class Tracer:
    """Takes single steps of both plain models from any states. Raises `DeviceError`."""

    def __init__(self, settings: Settings) -> None:
        from engine.torch_mlp import TorchMLP

        self._settings = settings
        self._numpy, self._pytorch = NumpyMLP(settings), TorchMLP(settings)

    def tensors(self, states: States) -> tuple[Tensors, Tensors]:
        """All tensors of one step of each side."""
        from engine.torch_trace import torch_tensors

        self._numpy.set_state(states[0])
        self._pytorch.set_state(states[1])
        return numpy_tensors(self._numpy), torch_tensors(self._pytorch)

    def differs(self, states: States) -> bool:
        """Whether any bit of any operation of the step does."""
        numpy, pytorch = self.tensors(states)
        return numpy.keys() != pytorch.keys() or any(
            not np.array_equal(tensor, pytorch[place], equal_nan=True) for place, tensor in numpy.items()
        )


def match_start(settings: Settings, states: States) -> States:
    """PyTorch's state with NumPy's parameters in PyTorch's dtype; a bias that NumPy lacks is zero.

    Velocities are taken over where both sides keep them in one form.
    """
    numpy_state, pytorch_state = states
    numpy_kinds, pytorch_kinds = (2 if side.bias else 1 for side in (settings.numpy, settings.pytorch))
    layers = len(settings.activations)
    matched: list[FloatArray] = []
    for layer in range(layers):
        for kind in range(pytorch_kinds):
            target = pytorch_state[layer * pytorch_kinds + kind]
            source = numpy_state[layer * numpy_kinds + kind] if kind < numpy_kinds else np.zeros_like(target)
            matched.append(source.astype(target.dtype))
    numpy_velocities = numpy_state[layers * numpy_kinds :]
    pytorch_velocities = pytorch_state[layers * pytorch_kinds :]
    same_form = settings.numpy.momentum.form is settings.pytorch.momentum.form and numpy_kinds == pytorch_kinds
    if same_form and len(numpy_velocities) == len(pytorch_velocities):
        pairs = zip(numpy_velocities, pytorch_velocities, strict=True)
        pytorch_velocities = [ours.astype(theirs.dtype) for ours, theirs in pairs]
    return numpy_state, matched + list(pytorch_velocities)


def coarser_dtype(settings: Settings) -> DTypeLike:
    """The dtype whose ULPs are counted: float32 as soon as one side computes or keeps its weights in it."""
    sides = (settings.numpy, settings.pytorch)
    return np.float64 if all(side.precision is Precision.FLOAT64 for side in sides) else np.float32


def compare_tensors(settings: Settings, numpy: Tensors, pytorch: Tensors) -> tuple[Operation, ...]:
    """Every operation that at least one side has, in order."""
    dtype = coarser_dtype(settings)
    found = []
    for place in places(settings):
        present = numpy.get(place, pytorch.get(place))
        if present is None:
            continue
        zeros = np.zeros_like(present)
        lacking = "hand-rolled" if place not in numpy else "PyTorch" if place not in pytorch else ""
        pair = numpy.get(place, zeros), pytorch.get(place, zeros)
        found.append(_operation(place, formula(place, settings), *pair, dtype, lacking))
    return tuple(found)


def _operation(
    place: Place, text: str, numpy: FloatArray, pytorch: FloatArray, dtype: DTypeLike, lacking: str
) -> Operation:
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
