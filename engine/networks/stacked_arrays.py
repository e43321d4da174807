"""Arrays of R runs at once that behave like one run's: the hand-written network trains a whole stack as it stands.

A stacked array has the runs along a leading axis, (R, rows, columns); vectors are (R, 1, columns), numbers (R, 1, 1).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.networks.recording import RecordedArray
from engine.types import FloatArray


class NotAlikeError(Exception):
    """The runs would take different ways."""


AXES: dict[int | None, Any] = {None: (-2, -1), 0: -2, 1: -1}
"""Of a stack, by the axis of one run."""


class _OfEachRun(np.ndarray[Any, Any]):
    """`T`, `shape`, `len`, `sum(axis=0)`, `np.dot`, `np.sum` and `np.mean` are those of each run."""

    @property  # type: ignore[misc]
    def shape(self) -> Any:
        """(rows, columns) of each run."""
        return self.view(np.ndarray).shape[-2:]

    def __len__(self) -> int:
        """Of each run."""
        return int(self.shape[-2])

    @property
    def T(self) -> Any:  # noqa: N802
        """Of each run."""
        return self.mT

    def sum(self, axis: Any = None, **keywords: Any) -> Any:  # type: ignore[override]
        """As of one run; the axis stays, of length 1."""
        return np.add.reduce(self, axis=AXES[axis], keepdims=True)

    def mean(self, axis: Any = None, **keywords: Any) -> Any:  # type: ignore[override]
        """As of one run; the axis stays, of length 1."""
        axes = AXES[axis]
        count = self.shape[axes] if isinstance(axes, int) else self.shape[-2] * self.shape[-1]
        return self.sum(axis) / count

    def max(self, axis: Any = None, **keywords: Any) -> Any:  # type: ignore[override]
        """As of one run; the axis stays, of length 1."""
        return np.maximum.reduce(self, axis=AXES[axis], keepdims=True)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.dot:
            return np.matmul(*args)
        if func is np.sum:
            return args[0].sum(**kwargs)
        if func is np.mean:
            return args[0].mean(**kwargs)
        raise NotImplementedError(f"np.{func.__name__} of a stack")


class StackedArray(_OfEachRun):
    """One that is computed with as it stands."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **keywords: Any) -> Any:
        if any(type(one) is StackedNumber for one in inputs):
            inputs = tuple(_cast(inputs))
        plain = [one.view(np.ndarray) if type(one) is StackedArray else one for one in inputs]
        if out is not None:
            keywords["out"] = tuple(one.view(np.ndarray) for one in out)
        result = getattr(ufunc, method)(*plain, **keywords)
        return out[0] if out is not None else result.view(StackedArray)


class RecordedStack(_OfEachRun, RecordedArray):
    """One whose arithmetic is written down."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **keywords: Any) -> Any:
        return RecordedArray.__array_ufunc__(self, ufunc, method, *_cast(inputs), out=out, **keywords)


class StackedNumber:
    """A number of each run, in double; beside a stacked array it is cast to its type, as a Python number is."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.values = values

    @classmethod
    def of(cls, numbers: list[float]) -> StackedNumber | float:
        """A number for each run; one for all where they are equal."""
        same = all(number == numbers[0] for number in numbers)
        return numbers[0] if same else cls(np.array(numbers, np.float64)[:, None, None])

    def _of(self, function: Callable[..., Any], *operands: Any) -> Any:
        if not all(isinstance(operand, (StackedNumber, int, float)) for operand in operands):
            return NotImplemented
        return StackedNumber(function(*(one.values if isinstance(one, StackedNumber) else one for one in operands)))

    def _compared(self, function: Callable[..., Any], other: Any) -> bool:
        outcome = function(self.values, other)
        if outcome.all() != outcome.any():
            raise NotAlikeError
        return bool(outcome.all())

    def __neg__(self) -> Any:
        return self._of(operator.neg, self)

    def __add__(self, other: Any) -> Any:
        return self._of(operator.add, self, other)

    def __radd__(self, other: Any) -> Any:
        return self._of(operator.add, other, self)

    def __sub__(self, other: Any) -> Any:
        return self._of(operator.sub, self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._of(operator.sub, other, self)

    def __mul__(self, other: Any) -> Any:
        return self._of(operator.mul, self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._of(operator.mul, other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._of(operator.truediv, self, other)

    def __eq__(self, other: object) -> bool:
        return self._compared(operator.eq, other)

    def __gt__(self, other: Any) -> bool:
        return self._compared(operator.gt, other)

    __hash__ = None  # type: ignore[assignment]


def _cast(inputs: tuple[Any, ...]) -> list[Any]:
    """With each run's numbers in the type of the arrays beside them."""
    types = [one.dtype for one in inputs if isinstance(one, np.ndarray)]
    return [one.values.astype(np.result_type(*types)) if isinstance(one, StackedNumber) else one for one in inputs]


def stacked(arrays: list[FloatArray]) -> StackedArray:
    """One array of all runs', with the rows or the columns together in memory as they are in one; a vector becomes one
    row.
    """
    if arrays[0].ndim == 1:
        return np.stack(arrays)[:, None, :].view(StackedArray)
    in_columns = not arrays[0].flags.c_contiguous
    stack = np.stack([array.T for array in arrays]).mT if in_columns else np.stack(arrays)
    return stack.view(StackedArray)
