"""What the fast steps of both sides share: a plain step is recorded, and run again once it has given plain steps' bits.

A recording reads and writes the very arrays that hold the model's parameters and what its updates keep. Whoever sets
a state writes into those; where some appear or go, another recording is made. `recording.py` records NumPy's calls,
`torch_replay.py` PyTorch's.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import numpy as np

from engine.networks.model_state import ModelState

CHECKED_STEPS = 2
"""Steps on which a recording must agree with the plain step before it is trusted."""

FIRST_CHECKED = 2
"""The first of them, from 1."""

Recorded = TypeVar("Recorded")


class Recordable(Protocol[Recorded]):
    """A model whose steps can be recorded."""

    def plain_step(self) -> float:
        """One update; returns the loss of its batch."""

    def record(self) -> Recorded | None:
        """A step from the present state, which is left as it is; nothing where it cannot be recorded."""

    def recorded_step(self, recorded: Recorded) -> float | None:
        """As `plain_step`; nothing, and nothing done, where the recording is of another way through the step."""

    def state(self) -> ModelState:
        """Copies of all that the next step depends on."""

    def set_state(self, state: ModelState) -> None:
        """Go on from such a state."""


class RecordedSteps(Generic[Recorded]):
    """What has become of recording a model's step, on batches of one size. `trusted` is the recording, once it has
    proved itself.

    It does not hold the model, which holds it: large arrays then go as soon as nobody needs them.
    """

    def __init__(self) -> None:
        self.trusted: Recorded | None = None
        self._tried: Recorded | None = None
        self._taken = 0

    def next(self, model: Recordable[Recorded]) -> float:
        """Take a step; returns its loss."""
        if self.trusted is not None:
            loss = model.recorded_step(self.trusted)
            return model.plain_step() if loss is None else loss
        self._taken += 1
        # The first step makes what an optimizer keeps; from the second on all steps are alike.
        if self._taken == FIRST_CHECKED:
            self._tried = model.record()
        if self._tried is None:
            return model.plain_step()
        agrees, loss = _agrees(model, self._tried)
        if not agrees:
            self._tried = None
        elif self._taken == FIRST_CHECKED + CHECKED_STEPS - 1:
            self.trusted = self._tried
        return loss


def _agrees(model: Recordable[Recorded], recorded: Recorded) -> tuple[bool, float]:
    """Whether both give the same bits from the same state, which is left one step further; and the loss."""
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
