"""How a learning rate changes while a run goes on. Values and their formula; what steps by it is the networks'.

A schedule gives the learning rate of an epoch or an update, both counted from 0.
"""

from __future__ import annotations

import math
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
    """factor^⌊k/every⌋: `StepLR`."""
    INVERSE = "inverse"
    """1/(1 + decay·k): Keras's old `decay`."""
    COSINE = "cosine"
    """½·(1 + cos(π·k/length)): `CosineAnnealingLR`; the length is the whole run unless it is given."""


NUMBERS: Mapping[ScheduleKind, tuple[str, ...]] = {
    ScheduleKind.NONE: (),
    ScheduleKind.STEP: ("every", "factor"),
    ScheduleKind.INVERSE: ("decay",),
    ScheduleKind.COSINE: ("length",),
}
"""What a rule is given."""

DEFAULTS: Mapping[str, float] = {"every": 100, "factor": 0.5, "decay": 0.01, "length": 0}

WHOLE = ("every", "length")

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

    def __post_init__(self) -> None:
        checks = {
            "every": (self.every >= 1, "a whole number from 1"),
            "factor": (0 < self.factor <= 1, "a number above 0, up to 1"),
            "decay": (0 <= self.decay <= 1, "a number from 0 to 1"),
            "length": (self.length >= 0, "a whole number, 0 for the whole run"),
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
            return learning_rate * self.factor ** (k // self.every)
        if self.kind is ScheduleKind.INVERSE:
            return learning_rate / (1 + self.decay * k)
        if self.kind is ScheduleKind.COSINE:
            return learning_rate * (1 + math.cos(math.pi * k / (self.length or whole_run))) / 2
        return learning_rate

    def text(self, k: str, whole_run: int) -> str:
        """The same as a program writes it, of `learning_rate`."""
        if self.kind is ScheduleKind.STEP:
            return f"learning_rate * {self.factor!r} ** ({k} // {self.every})"
        if self.kind is ScheduleKind.INVERSE:
            return f"learning_rate / (1 + {self.decay!r} * {k})"
        if self.kind is ScheduleKind.COSINE:
            return f"learning_rate * (1 + math.cos(math.pi * {k} / {self.length or whole_run})) / 2"
        return "learning_rate"

    def __str__(self) -> str:
        """As it is typed: 'step:every=100,factor=0.5'."""
        names = [name for name in NUMBERS[self.kind] if getattr(self, name) or name != "length"]
        given = [f"{name}={getattr(self, name)!r}" for name in names]
        given += [PER_BATCH] if self.per_batch else []
        return f"{self.kind.value}:{','.join(given)}" if given else self.kind.value

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """`none`, `step:every=100,factor=0.5`, `inverse:decay=0.01,per=batch`, `cosine`; raises `ValueError`, or
        `SettingsError` where it can say more.
        """
        name, colon, given = (text if ":" in text else text.replace(",", ":", 1)).partition(":")
        kind = ScheduleKind(name)
        parts = given.split(",") if colon else []
        per = [part for part in parts if part in PER and kind is not ScheduleKind.NONE]
        if len(per) > 1:
            raise SettingsError("per is given twice.")
        parts = [part for part in parts if part not in per]
        readers: dict[str, Reader] = {one: read_whole if one in WHOLE else read_number for one in NUMBERS[kind]}
        numbers = {one: DEFAULTS[one] for one in readers} | read_numbers(name, parts, readers, _has(kind))
        return cls(kind, per_batch=PER_BATCH in per, **numbers)  # type: ignore[arg-type]


def _has(kind: ScheduleKind) -> str:
    names = [f"{name}={DEFAULTS[name]:g}" if DEFAULTS[name] else name for name in NUMBERS[kind]]
    return ", ".join([*names, "per=epoch or per=batch"]) if names else "no numbers"


NO_SCHEDULE = Schedule()
