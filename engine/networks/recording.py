"""A NumPy computation written down while it runs once, to be run again into arrays that are made once.

Nothing here knows what is computed: ufuncs, their `reduce` and `np.dot` are written down with what they take and give;
`NotRecordableError` says that something else was used. `recorded_number.py` has the numbers that change between runs;
`replay.py` chooses where results lie. Whoever uses a recording holds it against plain runs first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.networks.recorded_number import RecordedNumber
from engine.types import FloatArray


class NotRecordableError(Exception):
    """The computation did something that cannot be written down."""


@dataclass(frozen=True)
class View:
    """A window onto a value: an array that shares its memory."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    """In bytes, from the value's first element."""

    def onto(self, array: FloatArray) -> FloatArray:
        """The same window onto another array of the value's layout."""
        return np.ndarray(self.shape, array.dtype, array, self.offset, self.strides)


@dataclass(eq=False)
class Value:
    """An array that the computation was given or made."""

    array: FloatArray
    given: bool


@dataclass(frozen=True)
class Use:
    """A value as an argument; whole if there is no view."""

    value: Value
    view: View | None = None


@dataclass(frozen=True)
class Call:
    """One function that ran. `result` is what it made, or the value that it changed in place."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    """Of uses, recorded numbers, plain numbers and whatever else it took."""
    result: Use
    elementwise: bool
    reduces: bool
    keywords: dict[str, Any] = field(default_factory=dict)

    @property
    def uses(self) -> list[Use]:
        """The values among its arguments."""
        return [argument for argument in self.arguments if isinstance(argument, Use)]

    @property
    def types(self) -> list[np.dtype[Any]]:
        """Of the values and arrays among its arguments."""
        arrays = [one.value.array if isinstance(one, Use) else one for one in self.arguments]
        return [one.dtype for one in arrays if isinstance(one, (np.ndarray, np.generic))]


class RecordedArray(np.ndarray[Any, Any]):
    """An array whose arithmetic is written down."""

    recording: Recording

    def __array_finalize__(self, parent: Any) -> None:
        recording = getattr(parent, "recording", None)
        if recording is not None:
            self.recording = recording

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **keywords: Any) -> Any:
        if method not in ("__call__", "reduce") or ufunc.nout != 1:
            raise NotRecordableError(f"{ufunc.__name__}.{method}")
        return self.recording.add(ufunc, method, inputs, out[0] if out else None, keywords)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.dot and not kwargs:
            return self.recording.add(np.dot, "__call__", args, None, {})
        # Its own implementation is made of what is written down, or is refused there.
        return super().__array_function__(func, types, args, kwargs)


class Recording:
    """What is written down."""

    def __init__(self, kind: type[RecordedArray] = RecordedArray) -> None:
        self.calls: list[Call] = []
        self._kind = kind
        self._values: dict[int, Value] = {}

    def give(self, array: FloatArray) -> RecordedArray:
        """An array that the computation starts from, or changes."""
        return self._known(Value(np.asarray(array), given=True))

    def _known(self, value: Value) -> RecordedArray:
        recorded = value.array.view(self._kind)
        recorded.recording = self
        self._values[_address(value.array)] = value
        return recorded

    def use(self, array: Any) -> Use:
        """How this array lies in the values that are known."""
        value = self._values.get(_address(array))
        if value is None:
            raise NotRecordableError("an array of unknown origin")
        whole, array = value.array, array.view(np.ndarray)
        if array.shape == whole.shape and array.strides == whole.strides:
            return Use(value)
        return Use(value, View(array.shape, array.strides, 0))

    def add(self, function: Any, method: str, inputs: Sequence[Any], out: Any, keywords: dict[str, Any]) -> Any:
        """Carry it out and write it down."""
        run = function if method == "__call__" else getattr(function, method)
        elementwise = isinstance(function, np.ufunc) and method == "__call__" and function.signature is None
        arguments = tuple(self.use(one) if isinstance(one, RecordedArray) else one for one in inputs)
        plain = [_plain(one) for one in inputs]
        if out is None:
            result = np.asarray(run(*plain, **keywords))
            recorded = self._known(Value(result, given=False))
        else:
            run(*plain, out=out.view(np.ndarray), **keywords)
            recorded = out
        self.calls.append(Call(run, arguments, self.use(recorded), elementwise, method == "reduce", keywords))
        return recorded


def _plain(argument: Any) -> Any:
    if isinstance(argument, RecordedArray):
        return argument.view(np.ndarray)
    return argument.value if isinstance(argument, RecordedNumber) else argument


def _address(array: FloatArray) -> int:
    # All values stay alive while they are written down, so that no two have one address.
    return int(array.__array_interface__["data"][0])
