"""What a side trains on at a time, in which order, and what it logs of an epoch: the values, and what follows of them.

An epoch is one pass over the data, an update one step of the weights, on one batch. Drawing an order is
`networks/sample_orders.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from engine.errors import SettingsError
from engine.shown_text import shown

ALL: Final = "all"

BatchSize = int | str
"""Samples of a batch, or `ALL`."""

LARGEST_BATCH = 1_000_000_000


class SampleOrder(Enum):
    """In which order an epoch takes the samples."""

    IN_ORDER = "in-order"
    """As they are in the data, in every epoch."""
    DATALOADER = "dataloader"
    """`DataLoader(shuffle=True)`: PyTorch's stream goes on after `nn.Linear` has drawn the model's start."""
    PERMUTATION = "permutation"
    """`np.random.permutation`: NumPy's stream goes on after it has drawn the start, if it does."""
    GIVEN = "given"
    """Places that the settings hold, for each epoch."""


class LastBatch(Enum):
    """What becomes of the samples that are left where batches do not divide them."""

    KEEP = "keep"
    """They are a smaller batch."""
    DROP = "drop"
    """An epoch goes without them: `drop_last=True`."""


class EpochLoss(Enum):
    """Which number of an epoch is logged."""

    MEAN = "mean-of-batches"
    """The mean of its batches' losses, a smaller last batch counting like the others."""
    LAST = "last-batch"
    """The last batch's."""
    WHOLE = "whole-set"
    """The loss of all samples, with the weights that the epoch ends with."""


def parse_batch_size(value: object) -> BatchSize:
    """`ALL` or a whole number above 0; raises `SettingsError`."""
    if value == ALL:
        return ALL
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_BATCH:
        raise SettingsError(
            f"batch cannot be {shown(repr(value))}; it is all, or a whole number from 1 to {LARGEST_BATCH:,}."
        )
    return value


@dataclass(frozen=True)
class Batches:
    """Those of an epoch: `count` of them, each of N = `size` samples but the last, of N = `last`."""

    count: int
    size: int
    last: int

    @classmethod
    def of(cls, batch: BatchSize, last: LastBatch, samples: int) -> Batches:
        """As many as so many samples make; none where the only one is dropped."""
        size = samples if isinstance(batch, str) else batch
        full, left = divmod(samples, size)
        if left and last is LastBatch.KEEP:
            return cls(full + 1, size if full else left, left)
        return cls(full, size, size)

    @property
    def samples(self) -> int:
        """Those of an epoch."""
        return (self.count - 1) * self.size + self.last

    def bounds(self, index: int) -> tuple[int, int]:
        """Where the batch of that index, from 0, begins and ends among the samples in their order."""
        start = index * self.size
        return start, min(start + self.size, self.samples)
