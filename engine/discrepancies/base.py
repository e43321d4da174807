"""What a discrepancy is: a setting on which the two sides can differ, with its choices and its explanation.

Each discrepancy is one module of this package that defines `DISCREPANCY`; the catalogue finds it there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from engine.errors import SettingsError
from engine.settings import Settings, SideName


class Moves(Enum):
    """What a difference changes."""

    PLOT = "only the plotted number"
    WEIGHTS = "the weights"


@dataclass(frozen=True)
class Choice:
    """One value of a setting: as typed on a command line, as shown in a table cell, and what it means."""

    value: Any
    name: str
    label: str
    meaning: str
    sides: tuple[SideName, ...] = (SideName.NUMPY, SideName.PYTORCH)


@dataclass(frozen=True)
class Explanation:
    """Why the two sides differ here, with the numbers of one experiment put in."""

    what: str
    formula: str
    numbers: str
    fix_by_hand: str
    fix_pytorch: str


@dataclass(frozen=True)
class Discrepancy:
    """One entry of the catalogue. Where values beside the `choices` are possible, `parse_other` reads them (raising
    `ValueError`) and `other` says what they look like; a plain number has no choices at all.
    """

    field: str
    title: str
    summary: str
    order: int
    moves: Moves
    choices: tuple[Choice, ...]
    explain: Callable[[Settings], Explanation]
    parse_other: Callable[[str], Any] | None = None
    other: str = "a number"

    def value(self, settings: Settings, side: SideName) -> Any:
        """The value on that side."""
        return getattr(settings.side(side), self.field)

    def matched(self, settings: Settings) -> bool:
        """Whether the sides agree."""
        return bool(self.value(settings, SideName.NUMPY) == self.value(settings, SideName.PYTORCH))

    def match(self, settings: Settings, toward: SideName) -> Settings:
        """Both sides with the value of the side `toward`; raises `SettingsError` if the other side cannot have it."""
        return self.set(settings, toward.other, self.value(settings, toward))

    def set(self, settings: Settings, side: SideName, value: Any) -> Settings:
        """These settings with one side's value replaced; raises `SettingsError`."""
        return settings.with_side(side, **{self.field: value})

    def choices_for(self, side: SideName) -> tuple[Choice, ...]:
        """The choices that side can have."""
        return tuple(choice for choice in self.choices if side in choice.sides)

    def following(self, settings: Settings, side: SideName) -> Any:
        """The choice after the present one on that side, the first after the last or after a value of one's own."""
        values = [choice.value for choice in self.choices_for(side)]
        present = self.value(settings, side)
        return values[(values.index(present) + 1) % len(values)] if present in values else values[0]

    def label(self, value: Any) -> str:
        """The value as a table cell shows it."""
        choice = self._choice(value)
        if choice is not None:
            return choice.label
        return f"{value:.6g}" if isinstance(value, float) else str(value)

    def name(self, value: Any) -> str:
        """The value as it is typed on a command line; `parse` reads it back to the same value."""
        choice = self._choice(value)
        if choice is not None:
            return choice.name
        return repr(value) if isinstance(value, float) else str(value)

    def _choice(self, value: Any) -> Choice | None:
        return next((choice for choice in self.choices if choice.value == value), None)

    def parse(self, text: str, side: SideName) -> Any:
        """The value typed as `text`; raises `SettingsError` naming what is possible."""
        where = f"{side.value}.{self.field}"
        for choice in self.choices_for(side):
            if text.lower() in (choice.name, *_synonyms(choice.value)):
                return choice.value
        known = ", ".join(choice.name for choice in self.choices_for(side))
        if self.parse_other is None:
            raise SettingsError(f"{where} cannot be '{text}'; it is one of {known}.")
        try:
            return self.parse_other(text.lower())
        except SettingsError as error:
            raise SettingsError(f"{where} cannot be '{text}': {error}") from None
        except ValueError:
            raise SettingsError(f"{where} cannot be '{text}'; it is {self.other}.") from None


def _synonyms(value: Any) -> tuple[str, ...]:
    if isinstance(value, Enum):
        return (str(value.value),)
    return {True: ("yes", "true", "on", "1"), False: ("no", "none", "false", "off", "0")}.get(value, ())


def sides_text(settings: Settings, numpy_text: str, pytorch_text: str) -> str:
    """'by hand: …; PyTorch: …', or 'both: …' when they say the same."""
    if numpy_text == pytorch_text:
        return f"Here, on both sides: {numpy_text}."
    return f"Here by hand: {numpy_text}; PyTorch: {pytorch_text}."
