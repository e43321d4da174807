"""What the fast steps of both sides share: a plain step is recorded, and run again once it has given plain steps' bits.

A recording reads and writes the very arrays that hold the model's parameters and velocities. Whoever sets a state
writes into those; where velocities appear or go, another recording is made. `recording.py` records NumPy's calls,
`torch_replay.py` PyTorch's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

import numpy as np

from engine.networks.model_state import ModelState

CHECKED_STEPS = 2
"""Steps on which a recording must agree with the plain step before it is trusted."""

Recorded = TypeVar("Recorded")


class Recordable(Protocol[Recorded]):
    """A model whose steps can be recorded."""

    def plain_step(self) -> float:
        """One epoch; returns its loss."""

    def record(self) -> Recorded | None:
        """A step from the present state, which is left as it is; nothing where it cannot be recorded."""

    def recorded_step(self, recorded: Recorded) -> float | None:
        """As `plain_step`; nothing, and nothing done, where the recording is of another way through the step."""

    def state(self) -> ModelState:
        """Copies of all that the next step depends on."""

    def set_state(self, state: ModelState) -> None:
        """Go on from such a state."""


class RecordedSteps(Generic[Recorded]):
    """The losses of a model's steps from now on. `trusted` is the recording, once there is one."""

    def __init__(self, model: Recordable[Recorded]) -> None:
        self.trusted: Recorded | None = None
        self._model = model
        self._losses = self._run()

    def next(self) -> float:
        """Take a step; returns its loss."""
        return next(self._losses)

    def _run(self) -> Iterator[float]:
        model = self._model
        # The first step makes what an optimizer keeps; from the second on all steps are alike.
        yield model.plain_step()
        recorded = model.record()
        for _ in range(CHECKED_STEPS if recorded is not None else 0):
            agrees, loss = self._agrees(recorded)
            yield loss
            recorded = recorded if agrees else None
            if recorded is None:
                break
        self.trusted = recorded
        while True:
            loss_or_none = None if recorded is None else model.recorded_step(recorded)
            yield model.plain_step() if loss_or_none is None else loss_or_none

    def _agrees(self, recorded: Recorded | None) -> tuple[bool, float]:
        """Whether both give the same bits from the same state, which is left one step further; and the loss."""
        assert recorded is not None
        model = self._model
        before = model.state()
        found = model.recorded_step(recorded)
        after = model.state()
        model.set_state(before)
        loss = model.plain_step()
        return found is not None and _same(found, loss) and _alike(after, model.state()), loss


def _same(one: object, other: object) -> bool:
    return np.array_equal(one, other, equal_nan=True)  # type: ignore[arg-type]


def _alike(one: ModelState, other: ModelState) -> bool:
    return one.tensors.keys() == other.tensors.keys() and all(
        _same(tensor, other.tensors[place]) for place, tensor in one.tensors.items()
    )
