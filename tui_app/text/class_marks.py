"""How classes are told apart on a map: by a letter of their own, small where a class is answered, a capital where it is
the data's. Colours come on top. Names are data: they are only ever shortened, never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase

from rich.cells import cell_len

from tui_app.text.columns import shortened

AREAS, POINTS = f"{ascii_lowercase}+", f"{ascii_lowercase.upper()}#"
"""Of each class by its number; the last of all further ones."""

UNKNOWN_AREA = "?"
"""Where an output is no number."""

MOST_LINES = 3
"""Of a legend."""

SHORTEST_NAME = 8
"""Shorter ones would all look the same."""

GAP = "  "

LegendLine = list[tuple[str, int | None]]
"""Texts, each with the number of the class whose colour it has, if it has one."""


def area_glyph(number: int) -> str:
    """Of a cell whose answer is this class."""
    return UNKNOWN_AREA if number < 0 else AREAS[min(number, len(AREAS) - 1)]


def point_glyph(number: int) -> str:
    """Of a sample of this class."""
    return POINTS[min(number, len(POINTS) - 1)]


def class_legend(names: Sequence[str], unknown: bool, notes: Sequence[Sequence[str]], width: int) -> list[LegendLine]:
    """Every class's glyph and name, then the notes that still fit; names are shortened where three lines are not
    enough, and the last ones counted where short names are still too many.
    """
    own = len(AREAS) - 1
    named = list(enumerate(names if len(names) <= own + 1 else names[:own]))
    others = []
    if len(names) > own + 1:
        others.append((f"{AREAS[own]} {len(names) - own:,} more", own))
    if unknown:
        others.append((f"{UNKNOWN_AREA} no number", -1))
    longest = max(map(cell_len, names))
    # As few lines as whole names need; only where the most are too few do names go short.
    for room in range(max(SHORTEST_NAME, min(longest, width - 2)), SHORTEST_NAME - 1, -1):
        parts = [(f"{AREAS[number]} {shortened(name, room)}", number) for number, name in named]
        lines = _wrapped([*parts, *others], width)
        if len(lines) <= MOST_LINES:
            return _with_notes(lines, notes, width)
    return _counted(lines, len(named) + len(others), width)


def _wrapped(parts: Sequence[tuple[str, int | None]], width: int) -> list[LegendLine]:
    lines: list[LegendLine] = [[]]
    for part in parts:
        if lines[-1] and _width(lines[-1]) + len(GAP) + cell_len(part[0]) > width:
            lines.append([])
        lines[-1].append(part)
    return lines


def _width(line: LegendLine) -> int:
    return sum(cell_len(text) for text, _ in line) + len(GAP) * max(0, len(line) - 1)


def _with_notes(lines: list[LegendLine], notes: Sequence[Sequence[str]], width: int) -> list[LegendLine]:
    """Each note in the last line, in the first of its forms that there is room for."""
    for forms in notes:
        room = width - _width(lines[-1]) - len(GAP)
        lines[-1] += [(form, None) for form in forms if len(form) <= room][:1]
    return lines


def _counted(lines: list[LegendLine], parts: int, width: int) -> list[LegendLine]:
    """The first lines, and in place of the last parts how many they are."""
    kept = lines[:MOST_LINES]
    while True:
        left = parts - sum(map(len, kept))
        note = (f"… and {left:,} more signs", None)
        if _width([*kept[-1], note]) <= width or not kept[-1]:
            kept[-1].append(note)
            return kept
        kept[-1].pop()
