"""The numbers that are typed behind a rule's name: 'beta1=0.9,epsilon=1e-7'."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from engine.errors import SettingsError
from engine.number_text import TooLargeError, read_whole
from engine.shown_text import shown

Reader = Callable[[str], float]


def read_numbers(rule: str, parts: Iterable[str], readers: Mapping[str, Reader], has: str) -> dict[str, float]:
    """Those that are given, each once, by the names that `readers` knows, which `has` lists in words.

    Raises `SettingsError`, and `TooLargeError`.
    """
    numbers: dict[str, float] = {}
    for part in parts:
        name, _, text = part.partition("=")
        if name not in readers:
            raise SettingsError(f"{rule} has no '{shown(name)}'; it has {has}.")
        if name in numbers:
            raise SettingsError(f"{name} is given twice.")
        try:
            numbers[name] = readers[name](text)
        except TooLargeError:
            raise
        except ValueError:
            wanted = "whole number" if readers[name] is read_whole else "number"
            raise SettingsError(f"{name} is not a {wanted} in '{shown(part)}'.") from None
    return numbers
