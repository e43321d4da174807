"""The state of the views: what they are given beside the snapshot. Frozen; a key makes a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from engine.experiment.settings import Settings
from engine.impact.study import Measure
from engine.run.history import Curves
from engine.worker.snapshot import Snapshot

if TYPE_CHECKING:
    from engine.diagnosis.diagnosis import Diagnosis


class Unit(Enum):
    """In what a gap between two weights is counted."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    ULP = "ULP"

    @property
    def following(self) -> Unit:
        """The next one, the first after the last."""
        units = list(Unit)
        return units[(units.index(self) + 1) % len(units)]


@dataclass(frozen=True, eq=False)
class Pinned:
    """A run kept on the charts, named by what it was made of."""

    name: str
    settings: Settings
    curves: Curves


@dataclass(frozen=True)
class ViewState:
    """`cursor` is an epoch that curves are read at and weights are shown of; `zoom` the first and last epoch drawn.

    `batch` is that of the cursor's epoch, from 1, whose step is open. `matched_start` opens steps from
    NumPy's weights on both sides; `measure` is what the impact is measured by.
    """

    log_scale: bool = True
    initial: bool = False
    histogram: bool = False
    unit: Unit = Unit.ABSOLUTE
    cursor: int | None = None
    batch: int = 1
    zoom: tuple[int, int] | None = None
    pinned: tuple[Pinned, ...] = ()
    matched_start: bool = False
    measure: Measure = Measure.AREA
    diagnosis: Diagnosis | None = None
    """Of the program that the experiment was found in."""

    def at(self, cursor: int | None, batch: int = 1) -> ViewState:
        """The cursor at an epoch, or nowhere."""
        return replace(self, cursor=cursor, batch=batch)

    def moved_cursor(self, by: int, last: int) -> ViewState:
        """The cursor so many epochs further; it appears at an end of what is drawn, and takes the zoom with it."""
        first_shown, last_shown = self.zoom or (1, last)
        if self.cursor is None:
            return self.at(first_shown if by > 0 else last_shown)
        cursor = max(1, min(self.cursor + by, last))
        if self.zoom is None or first_shown <= cursor <= last_shown:
            return self.at(cursor)
        span = last_shown - first_shown
        zoom = _within(cursor - (span if cursor > last_shown else 0), span, last)
        return replace(self.at(cursor), zoom=zoom)

    def zoomed(self, factor: float, around: int, last: int) -> ViewState:
        """`factor` times as many epochs, `around` staying where it is; none are cut off where all fit."""
        first_shown, last_shown = self.zoom or (1, last)
        span = max(MIN_ZOOM, round((last_shown - first_shown) * factor))
        if span >= last - 1:
            return replace(self, zoom=None)
        share = (around - first_shown) / max(1, last_shown - first_shown)
        return replace(self, zoom=_within(round(around - share * span), span, last))

    def panned(self, share: float, last: int) -> ViewState:
        """The drawn epochs moved by a share of their number."""
        if self.zoom is None:
            return self
        span = self.zoom[1] - self.zoom[0]
        return replace(self, zoom=_within(self.zoom[0] + round(share * span), span, last))


MIN_ZOOM = 10
"""Least epochs between the first and the last one drawn."""


def _within(first: int, span: int, last: int) -> tuple[int, int]:
    first = max(1, min(first, last - span))
    return first, first + span


def epoch_words(snapshot: Snapshot, view_state: ViewState) -> str:
    """Of which epoch the weights and predictions are, in words."""
    if view_state.initial:
        return "at the start, before epoch 1"
    if view_state.cursor is not None and view_state.cursor <= snapshot.epoch:
        shown = snapshot.scrubbed is not None and snapshot.scrubbed.epoch == view_state.cursor
        return f"at the cursor, after epoch {view_state.cursor:,}" + ("" if shown else " …")
    epochs = f"after {snapshot.epoch:,} epoch{'' if snapshot.epoch == 1 else 's'}"
    if not snapshot.batch:
        return epochs
    batches = f"{snapshot.batch:,} batch{'' if snapshot.batch == 1 else 'es'}"
    return f"{epochs} and {batches}" if snapshot.epoch else f"after {batches}"
