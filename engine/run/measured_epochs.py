"""After which epochs of a run both sides are measured beside the loss that they log.

A pass over rows costs time, and nothing that is trained depends on it: at most about a tenth of a run's time goes into
such passes.
"""

from __future__ import annotations

from engine.experiment.settings import Settings
from engine.run.classes import is_class_problem

MOST_POINTS = 200

PLAIN_PASS = 3.0
"""What a forward pass of both sides, run plainly, takes beside its products, in updates of a tiny network, which are
replayed.
"""

PASS_TO_EPOCH = 0.75
"""A forward pass over rows, in epochs over as many rows, where products take nearly all of the time."""

UPDATE_PRODUCTS = 130_000
"""So many products of a forward pass take as long as an update of a tiny network."""


class MeasuredEpochs:
    """The first epoch, every `stride`-th and the last."""

    def __init__(self, settings: Settings) -> None:
        self.stride = max(_least_stride(settings), -(-settings.epochs // MOST_POINTS))
        self._last = settings.epochs

    def until_next(self, epoch: int) -> int:
        """How many epochs after this one the next is."""
        following = 1 if epoch == 0 else (epoch // self.stride + 1) * self.stride
        return min(following, self._last) - epoch

    def has(self, epoch: int) -> bool:
        """Whether this is one."""
        return epoch in (1, self._last) or epoch % self.stride == 0


def _least_stride(settings: Settings) -> int:
    """A tenth of the time, about."""
    data, passes, rows = settings.data, 0, 0
    if is_class_problem(settings):
        passes, rows = passes + 1, rows + data.samples
    if data.held_out is not None:
        passes, rows = passes + 1, rows + data.held_out.samples
    products = settings.parameter_count / UPDATE_PRODUCTS
    measuring = PLAIN_PASS * passes + rows * products
    epoch = settings.batches_of_epoch + data.samples * products / PASS_TO_EPOCH
    return max(1, round(10 * measuring / epoch))
