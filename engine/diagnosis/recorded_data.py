"""The recorded batches as data and as places in them: which samples each epoch takes, in which order.

How many batches make an epoch is `epochs.py`'s.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.recording import Recording
from engine.experiment.batch_rules import ALL, BatchSize, LastBatch
from engine.types import FloatArray

Row = bytes
"""A sample's input and target, as they stand in memory."""


@dataclass(frozen=True, eq=False)
class RecordedData:
    """X (N, D) and Y (N, C) of all recorded samples, and how an epoch takes them; `orders` (E, N) is none where every
    epoch takes them as they stand.
    """

    X: FloatArray
    Y: FloatArray
    batch: BatchSize
    last_batch: LastBatch
    epochs: int
    orders: NDArray[np.int64] | None
    repeats: bool = True
    """Whether that is the recording, batch by batch."""
    keeps_epochs: bool = True
    """Whether an epoch is what it is in the recording."""


def recorded_data(recording: Recording, batches_of_epoch: int) -> RecordedData:
    """Of epochs that take every sample once, as far as they are recorded; else of samples drawn at will."""
    rows = _Rows(recording)
    sizes = [len(X) for X in recording.inputs]
    epochs = _grouped(list(range(recording.steps)), batches_of_epoch)
    if _is_regular(sizes, batches_of_epoch):
        copies: Counter[Row] = Counter()
        for epoch in epochs:
            copies |= Counter(key for step in epoch for key in rows.of_steps[step])
        complete = epochs if len(epochs[-1]) == batches_of_epoch else epochs[:-1]
        if all(sum(sizes[step] for step in epoch) == copies.total() for epoch in complete):
            return _of_epochs(rows, copies, epochs, sizes[0])
    if len(set(sizes)) == 1:
        return _drawn_at_will(rows, sizes[0], batches_of_epoch)
    X, Y = rows.arrays([key for step in epochs[0] for key in rows.of_steps[step]])
    return RecordedData(X, Y, sizes[0], LastBatch.KEEP, len(epochs), None, repeats=False)


class _Rows:
    """Every sample of a recording by its content."""

    def __init__(self, recording: Recording) -> None:
        self.of_steps: list[list[Row]] = []
        self._samples: dict[Row, tuple[FloatArray, FloatArray]] = {}
        for X, Y in zip(recording.inputs, recording.targets, strict=True):
            keys = [x.tobytes() + y.tobytes() for x, y in zip(X, Y, strict=True)]
            self._samples.update(zip(keys, zip(X, Y, strict=True), strict=True))
            self.of_steps.append(keys)

    def distinct(self) -> list[Row]:
        """In the order in which they come."""
        return list(self._samples)

    def arrays(self, keys: list[Row]) -> tuple[FloatArray, FloatArray]:
        """X and Y of these samples, in float64."""
        X, Y = (
            np.array(column, dtype=np.float64) for column in zip(*(self._samples[key] for key in keys), strict=True)
        )
        return X, Y


def _grouped(steps: list[int], count: int) -> list[list[int]]:
    return [steps[start : start + count] for start in range(0, len(steps), count)]


def _is_regular(sizes: list[int], count: int) -> bool:
    """Whether every batch is as large as the first, but for a smaller one at the end of each epoch."""
    last = sizes[count - 1]
    return last <= sizes[0] and all(
        size == (last if step % count == count - 1 else sizes[0]) for step, size in enumerate(sizes)
    )


def _of_epochs(rows: _Rows, copies: Counter[Row], epochs: list[list[int]], size: int) -> RecordedData:
    first = [key for step in epochs[0] for key in rows.of_steps[step]]
    later = copies - Counter(first)
    keys = first + [key for key in rows.distinct() for _ in range(later[key])]
    orders = np.array([_places(keys, [key for step in epoch for key in rows.of_steps[step]]) for epoch in epochs])
    in_order = bool((orders == np.arange(len(keys))).all())
    whole = size >= len(keys)
    X, Y = rows.arrays(keys)
    batch: BatchSize = ALL if whole else size
    return RecordedData(X, Y, batch, LastBatch.KEEP, len(epochs), None if in_order else orders)


def _places(keys: list[Row], taken: list[Row]) -> list[int]:
    """Of the samples taken, among all; then those that an epoch which is not recorded to its end has left."""
    free: dict[Row, list[int]] = {}
    for place in reversed(range(len(keys))):
        free.setdefault(keys[place], []).append(place)
    found = [free[key].pop() for key in taken]
    return found + sorted(place for places in free.values() for place in places)


def _drawn_at_will(rows: _Rows, size: int, batches_of_epoch: int) -> RecordedData:
    """As many steps are an epoch as batches go into the samples; what is left of these no batch takes."""
    keys = rows.distinct()
    while len(keys) < size:
        keys += keys[: size - len(keys)]
    place = {key: index for index, key in reversed(list(enumerate(keys)))}
    count = len(keys) // size
    taken = [[place[key] for key in step] for step in rows.of_steps]
    epochs = _grouped(list(range(len(taken))), count)
    orders = np.zeros((len(epochs), len(keys)), np.int64)
    for epoch, steps in enumerate(epochs):
        places = [one for step in steps for one in taken[step]]
        orders[epoch, : len(places)] = places
    X, Y = rows.arrays(keys)
    return RecordedData(X, Y, size, LastBatch.DROP, len(epochs), orders, keeps_epochs=count == batches_of_epoch)
