"""Every weight and bias of both sides and their difference, one line each; only the visible lines are made."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import accumulate
from typing import Any

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from engine.comparison import ParameterPair, relative_gap, ulp_distance
from tui_app.look import Unit
from tui_app.widgets.still_scroll import StillScrollView

BLOCK_LINES = 2
"""Lines above each parameter's rows: its name and the column headings."""

SMALL, LARGE = 1e-6, 1e-2
"""|Δ| below the first is shown as rounding, above the second as a real difference."""


class ParameterTable(StillScrollView, can_focus=True):
    """A scrolling table over a list of `ParameterPair`."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._pairs: tuple[ParameterPair, ...] = ()
        self._starts: list[int] = []
        self._unit = Unit.ABSOLUTE
        self._headings = ("unit", "input")

    def show(
        self,
        pairs: tuple[ParameterPair, ...],
        unit: Unit = Unit.ABSOLUTE,
        headings: tuple[str, str] = ("unit", "input"),
    ) -> None:
        """Show these parameters, their gaps counted in `unit`; `headings` name a tensor's rows and columns."""
        self._pairs, self._unit, self._headings = pairs, unit, headings
        lengths = [math.prod(pair.shape) + BLOCK_LINES + 1 for pair in pairs]
        self._starts = [0, *accumulate(lengths)][:-1]
        self.virtual_size = Size(self.size.width, max(0, sum(lengths) - 1))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line at `y` of the visible part."""
        line = y + self.scroll_offset.y
        width = self.size.width
        block = bisect_right(self._starts, line) - 1
        if block < 0:
            return Strip.blank(width, self.rich_style)
        pair = self._pairs[block]
        row = line - self._starts[block] - BLOCK_LINES
        if row >= math.prod(pair.shape):
            return Strip.blank(width, self.rich_style)
        segments = self._heading(pair, row) if row < 0 else self._row(pair, row)
        strip = Strip(segments).apply_style(self.rich_style)
        return strip.adjust_cell_length(width, self.rich_style)

    def _heading(self, pair: ParameterPair, row: int) -> list[Segment]:
        if row == -BLOCK_LINES:
            shape = "x".join(map(str, pair.shape))
            if pair.both is None:
                return [Segment(f" {_title(pair.name)} {shape}", Style(bold=True))]
            gap = abs(pair.both[0].astype(float) - pair.both[1].astype(float)).max()
            return [
                Segment(f" {_title(pair.name)} {shape}", Style(bold=True)),
                Segment(f"   max |Δ| {gap:.1e}", self._gap_style(gap)),
            ]
        rows, inputs = self._headings
        columns = f"{rows:>6}{inputs if len(pair.shape) == 2 else '':>7}"
        delta = {Unit.ABSOLUTE: "Δ", Unit.RELATIVE: "|Δ|/|W|", Unit.ULP: "ULP"}[self._unit]
        return [Segment(f"{columns}{'by hand':>14}{'PyTorch':>14}{delta:>11}", Style(dim=True))]

    def _row(self, pair: ParameterPair, row: int) -> list[Segment]:
        if len(pair.shape) == 2:
            unit, source = divmod(row, pair.shape[1])
            place = f"{unit + 1:>6}{source + 1:>7}"
        else:
            place = f"{row + 1:>6}{'':7}"
        if pair.both is None:
            sides = ("none" if side is None else _fixed(float(side.flat[row])) for side in (pair.numpy, pair.pytorch))
            return [Segment(place, Style(dim=True)), Segment("".join(f"{value:>14}" for value in sides))]
        first, second = (float(side.flat[row]) for side in pair.both)
        gap = first - second
        shown = "0" if gap == 0 else self._counted(*(side.flat[row] for side in pair.both))
        return [
            Segment(place, Style(dim=True)),
            Segment(f"{_fixed(first):>14}{_fixed(second):>14}"),
            Segment(f"{shown:>11}", self._gap_style(abs(gap))),
        ]

    def _counted(self, first: Any, second: Any) -> str:
        if self._unit is Unit.ABSOLUTE:
            return f"{float(first) - float(second):+.1e}"
        if self._unit is Unit.RELATIVE:
            return f"{float(relative_gap(first, second)):.1e}"
        # Of the coarser type: a float64 weight has neighbours that a float32 one cannot have.
        double = first.dtype == second.dtype == np.float64
        steps = int(ulp_distance(first, second, np.float64 if double else np.float32))
        return f"{steps:,}" if steps < 10**7 else f"{steps:.1e}"

    def _gap_style(self, gap: float) -> Style:
        name = "zero" if gap == 0 else "small" if gap < SMALL else "medium" if gap < LARGE else "large"
        return self.get_component_rich_style(f"gap--{name}", partial=True)

    COMPONENT_CLASSES = {"gap--zero", "gap--small", "gap--medium", "gap--large"}


def _title(name: str) -> str:
    """'Layer 1 weight'; a formula stays as it is."""
    return name.capitalize() if name.startswith("layer") else name


def _fixed(value: float) -> str:
    """Eight decimals where they fit, else an exponent."""
    return f"{value:+.8f}" if abs(value) < 1000 else f"{value:+.5e}"
