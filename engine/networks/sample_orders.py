"""In which order each epoch takes the samples: PyTorch's `DataLoader(shuffle=True)` and NumPy's permutation, both drawn
in NumPy alone, bit for bit, or one that is given.

What is made of an order is `epoch_progress.py`'s; PyTorch's own way to draw it is `torch_sample_orders.py`'s.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.experiment.batch_rules import SampleOrder
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.networks.initial_weights import numpys_stream, stream_after_start, words_of_linear

Order = NDArray[np.int64]
"""The samples' places in the data, (N,)."""

WORDS_OF_EPOCH = 4
"""Base seed and sampler's seed, 64 bits each, the high half first; of these the last word matters."""

WORDS_AT_ONCE = 1 << 20
"""Drawn to be passed over."""


class Orders(Protocol):
    """The orders of a run, one after the other."""

    def draw(self) -> Order:
        """That of the next epoch."""

    def skip(self, epochs: int) -> None:
        """Go past those of so many."""

    def state(self) -> Any:
        """Where the stream stands."""

    def set_state(self, state: Any) -> None:
        """Go on from there."""


class _DrawnFromWords:
    """A stream of MT19937 that stands after the start."""

    def __init__(self, samples: int, stream: np.random.RandomState) -> None:
        self._samples = samples
        self._stream = stream

    def state(self) -> Any:
        """As `Orders.state`."""
        return self._stream.get_state()

    def set_state(self, state: Any) -> None:
        """As `Orders.set_state`."""
        self._stream.set_state(state)


class LoaderOrders(_DrawnFromWords):
    """What `DataLoader(shuffle=True)` takes from PyTorch's global stream after `nn.Linear` has drawn the start.

    Source: `RandomSampler` (`torch.utils.data.sampler`) seeds a generator of its own, and `randperm`
    (aten/src/ATen/native/TensorFactories.cpp) swaps by the words of that.
    """

    def draw(self) -> Order:
        """As `Orders.draw`."""
        return randperm(self._samples, int(next_words(self._stream, WORDS_OF_EPOCH)[-1]))

    def skip(self, epochs: int) -> None:
        """As `Orders.skip`."""
        _pass_words(self._stream, epochs * WORDS_OF_EPOCH)


class PermutationOrders(_DrawnFromWords):
    """`np.random.permutation`, after the start if that is drawn from NumPy's stream."""

    def draw(self) -> Order:
        """As `Orders.draw`."""
        return self._stream.permutation(self._samples).astype(np.int64)

    def skip(self, epochs: int) -> None:
        """As `Orders.skip`."""
        for _ in range(epochs):
            self._stream.permutation(self._samples)


class GivenOrders:
    """Those that the settings hold, again from the first after the last."""

    def __init__(self, orders: NDArray[np.int64]) -> None:
        self._orders = orders
        self._next = 0

    def draw(self) -> Order:
        """As `Orders.draw`."""
        order: Order = self._orders[self._next % len(self._orders)].copy()
        self._next += 1
        return order

    def skip(self, epochs: int) -> None:
        """As `Orders.skip`."""
        self._next += epochs

    def state(self) -> Any:
        """As `Orders.state`: the epoch, from 0."""
        return self._next

    def set_state(self, state: Any) -> None:
        """As `Orders.set_state`."""
        self._next = state


def orders_of(settings: Settings, side: Side) -> Orders | None:
    """None where samples are taken as they are."""
    if side.order is SampleOrder.DATALOADER:
        stream = numpys_stream(settings.seed)
        _pass_words(stream, words_of_linear(settings, side))
        return LoaderOrders(settings.data.samples, stream)
    if side.order is SampleOrder.PERMUTATION:
        return PermutationOrders(settings.data.samples, stream_after_start(settings, side))
    if side.order is SampleOrder.GIVEN:
        assert settings.given is not None
        assert settings.given.orders is not None
        return GivenOrders(settings.given.orders)
    return None


def _pass_words(stream: np.random.RandomState, count: int) -> None:
    for start in range(0, count, WORDS_AT_ONCE):
        next_words(stream, min(WORDS_AT_ONCE, count - start))


def next_words(stream: np.random.RandomState, count: int) -> NDArray[np.uint32]:
    """The next 32-bit words of MT19937."""
    words: NDArray[np.uint32] = stream.randint(0, 1 << 32, size=count, dtype=np.uint32)
    return words


def randperm(count: int, seed: int) -> Order:
    """`torch.randperm(count)` of a generator with that seed of 32 bits, for fewer than 200 million: each place in turn
    changes with one that a word chooses among those from it on.
    """
    order = list(range(count))
    words = next_words(np.random.RandomState(seed), max(0, count - 1)).astype(np.int64)
    chosen = np.arange(count - 1) + words % np.arange(count, 1, -1) if count > 1 else words
    for place, other in enumerate(chosen.tolist()):
        order[place], order[other] = order[other], order[place]
    return np.array(order, np.int64)
