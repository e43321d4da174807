"""Which samples each run of a stack takes: each has the orders of its own seed.

What is made of them is `numpy_stack.py`'s and `torch_stack.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.experiment.batch_rules import Batches
from engine.experiment.settings import Settings
from engine.networks.sample_orders import Orders, orders_of
from engine.networks.stacked_runs import StackedRun

Places = NDArray[np.int64]
"""Of every run's samples in the data, (R, N)."""


class StackedBatches:
    """Those of runs whose batches have the same sizes; `takes_all` where each update takes the data as they are."""

    def __init__(self, settings: Settings, runs: Sequence[StackedRun]) -> None:
        side = runs[0].side
        self.batches: Batches = settings.batches(side)
        self.takes_all = not settings.takes_batches(side)
        self._orders: dict[object, Orders] = {}
        keys: list[object] = []
        for run in runs:
            key = run.seed, run.drawn.bias, run.drawn.initial_weights
            if key not in self._orders:
                orders = orders_of(replace(settings, seed=run.seed), run.drawn)
                if orders is not None:
                    self._orders[key] = orders
            keys.append(key)
        numbers = {key: number for number, key in enumerate(self._orders)}
        self._rows = [numbers[key] for key in keys] if numbers else []
        self._drawn: Places | None = None

    def begin_epoch(self) -> None:
        """Draw the orders of the next one."""
        if self._orders:
            self._drawn = np.stack([orders.draw() for orders in self._orders.values()])[self._rows]

    def samples(self, index: int) -> slice | Places:
        """Those of a batch, from 0: a range of the data for all runs, or places of each."""
        start, end = self.batches.bounds(index)
        return slice(start, end) if self._drawn is None else self._drawn[:, start:end]

    def is_full(self, index: int) -> bool:
        """Whether the batch is as large as most."""
        return self.batches.last == self.batches.size or index < self.batches.count - 1
