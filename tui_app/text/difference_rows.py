"""The rows of the Differences list as text: a value is always whole; a long one is said in fewer words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from engine.experiment.discrepancies import CATALOGUE, Discrepancy
from engine.experiment.settings import Settings
from engine.experiment.side import SideName
from tui_app.text.columns import shortened

MARK = 2
"""Cells before a title: the mark of the selected row."""

SWITCH = 4
TITLE = 13
"""Cells of the longest title."""

SHORTEST_TITLE = 8

SIGNS = {False: ("= ", "≠ "), True: ("== ", "!= ")}
"""Equal and different, by whether only ASCII is possible."""

FORMS = {"pytorch": "PyTorch", "textbook": "textbook", "in-gradient": "in g", "decoupled": "apart"}
"""A rule's name in a value that was typed, and as the catalogue's own labels say it behind the number."""

RULE = re.compile(r"(pytorch|textbook|in-gradient|decoupled)-([0-9.e+-]+?)(-dampened-[0-9.e+-]+)?")


@dataclass(frozen=True)
class RowTexts:
    """The texts of all rows, and how wide the columns of titles and values are."""

    title: int
    first: int
    second: int
    sign: int
    values: tuple[tuple[str, str], ...]

    @property
    def first_start(self) -> int:
        """Where the values by hand begin."""
        return MARK + self.title + 1

    @property
    def second_start(self) -> int:
        """Where PyTorch's begin."""
        return self.first_start + self.first + 1 + self.sign

    @property
    def switch_start(self) -> int:
        """Where the switches begin."""
        return self.second_start + self.second + 1


def listed_rows(settings: Settings, selected: int) -> list[int]:
    """The places in the catalogue of what has an effect here, and of what is selected."""
    return [i for i, discrepancy in enumerate(CATALOGUE) if i == selected or discrepancy.in_effect(settings)]


def without_effect(settings: Settings) -> str:
    """How many are not listed."""
    count = sum(not discrepancy.in_effect(settings) for discrepancy in CATALOGUE)
    return f"{count} more {'has' if count == 1 else 'have'} no effect here" if count else ""


def row_texts(settings: Settings, width: int, ascii: bool = False) -> RowTexts:
    """All rows for this width: the values share it evenly if they can, and the titles give way to values."""
    forms = [
        tuple(value_forms(discrepancy, discrepancy.value(settings, side), ascii) for side in SideName)
        for discrepancy in CATALOGUE
    ]
    sign = cell_len(SIGNS[ascii][0])
    for title in range(TITLE, SHORTEST_TITLE - 1, -1):
        room = width - MARK - title - 1 - 1 - sign - 1 - SWITCH
        found = _shared(forms, room)
        if found is not None or title == SHORTEST_TITLE:
            first, second = found or (room // 2, room - room // 2)
            values = tuple(_row_values(one, other, (first, second)) for one, other in forms)
            return RowTexts(title, first, second, sign, values)
    raise AssertionError


def _shared(forms: list[tuple[list[str], ...]], room: int) -> tuple[int, int] | None:
    """The widths of the two columns: half each, or as the side that needs more does; none if something does not fit."""
    wanted = [max(cell_len(pair[side][0]) for pair in forms) for side in range(2)]
    needed = [max(min(map(cell_len, pair[side])) for pair in forms) for side in range(2)]
    half = room // 2
    if sum(needed) > room:
        return None
    if wanted[0] > half:
        first = min(wanted[0], max(half, room - max(wanted[1], needed[1])))
    elif wanted[1] > room - half:
        first = max(wanted[0], room - wanted[1])
    else:
        first = half
    first = max(needed[0], min(first, room - needed[1]))
    return first, room - first


def _row_values(one: list[str], other: list[str], room: tuple[int, int]) -> tuple[str, str]:
    """Both values in the same form, so that equal ones look equal; each as it fits where that cannot be."""
    for pair in zip(one, other, strict=False):
        if all(cell_len(text) <= cells for text, cells in zip(pair, room, strict=True)):
            return pair
    return _longest(one, room[0]), _longest(other, room[1])


def _longest(forms: list[str], room: int) -> str:
    """The first form that fits; the shortest if none does."""
    return next((form for form in forms if cell_len(form) <= room), min(forms, key=cell_len))


def value_forms(discrepancy: Discrepancy, value: Any, ascii: bool) -> list[str]:
    """A value in a few words, from the one to be preferred on: a label of the catalogue, or a number in fewer digits.

    In ASCII the name that one types says more than a label without its signs.
    """
    name, label = discrepancy.name(value), discrepancy.label(value)
    if isinstance(value, float):
        return [name, *(f"{value:.{digits}g}" for digits in (6, 4, 3, 2, 1))]
    if isinstance(value, tuple):
        return [name, f"{len(value)} values"] if ascii else [label, name, f"{len(value)} values"]
    forms = [name, label] if ascii else [label, name] if label != name else [name]
    matched = RULE.fullmatch(name)
    if matched is None or any(choice.value == value for choice in discrepancy.choices):
        return forms
    rule, number, dampened = matched[1], float(matched[2]), matched[3]
    words = FORMS[rule] if not dampened else "damped" if rule == "pytorch" else "t. damped"
    numbers = [f"{number:.{digits}g}" for digits in (6, 4, 3, 2, 1)]
    return [*forms, *(f"{one} {words}" for one in numbers), *numbers]


def heading(texts: RowTexts) -> str:
    """Above the rows."""
    first, second = (side.label for side in SideName)
    return f"{'':{texts.first_start}}{first:{texts.first + 1 + texts.sign}}{second}"


def title_text(texts: RowTexts, discrepancy: Discrepancy) -> str:
    """A row's title; it may be shortened, a value never."""
    return f"{shortened(discrepancy.title, texts.title):{texts.title}}"
