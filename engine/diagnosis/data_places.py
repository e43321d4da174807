"""Where a program binds the data that it trains on, and what a probe puts there instead: other rows, other outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DataPlace:
    """The line after which a name of the program holds all inputs or all targets."""

    role: str
    """x or y."""
    name: str
    """A variable, or an attribute of one: `self.X`."""
    file: str
    function: str
    """As `co_qualname` has it."""
    line: int
    axis: int
    """Along which samples lie."""
    rows: int
    """How many there are."""
    width: int
    """How many numbers each has; 0 where the array has one dimension."""


@dataclass(frozen=True)
class Probe:
    """What to put there: these rows, and so many outputs, if they are to be others."""

    places: tuple[DataPlace, ...]
    taken: tuple[int, ...]
    outputs: int | None = None
    together: bool = False
    """Whether nothing is put anywhere before each of these lines has been run."""

    def as_json(self) -> dict[str, Any]:
        """For the process that runs the program."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Probe:
        """As `as_json` wrote it."""
        places = tuple(DataPlace(**one) for one in given["places"])
        return cls(places, tuple(given["taken"]), given["outputs"], given["together"])


def with_rows(array: NDArray[Any], place: DataPlace, probe: Probe) -> NDArray[Any]:
    """The array as the probe has it; it may have these rows already, if it was computed from such inputs."""
    if array.shape[place.axis] == place.rows:
        kept: NDArray[Any] = np.take(array, probe.taken, axis=place.axis)
        array = kept
    if place.role == "y" and probe.outputs is not None and array.ndim == 2:
        rows = array.T if place.axis else array
        wide = with_outputs(rows, probe.outputs)
        return np.ascontiguousarray(wide.T) if place.axis else wide
    return array


def with_outputs(targets: NDArray[Any], outputs: int) -> NDArray[Any]:
    """Targets (N, C) with so many columns: classes again if they are, else the same numbers in another order."""
    C = targets.shape[1]
    is_classes = C > 1 and bool(np.isin(targets, (0, 1)).all() and (targets.sum(axis=1) == 1).all())
    if is_classes:
        again: NDArray[Any] = np.eye(outputs, dtype=targets.dtype)[targets.argmax(axis=1) % outputs]
        return again
    return np.stack([np.roll(targets[:, column % C], column // C) for column in range(outputs)], axis=1)


def other_count(rows: int, samples: int) -> int:
    """How many rows a probe takes: neither as many as there are, nor as a step has, nor a power of two."""
    return next(count for count in (5, 7, 11) if count not in (rows, samples))


def spread_rows(targets: NDArray[Any], count: int) -> tuple[int, ...]:
    """So many rows of those that there are: some of each kind of target where there are few, else evenly spread."""
    rows = len(targets)
    kinds: dict[bytes, list[int]] = {}
    for row, target in enumerate(targets):
        kinds.setdefault(np.asarray(target).tobytes(), []).append(row)
    if rows < count or len(kinds) > count:
        even = np.arange(count) if rows < count else np.linspace(0, rows - 1, count).round()
        return tuple(int(row) % rows for row in even)
    taken: list[int] = []
    while len(taken) < count:
        for of_kind in kinds.values():
            if of_kind and len(taken) < count:
                taken.append(of_kind.pop(0))
    return tuple(sorted(taken))
