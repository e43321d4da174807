"""The ranked rows of a measured impact: titles, bars with their spread, numbers; they fit their width, whatever it is.

Where the width does not do, numbers have fewer digits, then there are fewer columns; no number and no bar is cut.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from engine.impact.effects import Effect, Effects
from engine.number_text import number
from tui_app.text.lines import ADDS, DIM, HIDES, STRONG, Line, Piece

PLOT_ONLY = "moves only the plotted number"
LEAST_BAR = 8
COLUMNS = ("part", "mean", "error", "first")
TRIED = ((3, COLUMNS), (2, COLUMNS), (2, COLUMNS[:3]), (2, COLUMNS[:2]), (2, COLUMNS[:1]), (1, COLUMNS[1:2]), (1, ()))
"""Digits and columns, from the widest layout to the narrowest."""
LEGENDS = ("█ mean share  ─ over the seeds", "█ mean  ─ seeds", "█ mean", "")
LEGENDS_SAMPLED = ("█ share, sampled  ─ over the seeds", "█ sampled  ─ seeds", "█ sampled", "sampled", "")
LEGENDS_SO_FAR = ("so far  █ mean share  ─ over the seeds", "so far  █ mean  ─ seeds", "so far")


@dataclass(frozen=True)
class Layout:
    """How wide title and bar are, and the columns of numbers with their widths."""

    title: int
    bar: int
    digits: int
    columns: tuple[tuple[str, int], ...]


class ImpactRows:
    """The rows of what is measured, in the order of their rank."""

    def __init__(self, found: Effects) -> None:
        self._found = found
        self._layouts: dict[int, Layout] = {}
        self._low = min(0.0, *(one.spread[0] for one in found.ranked))
        self._span = (max(0.0, *(one.spread[1] for one in found.ranked)) - self._low) or 1.0

    def heading(self, width: int) -> Line:
        """Above the rows."""
        chosen, found = self.layout(width), self._found
        of_finished = LEGENDS_SAMPLED if found.sampled_orders else LEGENDS
        legends = of_finished if found.finished else LEGENDS_SO_FAR
        legend = next((text for text in legends if len(text) <= chosen.bar), "")
        names = "".join(f"{name:>{wide}}" for name, wide in chosen.columns)
        return [(f"{'':{chosen.title}}{legend:{chosen.bar}}{names}", DIM)]

    def row(self, index: int, width: int, selected: bool = False) -> Line:
        """One difference: its bar, its part of the whole gap, its mean share, how often it came first."""
        effect, chosen = self._found.ranked[index], self.layout(width)
        title: Piece = (("▸" if selected else " ") + _title(effect, chosen.title - 1), STRONG if selected else "")
        if effect.plot_only and not effect.shapley.any():
            return [title, (PLOT_ONLY.ljust(width - chosen.title), DIM)]
        numbers = "".join(f"{_cell(effect, self._found, name, chosen.digits):>{wide}}" for name, wide in chosen.columns)
        return [title, *self._bar(effect, chosen.bar), (numbers, "")]

    def layout(self, width: int) -> Layout:
        """The widest that fits."""
        if width not in self._layouts:
            self._layouts[width] = _layout(self._found, width)
        return self._layouts[width]

    def _bar(self, effect: Effect, width: int) -> Line:
        """From zero to the mean a block, beyond it a line over the seeds; left of zero it hides some of the gap."""

        def cell(value: float) -> int:
            return round((value - self._low) / self._span * (width - 1))

        zero, mean = cell(0.0), cell(effect.share)
        least, greatest = (cell(value) for value in effect.spread)
        first, last = sorted((zero, mean))
        role = HIDES if effect.share < 0 else ADDS
        filled, measured = effect.share != 0, effect.shapley.any()
        pieces: Line = []
        for column in range(width):
            if filled and first <= column <= last:
                piece = ("█", role)
            elif measured and least <= column <= greatest:
                piece = ("─", role)
            else:
                piece = ("│" if column == zero else " ", DIM)
            if pieces and pieces[-1][1] == piece[1]:
                pieces[-1] = (pieces[-1][0] + piece[0], piece[1])
            else:
                pieces.append(piece)
        return pieces


def _layout(found: Effects, width: int) -> Layout:
    # A title gives way only to the sentence of what moves no weight.
    title = 2 + max(cell_len(effect.discrepancy.title) for effect in found.ranked)
    title = min(title, max(2 + LEAST_BAR, width - len(PLOT_ONLY)))
    for digits, names in TRIED:
        columns = tuple((name, _column_width(found, name, digits)) for name in names if _shown(found, name))
        bar = width - title - sum(wide for _, wide in columns)
        if bar >= LEAST_BAR:
            return Layout(title, bar, digits, columns)
    return Layout(title, max(0, width - title), 1, ())


def _shown(found: Effects, name: str) -> bool:
    """No part can be given of a whole that cancels, no error of what is not sampled."""
    if name == "error":
        return found.sampled_orders > 0
    return name != "part" or (not found.cancel and found.whole != found.rest)


def _column_width(found: Effects, name: str, digits: int) -> int:
    return 2 + max(len(name), *(len(_cell(effect, found, name, digits)) for effect in found.ranked))


def _cell(effect: Effect, found: Effects, name: str, digits: int) -> str:
    if name == "part":
        return f"{round(found.percent(effect.share)):,} %"
    if name == "error":
        return number(effect.standard_error, min(digits, 2))
    return number(effect.share, digits) if name == "mean" else f"{effect.first}/{found.seeds}"


def _title(effect: Effect, width: int) -> str:
    """In so many cells, the last one blank."""
    title = effect.discrepancy.title
    if cell_len(title) >= width:
        title = f"{title[: width - 2]}…"
    return title + " " * (width - cell_len(title))
