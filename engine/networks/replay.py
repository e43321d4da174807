"""A recorded computation, run again without temporary arrays: each result is written where the recorded one lies.

What follows a large matrix product row by row is run for some rows at a time, as parts that two threads can share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from engine.networks.parts import WHOLE, ReadyCall, in_parts, product, row_blocks, run
from engine.networks.recorded_number import Condition, Numbers, RecordedNumber
from engine.networks.recording import Call, Recording, Use, Value
from engine.types import FloatArray

LARGE = 50_000
"""Elements from which the order in memory tells."""

NEVER = 1 << 60


@dataclass(frozen=True)
class _Prepared:
    """A call with the arrays that it reads and the array that it writes."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    result: Any
    elementwise: bool
    plain: bool
    """Whether no argument is a view, so that an element of the result depends on the elements at its place."""

    @property
    def operation(self) -> ReadyCall:
        """What runs."""
        return self.function, (*self.arguments, self.result)

    def rows(self, rows: slice) -> ReadyCall:
        """For these rows of the result alone."""
        cut = [one[rows] if _is_matrix(one) else one for one in self.arguments]
        return self.function, (*cut, self.result[rows])


class Replay:
    """Runs a recording again. `carried`: a given value, and the made one that is its next state."""

    def __init__(
        self,
        recording: Recording,
        carried: Mapping[Value, Value],
        outputs: Sequence[Value],
        conditions: Sequence[Condition] = (),
        share: bool = False,
    ) -> None:
        self._calls = _needed(recording.calls, (*carried.values(), *outputs))
        self._carried = carried
        self._last_use = _last_uses(self._calls, (*carried.values(), *outputs))
        self._storage: dict[Value, FloatArray] = {}
        self._cells: dict[int, tuple[FloatArray, RecordedNumber]] = {}
        prepared = [self._prepare(index, call) for index, call in enumerate(self._calls)]
        aligned, copies = _aligned(prepared, self._given_matrices())
        self._operations = _grouped(aligned, share)
        for given, made in carried.items():
            array = self._array_of(made)
            if array is not given.array:
                self._operations.append((np.copyto, (given.array, copies.get(id(array), array))))
        self.outputs = [self._array_of(output) for output in outputs]
        self._conditions = list(conditions)
        self._cell_list = [(cell, number.compute) for cell, number in self._cells.values()]
        names = frozenset[str]().union(*(number.names for _, number in self._cells.values()))
        self._names = sorted(names.union(*(condition.names for condition in conditions)))
        self._present: list[float] | None = None
        # Of the recorded arrays only those are kept that it runs in.
        del self._calls, self._last_use, self._storage, self._carried, self._cells

    def run(self, numbers: Numbers) -> bool:
        """One run with these numbers; false, and nothing done, where they would take another way through it."""
        present = [numbers[name] for name in self._names]
        if present != self._present:
            if any(condition.compute(numbers) != condition.outcome for condition in self._conditions):
                return False
            for cell, compute in self._cell_list:
                cell[...] = compute(numbers)
            self._present = present
        run(self._operations)
        return True

    def _prepare(self, index: int, call: Call) -> _Prepared:
        uses = call.uses
        arguments = tuple(self._argument(one, call) for one in call.arguments)
        keywords = {name: value for name, value in call.keywords.items() if not _is_default(name, value)}
        if call.elementwise and np.result_type(*call.types) == call.result.value.array.dtype:
            keywords.pop("casting", None)
        if call.reduces:
            # Axis and dtype come before the result.
            arguments = (*arguments, keywords.pop("axis", 0), keywords.pop("dtype", None))
        function = partial(call.function, **keywords) if keywords else call.function
        if call.function in (np.maximum, np.minimum):
            function = partial(_into, function)
        result = self._array(call.result, self._place(index, call))
        plain = all(use.view is None for use in (*uses, call.result))
        return _Prepared(function, arguments, result, call.elementwise, plain)

    def _argument(self, argument: Any, call: Call) -> Any:
        if isinstance(argument, Use):
            value = argument.value
            return self._array(argument, value.array if value.given else self._storage[value])
        if not call.elementwise:
            return argument
        if isinstance(argument, (RecordedNumber, int, float)):
            return self._cell(argument, call.types)
        return argument

    def _cell(self, number: Any, partners: Sequence[np.dtype[Any]]) -> FloatArray:
        """A number as an array of no dimension: a Python number would be converted at every call."""
        value = number.value if isinstance(number, RecordedNumber) else number
        cell = np.array(value, np.result_type(*partners, value))
        if isinstance(number, RecordedNumber):
            self._cells[id(cell)] = cell, number
        return cell

    def _array(self, use: Use, array: FloatArray) -> FloatArray:
        return array if use.view is None else as_strided(array, use.view.shape, use.view.strides)

    def _place(self, index: int, call: Call) -> FloatArray:
        """Where the result lies: that of what is changed in place, of an argument no longer needed, or an array of
        its own.
        """
        value = call.result.value
        if value.given:
            return value.array
        if value not in self._storage:
            reused = next((use.value for use in call.uses if self._can_take(use, index, call)), None)
            # What the recorded run made is written over by the next.
            self._storage[value] = value.array if reused is None else self._array_of(reused)
        return self._storage[value]

    def _can_take(self, use: Use, index: int, call: Call) -> bool:
        """Whether the result may be written over an argument."""
        value, result = use.value, call.result.value
        alike = _layout(value.array) == _layout(result.array)
        whole = all(other.view is None for other in call.uses if other.value is value)
        free = value in self._carried if value.given else True
        return call.elementwise and alike and whole and free and self._last_use[value] == index

    def _array_of(self, value: Value) -> FloatArray:
        return value.array if value.given else self._storage[value]

    def _given_matrices(self) -> list[FloatArray]:
        """What is given and changed."""
        changed = {call.result.value for call in self._calls} | self._carried.keys()
        return [value.array for value in changed if value.given and value.array.ndim == 2]


def _needed(calls: Sequence[Call], kept: Sequence[Value]) -> list[Call]:
    """Without those whose results are never read."""
    read = set(kept)
    found: list[Call] = []
    for call in reversed(calls):
        if call.result.value.given or call.result.value in read:
            found.append(call)
            read.update(use.value for use in call.uses)
    return found[::-1]


def _last_uses(calls: Sequence[Call], kept: Sequence[Value]) -> dict[Value, int]:
    found: dict[Value, int] = {}
    for index, call in enumerate(calls):
        for use in (*call.uses, call.result):
            found[use.value] = index
    return found | dict.fromkeys(kept, NEVER)


def _layout(array: FloatArray) -> tuple[Any, ...]:
    return array.shape, array.dtype, array.strides


def _is_default(name: str, value: Any) -> bool:
    return name == "subok" or (name, value) in (("where", True), ("keepdims", False))


def _is_matrix(argument: Any) -> bool:
    return isinstance(argument, np.ndarray) and argument.ndim == 2


def _aligned(calls: list[_Prepared], changed: list[FloatArray]) -> tuple[list[_Prepared], dict[int, FloatArray]]:
    """A product fills rows only; a large matrix that lies in columns is then changed twice as fast from a copy.

    Also returns what stands for which array from its product on.
    """
    columns = {array.shape for array in changed if array.size >= LARGE and not array.flags.c_contiguous}
    found: list[_Prepared] = []
    copies: dict[int, FloatArray] = {}
    for call in calls:
        arguments = tuple(copies.get(id(one), one) for one in call.arguments)
        result = copies.get(id(call.result), call.result)
        found.append(_Prepared(call.function, arguments, result, call.elementwise, call.plain))
        if call.function is np.dot and call.result.shape in columns:
            copy = copies[id(call.result)] = np.empty_like(call.result, order="F")
            found[-1] = call
            found.append(_Prepared(_copy, (call.result,), copy, True, True))
    return found, copies


def _into(function: Callable[..., Any], first: Any, second: Any, result: FloatArray) -> None:
    """For those ufuncs whose result may not be the third argument."""
    function(first, second, out=result)


def _copy(source: FloatArray, target: FloatArray) -> None:
    np.copyto(target, source)


def _grouped(calls: list[_Prepared], share: bool) -> list[ReadyCall]:
    """The operations in their order, those that follow a large product row by row together with it, in parts."""
    found: list[ReadyCall] = []
    position = 0
    while position < len(calls):
        call = calls[position]
        position += 1
        cut = row_blocks(*call.arguments) if share and _is_product(call) else WHOLE
        if cut == WHOLE:
            found.append(call.operation)
            continue
        following = []
        while position < len(calls) and _follows(calls[position], call):
            following.append(calls[position])
            position += 1
        found += in_parts(cut, partial(_part, call, following))
    return found


def _is_product(call: _Prepared) -> bool:
    return call.function is np.dot and all(_is_matrix(one) for one in call.arguments)


def _follows(call: _Prepared, made: _Prepared) -> bool:
    """Whether a row of its result depends on that row of the product, and touches nothing that the product reads."""
    shape = made.result.shape
    alike = all(one.shape == shape for one in (*call.arguments, call.result) if _is_matrix(one))
    apart = not any(np.may_share_memory(call.result, read) for read in made.arguments)
    return call.elementwise and call.plain and call.result.shape == shape and alike and apart


def _part(call: _Prepared, following: list[_Prepared], rows: slice) -> list[ReadyCall]:
    left, right = call.arguments
    return [product(rows, left, right, call.result[rows]), *(one.rows(rows) for one in following)]
