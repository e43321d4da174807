"""Stands in for modules that a program imports and that are not there: plots, data sets, progress bars."""

from __future__ import annotations

_notes: list[str] = []


def notes() -> list[str]:
    """Sentences about what was made up."""
    return list(_notes)


def install() -> None:
    """Let imports of what is not there find a stand-in."""
