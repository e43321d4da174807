"""The arrays and numbers that can be reached from a value: through attributes, dicts, lists and tuples.

Nothing is copied here, and no code of the program is called: attributes are read from `__dict__` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

DEEPEST = 5

MOST_ITEMS = 64
"""Of a list or dict that are looked at."""

MOST_FOUND = 600

CROWD = 16
"""Items of a list that are more than the layers of a network: its samples or batches, which nothing changes."""

MOST_CELLS = 64
"""Of closures."""

LONGEST_NUMBERS = 200_000
"""Of a list of numbers that is read as an array."""

LARGEST_INTEGER = 2**63

SIMPLE = (str, bytes, bool, type(None), type, complex)


class Seen(NamedTuple):
    """Something that can hold a value of the network."""

    key: str
    name: str
    held: Any
    """An array, a number, or a list of numbers."""


@dataclass
class Instances:
    """The objects of the program's own classes, told apart for good: each keeps the number that it first got."""

    numbers: dict[int, tuple[int, object]] = field(default_factory=dict)
    paths: dict[str, set[int]] = field(default_factory=dict)
    """Ways to reach an object, and the numbers of all objects that were reached so."""
    cells: int = 0
    """How many cells of closures have a number."""
    is_own: Callable[[type], bool] = lambda kind: True
    """Whether a class is the program's own."""

    def number(self, instance: object, path: str) -> int:
        """Of an object that was reached by that path."""
        found = self.numbers.get(id(instance))
        if found is None:
            found = self.numbers[id(instance)] = (len(self.numbers), instance)
        self.paths.setdefault(path, set()).add(found[0])
        return found[0]

    def cell_number(self, cell: object, path: str) -> int | None:
        """Of a cell of a closure; none of one that comes after enough others."""
        if id(cell) not in self.numbers and self.cells >= MOST_CELLS:
            return None
        self.cells += id(cell) not in self.numbers
        return self.number(cell, path)

    def best_path(self, number: int) -> str | None:
        """The path that leads to that object alone: through `self` if one does, or the shortest."""
        alone = [path for path, numbers in self.paths.items() if numbers == {number}]
        return min(alone, key=lambda path: (path.split(".")[0].split("[")[0] != "self", len(path)), default=None)


def reachable(instances: Instances, value: Any, key: str, name: str, crowds: bool = True) -> list[Seen]:
    """Everything below a value that stands under that key and name; without crowds, no items of a long list."""
    found: list[Seen] = []
    _walk(instances, value, key, name, 0, found, set(), crowds)
    return found


def _walk(
    instances: Instances,
    value: Any,
    key: str,
    name: str,
    depth: int,
    found: list[Seen],
    visited: set[int],
    crowds: bool,
) -> None:
    kind = type(value)
    if kind in SIMPLE or len(found) > MOST_FOUND:
        return
    if isinstance(value, np.ndarray):
        if value.dtype != object:
            if value.dtype.kind in "fiu":
                found.append(Seen(key, name, value))
            return
        value = list(value.ravel()) if value.size <= MOST_ITEMS else []
    elif kind in (float, int) or isinstance(value, (np.floating, np.integer)):
        found += [Seen(key, name, value)] if kind is not int or abs(value) < LARGEST_INTEGER else []
        return
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        if len(value) <= 4 * MOST_ITEMS:
            for inner, one in list(value.items()):
                if isinstance(inner, (str, int, tuple)):
                    part = f"[{inner!r}]"
                    _walk(instances, one, key + part, name + part, depth + 1, found, visited, crowds)
    elif isinstance(value, (list, tuple)):
        _walk_list(instances, value, key, name, depth, found, visited, crowds)
    elif kind is FunctionType or instances.is_own(kind):
        _walk_instance(instances, value, key, name, depth, found, visited, crowds)


def _walk_closure(
    instances: Instances,
    function: FunctionType,
    name: str,
    depth: int,
    found: list[Seen],
    visited: set[int],
    crowds: bool,
) -> None:
    """The variables that a function keeps of the one it was made in: those of the first cells that were seen, since
    some programs make functions in every step.
    """
    for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        number = instances.cell_number(cell, f"{name}.{variable}")
        if number is None or number in visited:
            continue
        visited.add(number)
        try:
            held = cell.cell_contents
        except ValueError:  # it is still empty
            continue
        _walk(instances, held, f"#{number}", f"{name}.{variable}", depth + 1, found, visited, crowds)


def _is_value(kind: type) -> bool:
    """Whether it is a frozen dataclass."""
    return bool(getattr(_attribute(type.__getattribute__, kind, "__dataclass_params__"), "frozen", False))


def _walk_list(
    instances: Instances,
    value: Any,
    key: str,
    name: str,
    depth: int,
    found: list[Seen],
    visited: set[int],
    crowds: bool,
) -> None:
    if not value or (not crowds and _is_crowd(value)):
        return
    first = value[0]
    if _is_number(first) or (isinstance(first, (list, tuple)) and first and _is_number(first[0])):
        found.append(Seen(key, name, value))
        if not (isinstance(value, tuple) and len(value) <= 4):
            return
    fields = getattr(value, "_fields", None) if isinstance(value, tuple) else None
    fields = fields if isinstance(fields, tuple) and len(fields) == len(value) else None
    for index, one in enumerate(value[:MOST_ITEMS]):
        part = f".{fields[index]}" if fields else f"[{index}]"
        _walk(instances, one, key + part, name + part, depth + 1, found, visited, crowds)


def _is_crowd(value: list[Any] | tuple[Any, ...]) -> bool:
    """Whether it has many items, or lists that have many together."""
    inner = len(value[0]) if isinstance(value[0], (list, tuple)) else 0
    return len(value) > CROWD or len(value) * inner > 2 * CROWD


def _walk_instance(
    instances: Instances,
    value: Any,
    key: str,
    name: str,
    depth: int,
    found: list[Seen],
    visited: set[int],
    crowds: bool,
) -> None:
    if isinstance(value, FunctionType):
        _walk_closure(instances, value, name, depth, found, visited, crowds)
        return
    attributes = _attributes(value)
    if not attributes:
        return
    if _is_value(type(value)):
        # Another one takes its place where something changes, as with a named tuple.
        for attribute, one in attributes.items():
            _walk(instances, one, f"{key}.{attribute}", f"{name}.{attribute}", depth + 1, found, visited, crowds)
        return
    number = instances.number(value, name)
    if number in visited:
        return
    visited.add(number)
    for attribute, one in list(attributes.items())[: 4 * MOST_ITEMS]:
        _walk(instances, one, f"#{number}.{attribute}", f"{name}.{attribute}", depth + 1, found, visited, crowds)


def _attributes(value: Any) -> dict[str, Any]:
    """What an object holds by name, in its `__dict__` and its slots."""
    held = _attribute(object.__getattribute__, value, "__dict__")
    slots = _attribute(type.__getattribute__, type(value), "__slots__") or ()
    attributes = dict(held) if isinstance(held, dict) else {}
    if isinstance(slots, (tuple, list)):
        found = {one: _attribute(object.__getattribute__, value, one) for one in slots if isinstance(one, str)}
        attributes.update({name: one for name, one in found.items() if one is not None})
    return attributes


def _attribute(get: Callable[[Any, str], Any], value: Any, name: str) -> Any:
    """What the object itself holds, whatever its class makes of attributes; none if it has none."""
    try:
        return get(value, name)
    except Exception:  # a descriptor is the program's own code
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (float, int, np.floating, np.integer)) and not isinstance(value, bool)


def numbers_of(value: Any) -> np.ndarray[Any, Any] | None:
    """A list of numbers, or of equally long lists of numbers, as an array; none if it is something else."""
    if len(value) > LONGEST_NUMBERS:
        return None
    try:
        array = np.array(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return array if array.dtype.kind in "fiu" and 1 <= array.ndim <= 2 else None
