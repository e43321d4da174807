"""The lines of the Differences list as text: groups, and rows, in which a value is always whole; a long one is said in
fewer words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.cells import cell_len

from engine.experiment.choices import SideName
from engine.experiment.discrepancies import BY_STAGE, CATALOGUE, Discrepancy
from engine.experiment.settings import Settings
from tui_app.text.columns import shortened

MARK = 2
"""Cells before a title: the mark of the selected row."""

SWITCH = 4
TITLE = 13
"""Cells of the longest title."""

SHORTEST_TITLE = 8

GROUP = 12
"""Cells of a column of groups: 'Backward +3'."""

BESIDE = 70
"""From this width on the groups stand in a column of their own; below, each has a line."""

SIGNS = {False: ("= ", "≠ "), True: ("== ", "!= ")}
"""Equal and different, by whether only ASCII is possible."""

FORMS = {"pytorch": "PyTorch", "textbook": "textbook", "in-gradient": "in g", "decoupled": "apart"}
"""A rule's name in a value that was typed, and as the catalogue's own labels say it behind the number."""

RULE = re.compile(r"(pytorch|textbook|in-gradient|decoupled)-([0-9.e+-]+?)(-dampened-[0-9.e+-]+)?")


@dataclass(frozen=True)
class RowTexts:
    """The texts of all rows, and how wide the columns of groups, titles and values are."""

    group: int
    title: int
    first: int
    second: int
    sign: int
    values: tuple[tuple[str, str], ...]

    @property
    def first_start(self) -> int:
        """Where the values by hand begin."""
        return MARK + self.group + self.title + 1

    @property
    def second_start(self) -> int:
        """Where PyTorch's begin."""
        return self.first_start + self.first + 1 + self.sign

    @property
    def switch_start(self) -> int:
        """Where the switches begin."""
        return self.second_start + self.second + 1


@dataclass(frozen=True)
class PanelLine:
    """One line of the list. `index` is the place of its row in the catalogue, none where the line is the group's alone;
    `group` is empty where it stands above already; `equal` rows are folded into it. A click selects `selects`.
    """

    group: str
    index: int | None
    equal: int
    selects: int

    @property
    def note(self) -> str:
        """'3 equal'."""
        return f"{self.equal} equal" if self.equal else ""


def listed_rows(settings: Settings, selected: int) -> list[int]:
    """The places in the catalogue of what has an effect here, and of what is selected, from the data to the numbers."""
    places = (CATALOGUE.index(discrepancy) for discrepancy in BY_STAGE)
    return [i for i in places if i == selected or CATALOGUE[i].in_effect(settings)]


def first_row(settings: Settings) -> int:
    """What is selected at the beginning: the first that differs, else the first."""
    listed = listed_rows(settings, -1)
    return next((i for i in listed if not CATALOGUE[i].matched(settings)), listed[0])


def panel_lines(settings: Settings, selected: int, beside: bool) -> list[PanelLine]:
    """Every group in a line, with the rows that differ, and all of the group that the selected row is in. `beside` the
    rows where there is a column for it, else above them.
    """
    lines: list[PanelLine] = []
    for group, found in groupby(listed_rows(settings, selected), lambda i: CATALOGUE[i].group):
        rows = list(found)
        shown = rows if selected in rows else [i for i in rows if not CATALOGUE[i].matched(settings)]
        folded = len(rows) - len(shown)
        if not shown or not beside:
            lines.append(PanelLine(group.value, None, folded, rows[0]))
        for place, i in enumerate(shown):
            first = beside and place == 0
            lines.append(PanelLine(group.value if first else "", i, folded if first else 0, i))
    return lines


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
    group = GROUP if width >= BESIDE else 0
    for title in range(TITLE, SHORTEST_TITLE - 1, -1):
        room = width - MARK - group - title - 1 - 1 - sign - 1 - SWITCH
        found = _shared(forms, room)
        if found is not None or title == SHORTEST_TITLE:
            first, second = found or (room // 2, room - room // 2)
            values = tuple(_row_values(one, other, (first, second)) for one, other in forms)
            return RowTexts(group, title, first, second, sign, values)
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
    if any(choice.value == value for choice in discrepancy.choices):
        return forms
    kind, colon, _ = name.partition(":")
    if colon:
        return [*forms, f"{kind} …", f"{kind.partition('-')[0]} …"]
    if matched is None:
        return forms
    rule, number, dampened = matched[1], float(matched[2]), matched[3]
    words = FORMS[rule] if not dampened else "damped" if rule == "pytorch" else "t. damped"
    numbers = [f"{number:.{digits}g}" for digits in (6, 4, 3, 2, 1)]
    return [*forms, *(f"{one} {words}" for one in numbers), *numbers]


def heading(texts: RowTexts) -> str:
    """Above the rows."""
    first, second = (side.label for side in SideName)
    return f"{'':{texts.first_start}}{first:{texts.first + 1 + texts.sign}}{second}"


def group_text(texts: RowTexts, line: PanelLine) -> str:
    """What stands before a row: its group, and how many of it are folded."""
    return f"{line.group}{f' +{line.equal}' if line.equal else ''}".ljust(texts.group) if texts.group else ""


def title_text(texts: RowTexts, discrepancy: Discrepancy) -> str:
    """A row's title; it may be shortened, a value never."""
    return f"{shortened(discrepancy.title, texts.title):{texts.title}}"
