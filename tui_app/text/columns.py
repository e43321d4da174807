"""How a table fits its width: fewer digits, then fewer columns, never a number cut in two.

A `Column` knows several ways to write its cells, from the richest to the shortest, and how wide each is at most;
`fit` picks the richest that fit. Only names are ever shortened, and end in '…' then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.cells import cell_len, set_cell_size

from engine.experiment.choices import SideName
from engine.number_text import number

NO_NUMBER = "–"
"""In a cell whose number would say nothing."""

NONE = "none"
"""In the place of a number that a side does not have."""

GAPS = (2, 1)
"""Cells between columns: two where digits need not go for it."""

DECIMALS = (8, 6, 5, 4, 3)
"""Of weights and predictions, from wide to narrow."""


@dataclass(frozen=True)
class Way:
    """One way to write a column: no text that `write` makes is wider than `width`."""

    width: int
    write: Callable[[Any], str]


@dataclass(frozen=True)
class Column:
    """A column: `ways` from the richest to the shortest; of several, that with the highest `drop` goes first.

    One that is `flexible` holds names: they stand on the left and take what the others leave.
    """

    name: str
    heading: str
    ways: tuple[Way, ...]
    drop: int = 0
    flexible: bool = False

    def way(self, level: int) -> Way:
        """The way at a level, the last one from there on, at least as wide as the heading."""
        chosen = self.ways[min(level, len(self.ways) - 1)]
        return Way(max(chosen.width, cell_len(self.heading)), chosen.write)


@dataclass(frozen=True)
class Layout:
    """The columns that are shown, the way of each, and the cells between them."""

    columns: tuple[Column, ...]
    ways: tuple[Way, ...]
    gap: int

    @property
    def width(self) -> int:
        """Of every line."""
        return sum(way.width for way in self.ways) + self.gap * max(0, len(self.ways) - 1)

    def heading(self) -> str:
        """The line above the rows."""
        return "".join(self._placed({column.name: column.heading for column in self.columns}).values())

    def cells(self, values: Mapping[str, Any]) -> dict[str, str]:
        """A row's texts by column, each as wide as its column and the gap before it.

        A text is put there as it is; for nothing the cell is empty.
        """
        return self._placed(
            {
                column.name: value if isinstance(value, str) and not column.flexible else way.write(value)
                for column, way in zip(self.columns, self.ways, strict=True)
                if (value := values.get(column.name)) is not None
            }
        )

    def line(self, values: Mapping[str, Any]) -> str:
        """A row as one text."""
        return "".join(self.cells(values).values())

    def _placed(self, texts: Mapping[str, str]) -> dict[str, str]:
        placed = {}
        for index, (column, way) in enumerate(zip(self.columns, self.ways, strict=True)):
            text = texts.get(column.name, "")
            blank = " " * max(0, way.width - cell_len(text))
            placed[column.name] = " " * (self.gap if index else 0) + (
                f"{text}{blank}" if column.flexible else f"{blank}{text}"
            )
        return placed


def fit(columns: Iterable[Column], width: int) -> Layout:
    """All columns with as many digits as fit; where the shortest ways do not fit, without the first to be dropped."""
    left = list(columns)
    while left:
        for level in range(max(len(column.ways) for column in left)):
            for gap in GAPS:
                layout = Layout(tuple(left), tuple(column.way(level) for column in left), gap)
                if layout.width <= width:
                    return _stretched(layout, width)
        left.remove(max(left, key=lambda column: column.drop))
    return Layout((), (), 0)


def _stretched(layout: Layout, width: int) -> Layout:
    """With the names as long as the room that is left, and as they are; columns of names share it."""
    room, sharing = width - layout.width, sum(column.flexible for column in layout.columns)
    ways = list(layout.ways)
    for index, column in enumerate(layout.columns):
        if column.flexible:
            more = max(0, min(column.way(0).width - ways[index].width, room // sharing))
            ways[index] = names(ways[index].width + more)
            room, sharing = room - more, sharing - 1
    return Layout(layout.columns, tuple(ways), layout.gap)


def names(width: int) -> Way:
    """Names in at most so many cells."""
    return Way(width, partial(shortened, width=width))


def shortened(name: str, width: int) -> str:
    """A name that is longer ends in '…'."""
    if cell_len(name) <= width:
        return name
    return f"{set_cell_size(name, width - 1).rstrip()}…" if width > 0 else ""


def measured(writers: Iterable[Callable[[Any], str]], values: Iterable[Any]) -> tuple[Way, ...]:
    """Ways exactly as wide as these values need."""
    known = list(values)
    return tuple(Way(max((cell_len(write(value)) for value in known), default=0), write) for write in writers)


def only_in(owner: SideName) -> str:
    """Said of what one side alone has."""
    return "only by hand" if owner is SideName.NUMPY else f"only in {owner.label}"


def counts(largest: int) -> tuple[Way, ...]:
    """Whole numbers up to the largest: 20,000,000, or 20000000 where the room is short."""
    ways = [Way(len(f"{largest:,}"), "{:,}".format)] * (len(DECIMALS) - 1)
    return (*ways, Way(len(str(largest)), str))


def fixed_ways(sign: str = "-") -> tuple[Way, ...]:
    """Numbers with their decimal points below each other; `sign` is '+' where a plus is written too."""
    return tuple(Way(decimals + 6, partial(fixed, decimals=decimals, sign=sign)) for decimals in DECIMALS)


def fixed(value: float, decimals: int, sign: str = "-") -> str:
    """So many decimals from 0.001 to 9,999, an exponent in as many cells beyond: at most `decimals` + 6."""
    value = float(value)
    if value == 0 or math.isnan(value):
        return "0" if value == 0 else "nan"
    if math.isfinite(value) and (abs(value) < 0.001 or abs(value) >= 9999.5):
        return f"{value:{sign}.{decimals - 2}e}"
    return f"{value:{sign}.{decimals}f}"


def signed_ways() -> tuple[Way, ...]:
    """Gaps with their sign, in two digits and in one."""
    two, one = Way(9, signed), Way(7, partial(signed, digits=1))
    return (*[two] * (len(DECIMALS) - 1), one)


def share_ways() -> tuple[Way, ...]:
    """Gaps without a sign, in two digits and in one."""
    two, one = Way(8, number), Way(6, partial(number, digits=1))
    return (*[two] * (len(DECIMALS) - 1), one)


def signed(value: float, digits: int = 2) -> str:
    """As `number`, with a plus."""
    return f"{'+' if value > 0 else ''}{number(float(value), digits)}"


def trimmed(value: float, digits: int = 6) -> str:
    """As `number`, without the zeros at its end: 1, 0.25, 4.526e+05."""
    text, e, exponent = number(float(value), digits).partition("e")
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}{e}{exponent}"
