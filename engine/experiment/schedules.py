"""How a learning rate changes while a run goes on. Values and their formula; what steps by it is the networks'.

A schedule gives the learning rate of an epoch or an update, both counted from 0.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from engine.errors import SettingsError
from engine.experiment.rule_numbers import Reader, read_numbers
from engine.number_text import read_number, read_whole
from engine.shown_text import shown

NONE = "none"


class ScheduleKind(Enum):
    """Which rule; k is the number of the epoch, or of the update where it goes by batches."""

    NONE = NONE
    """The learning rate stays."""
    STEP = "step"
    """factor^⌊(k + offset)/every⌋: `StepLR` where the offset is 0; it is how much earlier the first step comes."""
    INVERSE = "inverse"
    """1/(1 + decay·k): Keras's old `decay`."""
    COSINE = "cosine"
    """½·(1 + cos(π·k/length)): `CosineAnnealingLR`; the length is the whole run unless it is given."""
    GIVEN = "given"
    """The factor of each k, and of all later ones the last."""


NUMBERS: Mapping[ScheduleKind, tuple[str, ...]] = {
    ScheduleKind.NONE: (),
    ScheduleKind.STEP: ("every", "factor", "offset"),
    ScheduleKind.INVERSE: ("decay",),
    ScheduleKind.COSINE: ("length",),
    ScheduleKind.GIVEN: ("factors",),
}
"""What a rule is given."""

DEFAULTS: Mapping[str, Any] = {
    "every": 100,
    "factor": 0.5,
    "offset": 0,
    "decay": 0.01,
    "length": 0,
    "factors": (1.0, 0.5),
}

LEFT_OUT = ("offset", "length")
"""What is not written where it is 0."""

MOST_FACTORS, LARGEST = 10_000, 1e6

BETWEEN = "/"
"""Factors, as they are typed."""

PER_BATCH = "per=batch"
PER = ("per=epoch", PER_BATCH)


@dataclass(frozen=True)
class Schedule:
    """A rule and its numbers; those that it does not have are 0. Raises `SettingsError`."""

    kind: ScheduleKind = ScheduleKind.NONE
    every: int = 0
    factor: float = 0.0
    decay: float = 0.0
    length: int = 0
    """0 for the whole run."""
    per_batch: bool = False
    offset: int = 0
    factors: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        checks = {
            "every": (self.every >= 1, "a whole number from 1"),
            "factor": (0 < self.factor <= 1, "a number above 0, up to 1"),
            "decay": (0 <= self.decay <= 1, "a number from 0 to 1"),
            "length": (self.length >= 0, "a whole number, 0 for the whole run"),
            "offset": (0 <= self.offset < max(self.every, 1), f"a whole number from 0, under {self.every:,}"),
            "factors": (
                1 <= len(self.factors) <= MOST_FACTORS and all(0 <= one <= LARGEST for one in self.factors),
                f"1 to {MOST_FACTORS:,} numbers from 0 to {LARGEST:,.0f}",
            ),
        }
        for name in NUMBERS[self.kind]:
            right, wanted = checks[name]
            if not right:
                raise SettingsError(
                    f"{self.kind.value}'s {name} cannot be {shown(repr(getattr(self, name)))}; it is {wanted}."
                )

    @property
    def is_none(self) -> bool:
        """Whether the learning rate stays."""
        return self.kind is ScheduleKind.NONE

    def rate_at(self, learning_rate: Any, k: int, whole_run: int) -> Any:
        """The learning rate in epoch or update k, from 0, of so many in the run."""
        if self.kind is ScheduleKind.STEP:
            return learning_rate * self.factor ** ((k + self.offset) // self.every)
        if self.kind is ScheduleKind.INVERSE:
            return learning_rate / (1 + self.decay * k)
        if self.kind is ScheduleKind.COSINE:
            return learning_rate * (1 + math.cos(math.pi * k / (self.length or whole_run))) / 2
        if self.kind is ScheduleKind.GIVEN:
            return learning_rate * self.factors[min(k, len(self.factors) - 1)]
        return learning_rate

    def text(self, k: str, whole_run: int) -> str:
        """The same as a program writes it, of `learning_rate`."""
        if self.kind is ScheduleKind.STEP:
            count = f"({k} + {self.offset})" if self.offset else k
            return f"learning_rate * {self.factor!r} ** ({count} // {self.every})"
        if self.kind is ScheduleKind.INVERSE:
            return f"learning_rate / (1 + {self.decay!r} * {k})"
        if self.kind is ScheduleKind.COSINE:
            return f"learning_rate * (1 + math.cos(math.pi * {k} / {self.length or whole_run})) / 2"
        if self.kind is ScheduleKind.GIVEN:
            factors = textwrap.indent(textwrap.fill(", ".join(map(repr, self.factors)), 80), "    ")
            return f"learning_rate * [\n{factors}\n][min({k}, {len(self.factors) - 1})]"
        return "learning_rate"

    def __str__(self) -> str:
        """As it is typed: 'step:every=100,factor=0.5'."""
        names = [name for name in NUMBERS[self.kind] if getattr(self, name) or name not in LEFT_OUT]
        given = [f"{name}={_typed(getattr(self, name))}" for name in names]
        given += [PER_BATCH] if self.per_batch else []
        return f"{self.kind.value}:{','.join(given)}" if given else self.kind.value

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """`none`, `step:every=100,factor=0.5`, `inverse:decay=0.01,per=batch`, `cosine`, `given:factors=1/0.5/0.25`;
        raises `ValueError`, or `SettingsError` where it can say more.
        """
        name, colon, given = (text if ":" in text else text.replace(",", ":", 1)).partition(":")
        kind = ScheduleKind(name)
        parts = given.split(",") if colon else []
        per = [part for part in parts if part in PER and kind is not ScheduleKind.NONE]
        if len(per) > 1:
            raise SettingsError("per is given twice.")
        parts = [part for part in parts if part not in per]
        readers: dict[str, Reader] = {one: READERS.get(one, read_number) for one in NUMBERS[kind]}
        numbers = {one: DEFAULTS[one] for one in readers} | read_numbers(name, parts, readers, _has(kind))
        return cls(kind, per_batch=PER_BATCH in per, **numbers)


def _typed(value: float | tuple[float, ...]) -> str:
    return BETWEEN.join(map(repr, value)) if isinstance(value, tuple) else repr(value)


def _read_factors(text: str) -> Any:
    return tuple(map(read_number, text.split(BETWEEN)))


READERS: Mapping[str, Reader] = {
    "every": read_whole,
    "offset": read_whole,
    "length": read_whole,
    "factors": _read_factors,
}


def _has(kind: ScheduleKind) -> str:
    names = [f"{name}={_typed(DEFAULTS[name])}" if DEFAULTS[name] else name for name in NUMBERS[kind]]
    return ", ".join([*names, "per=epoch or per=batch"]) if names else "no numbers"


NO_SCHEDULE = Schedule()
