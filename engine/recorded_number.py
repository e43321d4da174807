"""A number that changes from run to run of a recorded computation, and every number that is made of it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Numbers = Mapping[str, float]
"""The numbers of one run, by name."""


class RecordedNumber:
    """A number, and how to compute it anew. Comparing it is written down as a condition of the recording."""

    # Arrays then leave an operator with one of these to their own `__array_ufunc__`.
    def __init__(
        self, value: Any, names: frozenset[str], compute: Callable[[Numbers], Any], conditions: list[Condition]
    ) -> None:
        self.value = value
        self.names = names
        self.compute = compute
        self._conditions = conditions

    def _of(self, function: Callable[..., Any], *operands: Any) -> Any:
        if not all(isinstance(operand, (RecordedNumber, int, float)) for operand in operands):
            return NotImplemented
        computes = [_compute(operand) for operand in operands]
        made_of = [operand for operand in operands if isinstance(operand, RecordedNumber)]
        values = [operand.value if isinstance(operand, RecordedNumber) else operand for operand in operands]
        return RecordedNumber(
            function(*values),
            frozenset[str]().union(*(operand.names for operand in made_of)),
            lambda numbers: function(*(compute(numbers) for compute in computes)),
            self._conditions,
        )

    def _compared(self, function: Callable[[Any, Any], bool], other: Any) -> bool:
        outcome: RecordedNumber = self._of(function, self, other)
        self._conditions.append(Condition(outcome.names, outcome.compute, outcome.value))
        return bool(outcome.value)

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

    def __rtruediv__(self, other: Any) -> Any:
        return self._of(operator.truediv, other, self)

    def __pow__(self, other: Any) -> Any:
        return self._of(operator.pow, self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._of(operator.pow, other, self)

    def __lt__(self, other: Any) -> bool:
        return self._compared(operator.lt, other)

    def __gt__(self, other: Any) -> bool:
        return self._compared(operator.gt, other)

    def __le__(self, other: Any) -> bool:
        return self._compared(operator.le, other)

    def __ge__(self, other: Any) -> bool:
        return self._compared(operator.ge, other)

    def __eq__(self, other: object) -> bool:
        return self._compared(operator.eq, other)

    def __ne__(self, other: object) -> bool:
        return self._compared(operator.ne, other)

    def __bool__(self) -> bool:
        return self._compared(operator.ne, 0)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Condition:
    """What was compared, of which numbers, and what came out."""

    names: frozenset[str]
    compute: Callable[[Numbers], Any]
    outcome: Any


def _compute(operand: Any) -> Callable[[Numbers], Any]:
    if isinstance(operand, RecordedNumber):
        return operand.compute
    return lambda numbers: operand


def recorded_numbers(numbers: Numbers) -> tuple[dict[str, RecordedNumber], list[Condition]]:
    """These numbers, for a computation to be written down; and the conditions that it will come to."""
    conditions: list[Condition] = []

    def recorded(name: str, value: float) -> RecordedNumber:
        return RecordedNumber(value, frozenset({name}), lambda given: given[name], conditions)

    return {name: recorded(name, value) for name, value in numbers.items()}, conditions
