"""Finding a setting, or one of its values, by a few letters of its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache

from engine.experiment.discrepancies import BY_STAGE, Choice, Discrepancy
from engine.experiment.old_names import SHORT_NAMES


@dataclass(frozen=True)
class Entry:
    """A setting, or with a `choice` one of its values."""

    discrepancy: Discrepancy
    choice: Choice | None = None

    @property
    def title(self) -> str:
        """As lists show it."""
        return self.discrepancy.title

    @property
    def text(self) -> str:
        """Its value, or what the setting is about."""
        return self.discrepancy.summary if self.choice is None else f"{self.choice.label}: {self.choice.meaning}"


def entries() -> Iterator[Entry]:
    """All, each setting before its values, from the data to the numbers."""
    for discrepancy in BY_STAGE:
        yield Entry(discrepancy)
        for choice in discrepancy.choices:
            yield Entry(discrepancy, choice)


def find_entries(typed: str) -> list[Entry]:
    """Those that match what was typed, the best first: a value's own name before what only holds it; every word must
    match. All settings for nothing.
    """
    words = typed.lower().replace("=", " ").replace("_", " ").split()
    if not words:
        return [entry for entry in entries() if entry.choice is None]
    ranked = ((max(_rank(entry, word) for word in words), entry) for entry in entries())
    return [entry for rank, entry in sorted(ranked, key=lambda one: one[0]) if rank < NOT_FOUND]


NOT_FOUND = 9


def _rank(entry: Entry, word: str) -> int:
    """How well a word matches, 0 the best."""
    names, initials = _names(entry)
    own = _own_names(entry.discrepancy) if entry.choice is None else names[1:]
    ways = (
        word in own,
        word in initials or (entry.choice is None and any(name.startswith(word) for name in own)),
        any(one.startswith(word) for name in own for one in (name, *name.split())),
        any(one.startswith(word) for one in names[0].split()),
        any(word in name for name in names),
    )
    return next((rank for rank, holds in enumerate(ways) if holds), NOT_FOUND)


@cache
def _names(entry: Entry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What it is called, the setting's names first as one; and the initials of setting and value, and of the value."""
    discrepancy, choice = entry.discrepancy, entry.choice
    setting = " ".join(_own_names(discrepancy))
    if choice is None:
        return (setting,), (_initials(discrepancy.field),)
    own = [choice.name.replace("-", " "), choice.name, choice.label.lower()]
    if isinstance(choice.value, Enum):
        own.append(str(choice.value.value))
    return (setting, *own), (_initials(f"{discrepancy.field} {choice.name}"), _initials(choice.name))


@cache
def _own_names(discrepancy: Discrepancy) -> tuple[str, ...]:
    """What a setting is called and may be typed as."""
    short = [typed for typed, field in SHORT_NAMES.items() if field == discrepancy.field]
    return (discrepancy.title.lower(), discrepancy.field.replace("_", " "), *short)


def _initials(text: str) -> str:
    return "".join(word[0] for word in text.replace("_", " ").replace("-", " ").split())
