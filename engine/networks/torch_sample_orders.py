"""The order in which PyTorch's own `DataLoader(shuffle=True)` takes the samples: its generators, without its loading.

`sample_orders.py` draws the same in NumPy alone. Importing this module imports torch.
"""

from __future__ import annotations

from typing import Any

import torch

from engine.experiment.batch_rules import SampleOrder
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.networks.sample_orders import Order, Orders, orders_of


class TorchLoaderOrders:
    """From the state of the global stream in which the model's start has left it."""

    def __init__(self, samples: int, stream: torch.Tensor) -> None:
        self._samples = samples
        self._generator = torch.Generator()
        self._generator.set_state(stream)

    def draw(self) -> Order:
        """As `Orders.draw`: what `iter(loader)` and the sampler's first `next` draw, and what is made of it."""
        self._seed()
        order = torch.randperm(self._samples, generator=torch.Generator().manual_seed(self._seed()))
        return order.numpy()

    def skip(self, epochs: int) -> None:
        """As `Orders.skip`."""
        for _ in range(2 * epochs):
            self._seed()

    def _seed(self) -> int:
        return int(torch.empty((), dtype=torch.int64).random_(generator=self._generator).item())

    def state(self) -> Any:
        """As `Orders.state`."""
        return self._generator.get_state()

    def set_state(self, state: Any) -> None:
        """As `Orders.set_state`."""
        self._generator.set_state(state)


def torch_orders_of(settings: Settings, side: Side, stream: torch.Tensor) -> Orders | None:
    """As `orders_of`, DataLoader's drawn by PyTorch."""
    if side.order is SampleOrder.DATALOADER:
        return TorchLoaderOrders(settings.data.samples, stream)
    return orders_of(settings, side)
