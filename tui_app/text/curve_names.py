"""The names of curves at their ends inside a chart, where they cover nothing."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_CELLS = (8, 40)
"""Rows and columns that a chart must have inside its frame for names in it."""

APART = 3
"""Rows between the ends of two curves from which both are named."""


@dataclass(frozen=True)
class Name:
    """What is written, of which curve, and the cell in which that ends; rows count from the top."""

    text: str
    curve: int
    column: int
    row: int

    @property
    def columns(self) -> slice:
        """Those of the text, which ends where the curve does."""
        return slice(self.column + 1 - len(self.text), self.column + 1)


def names_at_ends(names: list[Name], glyphs: NDArray[np.int64], owner: NDArray[np.int64]) -> None:
    """Write each name above or below its curve's end, if the ends lie far enough apart and there is room for all.

    `glyphs` are code points and `owner` says whose each cell is, −1 for an empty one; both are changed.
    """
    near = any(after - before < APART for before, after in itertools.pairwise(sorted(name.row for name in names)))
    if near or any(cells < least for cells, least in zip(owner.shape, LEAST_CELLS, strict=True)):
        return
    rows = [_free_row(name, owner) for name in names]
    for name, row in zip(names, rows, strict=True):
        if None not in rows:
            glyphs[row, name.columns] = [ord(character) for character in name.text]
            owner[row, name.columns] = name.curve


def _free_row(name: Name, owner: NDArray[np.int64]) -> int | None:
    start, stop = name.columns.start, name.columns.stop
    for row in (name.row - 1, name.row + 1):
        if start > 0 and 0 <= row < len(owner) and (owner[row, start - 1 : stop + 1] < 0).all():
            return row
    return None
