"""Every weight and bias of both sides and their difference, one line each; only the visible lines are made."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import accumulate
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from engine.experiment.choices import SideName
from engine.number_text import MEANINGFUL_ULPS, number
from engine.run.comparison import ParameterPair
from tui_app.text.columns import (
    NONE,
    Column,
    Layout,
    Way,
    counts,
    fit,
    fixed_ways,
    only_in,
    share_ways,
    shortened,
    signed_ways,
)
from tui_app.text.gaps import gap_value, largest_gap
from tui_app.view_state import Unit
from tui_app.widgets.still_scroll import StillScrollView

BLOCK_LINES = 2
"""Lines above each parameter's rows: its name and the column headings."""

SMALL, LARGE = 1e-6, 1e-2
"""|Δ| below the first is shown as rounding, above the second as a real difference."""

DIM, BOLD = Style(dim=True), Style(bold=True)
SIDES = tuple(side.label for side in SideName)


class ParameterTable(StillScrollView, can_focus=True):
    """A scrolling table over a list of `ParameterPair`."""

    COMPONENT_CLASSES = {"gap--zero", "gap--small", "gap--medium", "gap--large"}

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._pairs: tuple[ParameterPair, ...] = ()
        self._starts: list[int] = []
        self._unit = Unit.ABSOLUTE
        self._headings = ("unit", "input")
        self._gaps: dict[int, float] = {}
        self._layouts: dict[int, Layout] = {}

    def show(
        self,
        pairs: tuple[ParameterPair, ...],
        unit: Unit = Unit.ABSOLUTE,
        headings: tuple[str, str] = ("unit", "input"),
    ) -> None:
        """Show these parameters, their gaps counted in `unit`; `headings` name a tensor's rows and columns."""
        if pairs is not self._pairs:
            self._gaps = {}
        self._pairs, self._unit, self._headings, self._layouts = pairs, unit, headings, {}
        lengths = [math.prod(pair.shape) + BLOCK_LINES + 1 for pair in pairs]
        self._starts = [0, *accumulate(lengths)][:-1]
        self.virtual_size = Size(self.size.width, max(0, sum(lengths) - 1))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line at `y` of the visible part."""
        line = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        # Asked for once: of all that a line needs, it is the dearest.
        base = self.rich_style
        block = bisect_right(self._starts, line) - 1
        if block < 0:
            return Strip.blank(width, base)
        pair = self._pairs[block]
        row = line - self._starts[block] - BLOCK_LINES
        if row >= math.prod(pair.shape):
            return Strip.blank(width, base)
        if row == -BLOCK_LINES:
            segments = self._title(block, width)
        elif row < 0:
            segments = [Segment(self._heading(pair, width), DIM)]
        else:
            segments = self._row(pair, row, width)
        return Strip(segments).apply_style(base).adjust_cell_length(width, base)

    def _layout(self, width: int) -> Layout:
        if width not in self._layouts:
            self._layouts[width] = fit(parameter_columns(self._pairs, self._unit, self._headings), width)
        return self._layouts[width]

    def _title(self, block: int, width: int) -> list[Segment]:
        pair = self._pairs[block]
        shape = "x".join(map(str, pair.shape))
        if pair.both is None:
            owner = SideName.NUMPY if pair.pytorch is None else SideName.PYTORCH
            note, style = only_in(owner), DIM
        else:
            gap = self._largest_gap(block)
            note, style = f"max |Δ| {number(gap)}", self._gap_style(gap)
        note = f"   {note}"
        name = shortened(_title(pair.name), width - len(note) - len(shape) - 1)
        if not name:
            return [Segment(shortened(_title(pair.name), width), BOLD)]
        return [Segment(f"{name} {shape}", BOLD), Segment(note, style)]

    def _largest_gap(self, block: int) -> float:
        """Of all elements, however few are in view: found once for what is shown, and only when its title is."""
        if block not in self._gaps:
            self._gaps[block] = largest_gap(self._pairs[block])
        return self._gaps[block]

    def _heading(self, pair: ParameterPair, width: int) -> str:
        layout = self._layout(width)
        headings = {column.name: column.heading for column in layout.columns}
        if len(pair.shape) == 1:
            headings.pop("source", None)
        return layout.line(headings)

    def _row(self, pair: ParameterPair, row: int, width: int) -> list[Segment]:
        place = (row,) if len(pair.shape) == 1 else divmod(row, pair.shape[1])
        values: dict[str, Any] = dict(zip(("unit", "source"), (index + 1 for index in place), strict=False))
        for name, side in zip(SIDES, (pair.numpy, pair.pytorch), strict=True):
            values[name] = NONE if side is None else side.flat[row]
        gap = 0.0
        if pair.both is not None:
            first, second = (side.flat[row] for side in pair.both)
            values["gap"] = gap_value(first, second, self._unit)
            gap = 0.0 if first == second else abs(float(first) - float(second))
        styles = {"unit": DIM, "source": DIM, "gap": self._gap_style(gap)}
        return [Segment(text, styles.get(name)) for name, text in self._layout(width).cells(values).items()]

    def _gap_style(self, gap: float) -> Style:
        name = "zero" if gap == 0 else "small" if gap < SMALL else "medium" if gap < LARGE else "large"
        return self.get_component_rich_style(f"gap--{name}", partial=True)


def parameter_columns(
    pairs: tuple[ParameterPair, ...], unit: Unit = Unit.ABSOLUTE, headings: tuple[str, str] = ("unit", "input")
) -> list[Column]:
    """The columns of a table of these parameters."""
    rows = max((pair.shape[0] for pair in pairs), default=0)
    sources = max((pair.shape[1] for pair in pairs if len(pair.shape) == 2), default=0)
    heading, ways = {
        Unit.ABSOLUTE: ("Δ", signed_ways()),
        Unit.RELATIVE: ("|Δ|/|W|", share_ways()),
        Unit.ULP: ("ULP", (Way(len(f"{MEANINGFUL_ULPS - 1:,}"), "{:,}".format),)),
    }[unit]
    return [
        Column("unit", headings[0], counts(rows), drop=4),
        *([Column("source", headings[1], counts(sources), drop=5)] if sources else []),
        *(Column(side, side, fixed_ways("+"), drop=1) for side in SIDES),
        Column("gap", heading, ways, drop=2),
    ]


def _title(name: str) -> str:
    """'Layer 1 weight'; a formula stays as it is."""
    return name.capitalize() if name.startswith("layer") else name
