"""The learning rate of each update of a side: its own, by its schedule."""

from __future__ import annotations

from typing import Any

from engine.experiment.settings import Settings
from engine.experiment.side import Side


class LearningRates:
    """Of a side; updates are counted from 0."""

    def __init__(self, settings: Settings, side: Side) -> None:
        self._schedule = side.schedule
        self.change = not side.schedule.is_none
        """Whether they are not all the same."""
        self._batches = settings.batches(side).count
        self._whole_run = settings.epochs * (self._batches if side.schedule.per_batch else 1)

    def at(self, update: int, learning_rate: Any) -> Any:
        """That of an update, where the side's own is `learning_rate`: a number, or one of each run."""
        k = update if self._schedule.per_batch else update // self._batches
        return self._schedule.rate_at(learning_rate, k, self._whole_run)
