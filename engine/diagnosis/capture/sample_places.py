"""Where the samples of each batch stand among the rows of an array that has all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, product

import numpy as np

from engine.diagnosis.capture.layer_forms import Array
from engine.diagnosis.capture.passes import Pass
from engine.diagnosis.capture.trace import Trace


class SamplePlaces:
    """Of the batches that passes took, (N, D) each."""

    def __init__(self, trace: Trace, passes: Sequence[Pass], batches: Sequence[Array]) -> None:
        self.trace, self.passes, self.batches = trace, passes, batches

    def hold(self, value: int) -> bool:
        """Whether that value may be an array that has the batches in it."""
        array = with_flat_samples(self.trace.values[value])
        first = (batches[0] for batches in self._plain_batches())
        return array.ndim == 2 and any(one.shape[1] in array.shape and array.size > one.size for one in first)

    def _plain_batches(self) -> Iterator[Sequence[Array]]:
        """The batches, and without a column of ones that is put beside each."""
        yield self.batches
        for column in (0, -1):
            if self.batches[0].shape[1] > 1 and all((one[:, column] == 1).all() for one in self.batches):
                yield [np.delete(one, column, axis=1) for one in self.batches]

    def of(self, value: int) -> tuple[list[Array], int] | None:
        """Where the rows of each batch stand among the rows of a constant; and how many rows it has."""
        array = with_flat_samples(self.trace.values[value])
        for rows, batches in product((array, array.T), self._plain_batches()):
            if rows.shape[1] != batches[0].shape[1]:
                continue
            numbers = {np.asarray(row, float).tobytes(): number for number, row in reversed(list(enumerate(rows)))}
            found = [[numbers.get(np.asarray(row, float).tobytes(), -1) for row in batch] for batch in batches]
            if all(min(one) >= 0 for one in found):
                places = [np.array(one) for one in found]
                if len(numbers) < len(rows):
                    places = [self._told_apart(step, rows, batches[step], one) for step, one in enumerate(places)]
                return places, len(rows)
        return None

    def _told_apart(self, step: int, rows: Array, batch: Array, places: Array) -> Array:
        """Of rows that are there more than once, those that the program took: where it has them, or one after the
        other.
        """
        samples = len(batch)
        held = (self.trace.values[value] for value in self.passes[step].held.values())
        taken = (one for one in held if one.dtype.kind in "iu" and one.shape == (samples,))
        starts = np.flatnonzero((rows == batch[0]).all(axis=1))
        for one in chain(taken, (np.arange(start, start + samples) for start in starts)):
            if one.min() >= 0 and one.max() < len(rows) and np.array_equal(rows[one], batch):
                return one
        return places


def with_flat_samples(array: Array) -> Array:
    """(M, D) of an array whose samples are rows, columns or images of their own: (M, 1, D), (M, D, 1) or (M, H, W)."""
    return array.reshape(len(array), -1) if array.ndim > 2 else array


def by_samples(array: Array, samples: int) -> Iterator[Array]:
    """The ways in which an array has one row for each of so many samples."""
    array = with_flat_samples(array)
    if array.ndim == 1 and len(array) == samples:
        yield array
    elif array.ndim == 2:
        if array.shape[0] == samples:
            yield array
        if array.shape[1] == samples:
            yield array.T
