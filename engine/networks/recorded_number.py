"""A number that changes from run to run of a recorded computation, and every number that is made of it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Numbers = Mapping[str, float]
"""The numbers of one run, by name."""


@dataclass(frozen=True)
class Condition:
    """What was compared, of which numbers, and what came out."""

    names: frozenset[str]
    compute: Callable[[Numbers], Any]
    outcome: Any


@dataclass(frozen=True)
class Trail:
    """What a recorded computation did with its numbers."""

    made: list[RecordedNumber] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)


class RecordedNumber(float):
    """A number, and how to compute it anew. Comparing it is written down as a condition of the recording."""

    value: Any
    names: frozenset[str]
    compute: Callable[[Numbers], Any]
    trail: Trail

    @classmethod
    def of(cls, value: Any, names: frozenset[str], compute: Callable[[Numbers], Any], trail: Trail) -> RecordedNumber:
        """Written down."""
        number = cls(value)
        number.value, number.names, number.compute, number.trail = value, names, compute, trail
        trail.made.append(number)
        return number

    def _of(self, function: Callable[..., Any], *operands: Any) -> Any:
        if not all(isinstance(operand, (RecordedNumber, int, float)) for operand in operands):
            return NotImplemented
        computes = [_compute(operand) for operand in operands]
        made_of = [operand for operand in operands if isinstance(operand, RecordedNumber)]
        values = [operand.value if isinstance(operand, RecordedNumber) else operand for operand in operands]
        return RecordedNumber.of(
            function(*values),
            frozenset[str]().union(*(operand.names for operand in made_of)),
            lambda numbers: function(*(compute(numbers) for compute in computes)),
            self.trail,
        )

    def _compared(self, function: Callable[[Any, Any], bool], other: Any) -> bool:
        outcome: RecordedNumber = self._of(function, self, other)
        self.trail.conditions.append(Condition(outcome.names, outcome.compute, outcome.value))
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

    def __floordiv__(self, other: Any) -> Any:
        return self._of(operator.floordiv, self, other)

    def __pow__(self, other: Any) -> Any:  # type: ignore[override]
        return self._of(operator.pow, self, other)

    def __rpow__(self, other: Any) -> Any:  # type: ignore[override]
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


def _compute(operand: Any) -> Callable[[Numbers], Any]:
    if isinstance(operand, RecordedNumber):
        return operand.compute
    return lambda numbers: operand


def recorded_numbers(numbers: Numbers) -> tuple[dict[str, RecordedNumber], Trail]:
    """These numbers, for a computation to be written down; and what it will have done with them."""
    trail = Trail()

    def recorded(name: str, value: float) -> RecordedNumber:
        return RecordedNumber.of(value, frozenset({name}), lambda given: given[name], trail)

    return {name: recorded(name, value) for name, value in numbers.items()}, trail
