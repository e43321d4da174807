"""Where a model stands in its epoch: which samples its next batch holds, and what the batches so far have logged.

How an order is drawn is `sample_orders.py`'s; no arithmetic of a step is here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.experiment.batch_rules import Batches, EpochLoss
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.networks.sample_orders import Order, Orders


@dataclass(frozen=True, eq=False)
class WithinEpoch:
    """The sum of the losses of the epoch's batches so far, and where the stream stood before its order was drawn, by
    what draws it; without that, the order is found by drawing those of all epochs before.
    """

    losses: float = 0.0
    stream: Any = None
    drawn_by: type[Orders] | None = None


NO_BATCHES = WithinEpoch()


class EpochProgress:
    """Told the number of updates that the model has taken, from 0; `begin_orders` makes those of the run from its
    beginning, or none where samples are taken as they are.
    """

    def __init__(self, settings: Settings, side: Side, begin_orders: Callable[[], Orders | None]) -> None:
        self.batches: Batches = settings.batches(side)
        self._logged = side.epoch_loss
        self._begin_orders = begin_orders
        self._orders = begin_orders()
        self._order: Order | None = None
        self._drawn: int | None = None
        """The epoch, from 0, whose order that is."""
        self._before: Any = None
        self._losses = 0.0

    @property
    def logs_whole_set(self) -> bool:
        """Whether an epoch's loss is that of all samples after it."""
        return self._logged is EpochLoss.WHOLE

    def samples(self, updates: int) -> slice | Order:
        """Those of the next batch: a range of the data, or places in it (N,)."""
        epoch, index = divmod(updates, self.batches.count)
        start, end = self.batches.bounds(index)
        if self._orders is None:
            return slice(start, end)
        if self._drawn != epoch or self._order is None:
            self._before = self._orders.state()
            self._order, self._drawn = self._orders.draw(), epoch
        return self._order[start:end]

    def is_full(self, updates: int) -> bool:
        """Whether the next batch is as large as most."""
        count = self.batches.count
        return self.batches.last == self.batches.size or updates % count < count - 1

    def note(self, loss: float, updates: int) -> float | None:
        """The loss of the batch of the update just taken; the epoch's, if that was its last and is made of batches."""
        self._losses += loss
        if updates % self.batches.count:
            return None
        mean, self._losses = self._losses / self.batches.count, 0.0
        return loss if self._logged is EpochLoss.LAST or self.batches.count == 1 else mean

    def state(self, updates: int) -> WithinEpoch:
        """What the rest of the epoch depends on."""
        if self._orders is None:
            return WithinEpoch(self._losses)
        drawn = self._drawn == updates // self.batches.count
        return WithinEpoch(self._losses, self._before if drawn else self._orders.state(), type(self._orders))

    def set_state(self, state: WithinEpoch, updates: int) -> None:
        """Go on from there."""
        self._losses = state.losses
        if self._orders is None:
            return
        epoch = updates // self.batches.count
        known = state.drawn_by is type(self._orders)
        if known and state.stream is self._before and self._drawn == epoch:
            return
        self._order = self._drawn = None
        if known:
            self._orders.set_state(state.stream)
            return
        self._orders = self._begin_orders()
        if self._orders is not None:
            self._orders.skip(epoch)
