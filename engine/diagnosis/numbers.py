"""From fitted coefficients to the numbers that a program was written with: its own constants, or round ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.diagnosis.recording import Recording
from engine.types import FloatArray

RATE_WORDS = ("lr", "learn", "rate", "alpha", "eta", "step")
"""In the names that people give learning rates."""

NO_RATE = re.compile(r"std|sigma|scale|eps|reg|lambda|decay|moment|beta|drop|init|seed|noise")
"""In the names of numbers that are no learning rates."""

WORD = re.compile(r"[^\W\d]\w*")

PATH = re.compile(r"[^\W\d][\w.]*")
"""A name with those that lead to it."""

WRITTEN = "line "
"""What the names of numbers begin with that only stand in the program's text."""

MOST_DIGITS = 6


@dataclass(frozen=True)
class Named:
    """A number, and how much speaks for it: the smaller the rank, the more."""

    value: float
    rank: int
    name: str = ""


@dataclass(frozen=True)
class Numbers:
    """What numbers may be, given those that the program names; fitted ones are right to `accuracy`, of their size."""

    constants: Mapping[str, float]
    accuracy: float
    are_all: bool = True
    """Whether the program is known to name no others."""
    update_lines: frozenset[int] = frozenset()
    """The lines that parameters are changed in: a number that is written there is a rate before others are."""
    update_words: frozenset[str] = frozenset()
    """The names that multiply in those lines, likewise."""

    def near(self, one: float, other: float) -> bool:
        """Whether two numbers are the same but for the fit."""
        return near(one, other, self.accuracy)

    def is_steady(self, values: FloatArray) -> bool:
        """Whether they are one number, but for the fit."""
        return bool(np.ptp(values) <= self.accuracy * np.abs(values).max())

    def likely(self, value: float) -> float:
        """The number that a fitted one stands for: one that the program names, else a round one, else itself."""
        for one in self.constants.values():
            if one != 0 and self.near(abs(one), abs(value)):
                return written(abs(one)) if value > 0 else -written(abs(one))
        return self.round(value)

    def round(self, value: float) -> float:
        """The number of fewest digits that it can be, or itself."""
        return rounded(value, self.accuracy)

    def as_rate(self, value: float) -> Named:
        """A learning rate: that of a name that says so, 1 where none is written, another constant of the program but a
        count, or another number. Where the program may name others, 1 is a number as others are.
        """
        names = [name for name, one in self.constants.items() if self.near(one, value)]
        for name in names:
            if any(word in name.lower() for word in RATE_WORDS):
                return Named(written(self.constants[name]), 0, name)
        names = [name for name in names if not NO_RATE.search(name.lower())]
        for name in names:
            if self._is_in_an_update(name):
                return Named(written(self.constants[name]), 1, name)
        if self.near(value, 1.0):
            return Named(1.0, 2 if self.are_all else 3)
        if value > 1 and self.near(value, round(value)):
            names = [name for name in names if name.startswith(WRITTEN)]
        if names:
            # A number that is only written somewhere speaks less than one with a name.
            name = next((one for one in names if not one.startswith(WRITTEN)), names[0])
            return Named(written(self.constants[name]), 2 if name.startswith(WRITTEN) else 1, name)
        return Named(self.round(value), 2 + digits(self.round(value)))

    def _is_in_an_update(self, name: str) -> bool:
        if name.startswith(WRITTEN):
            return _line(name) in self.update_lines
        return any(word in self.update_words for word in WORD.findall(name)[-1:])

    def as_part_of_rate(self, value: float, count: int) -> Named | None:
        """A learning rate that the program names, divided by a count: by the samples of a whole batch in smaller ones,
        too.
        """
        rate = self.as_rate(value * count)
        return Named(rate.value / count, 1, f"{rate.name} / {count}") if rate.rank == 0 else None


def factors_in(line: str) -> frozenset[str]:
    """The names in a line of code that multiply something or are divided: what divides is a count of samples."""
    found = set()
    for name in PATH.finditer(line):
        before, after = line[: name.start()].rstrip()[-1:], line[name.end() :].lstrip()[:1]
        if before != "/" and (before == "*" or after in ("*", "/")):
            found.add(WORD.findall(name[0])[-1])
    return frozenset(found)


def numbers_of(recording: Recording, accuracy: float) -> Numbers:
    """What numbers of this program may be."""
    lines = frozenset() if recording.cells else frozenset(recording.lines.values())
    text = recording.source.splitlines()
    words = (factors_in(text[line - 1]) for line in lines if line <= len(text))
    return Numbers(recording.constants, accuracy, recording.was_run, lines, frozenset().union(*words))


def rate_name(recording: Recording, rate: float) -> str:
    """What a program calls its learning rate, of all that has this value; nothing where it has no such number."""
    return numbers_of(recording, 1e-12).as_rate(rate).name


def _line(name: str) -> int:
    """7 of 'line 7: 0.1'."""
    return int(name.removeprefix(WRITTEN).partition(":")[0])


def written(value: float) -> float:
    """As it is written: a float32 that is read as a double has digits that nobody wrote."""
    short = rounded(value, 1e-7)
    return short if np.float32(short) == np.float32(value) and value == float(np.float32(value)) else value


def near(one: float, other: float, allowed: float) -> bool:
    """Whether two numbers differ by no more than that, of their size."""
    return abs(one - other) <= allowed * max(abs(one), abs(other))


def digits(value: float) -> int:
    """How many significant digits it needs, at most 17: few in numbers that people write."""
    return next((count for count in range(1, 17) if float(f"{value:.{count}g}") == value), 17)


def rounded(value: float, allowed: float) -> float:
    """The number of fewest digits no further off than that, of its size, or itself."""
    shorter = (float(f"{value:.{count}g}") for count in range(1, MOST_DIGITS + 1))
    return next((one for one in shorter if near(one, value, allowed)), value)


def common(values: Iterable[float]) -> float:
    """The value that most have, the first of those as frequent."""
    found = list(values)
    return max(found, key=lambda one: sum(near(one, other, 1e-5) for other in found))
