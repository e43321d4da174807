"""What was seen of a running program: which slot held which value, in the order of time.

A slot is a place that can hold an array or a number: a variable, an attribute, an entry of a dict or a list. A value is
kept once however many slots hold it. What the values mean is `network_finder.py`'s and others'.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.capture.first_and_last import Known

GONE = -1
"""The value of a slot whose function has returned."""


class Place(NamedTuple):
    """Where something was seen: the file, the line, and the calls that led there."""

    file: str
    line: int
    calls: tuple[tuple[str, int], ...]
    """(function, line) of each frame of the program, the innermost first."""


class Event(NamedTuple):
    """A slot has got a value."""

    slot: int
    value: int
    place: int


@dataclass
class Slot:
    """A place that holds values."""

    key: str
    name: str
    """As the program writes it."""
    depth: int
    """How many frames of the program were open when it was first seen; 0 for globals and attributes."""
    born: int = 0
    """The event that made it."""
    listed: bool = False
    """Whether it holds a list of numbers."""


@dataclass
class Trace:
    """Events and what they speak of, by number."""

    slots: list[Slot] = field(default_factory=list)
    values: list[NDArray[Any]] = field(default_factory=list)
    """Never changed once they are here; numbers are arrays of no dimension."""
    first: list[int] = field(default_factory=list)
    """The event with which each value was first seen."""
    events: list[Event] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    watched: set[int] | None = None
    """Slots that are written down; none stands for all."""
    searched: int = 0
    """The last event that was searched for layers."""
    passed_over: set[int] = field(default_factory=set)
    """Values before it that were not: others like them were."""
    products: Known = field(default_factory=Known)
    columns: dict[Any, Any] = field(default_factory=dict)
    matches: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    """What was computed and found in such searches: the next one begins with it."""
    relations: list[Any] = field(default_factory=list)
    """The layers that were found in it when it was last looked through."""
    size: int = 0
    """Bytes of the values."""
    moving_alone: bool = False
    """Whether layers whose weights never change are left out: what follows them was compared with nothing."""
    _versions: dict[int, list[int]] = field(default_factory=dict)
    _slot_of: dict[str, int] = field(default_factory=dict)
    _value_of: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _place_of: dict[Place, int] = field(default_factory=dict)

    def slot(self, key: str, name: str, depth: int) -> int:
        """The number of the slot with that key."""
        found = self._slot_of.get(key)
        if found is None:
            found = self._slot_of[key] = len(self.slots)
            self.slots.append(Slot(key, name, depth, len(self.events)))
        return found

    def place(self, place: Place) -> int:
        """The number of a place."""
        found = self._place_of.get(place)
        if found is None:
            found = self._place_of[place] = len(self.places)
            self.places.append(place)
        return found

    def value(self, array: NDArray[Any]) -> int:
        """The number of an array's content; it is copied if it is new."""
        content = array.tobytes()
        key = (array.shape, array.dtype.str, hash(content), content[:16])
        found = self._value_of.get(key)
        if found is None:
            found = self._value_of[key] = len(self.values)
            self.values.append(np.array(array, order="C", copy=True))
            self.first.append(len(self.events))
            self.size += array.nbytes
        return found

    def note(self, slot: int, value: int, place: int) -> None:
        """The slot has got that value."""
        self.events.append(Event(slot, value, place))
        if value != GONE:
            self._versions.setdefault(slot, []).append(value)

    def number_of(self, key: str) -> int | None:
        """The slot with that key, if there is one."""
        return self._slot_of.get(key)

    def versions(self, slot: int) -> list[int]:
        """All values that a slot had, in the order of time."""
        return self._versions.get(slot, [])

    def name(self, slot: int) -> str:
        """Of a slot, as the program writes it."""
        return self.slots[slot].name
