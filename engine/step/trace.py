"""One training step opened up: every operation of both sides beside each other, and the first that differs.

Why it differs is `reasons.py`'s. Tracing imports torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from engine.errors import SettingsError
from engine.experiment.settings import Settings
from engine.networks.numpy_model import NumpyModel
from engine.networks.places import GRADIENT, Kind, Tensors
from engine.run.lockstep import build_models
from engine.run.model_pair import ModelPair, States
from engine.step.matched_steps import MatchedSteps, OutOfTimeError
from engine.step.operations import Operation, compare_tensors
from engine.step.reasons import Reason, find_known_reason, find_later_meaning, find_reason, first_beyond_rounding
from engine.step.step_tensors import numpy_tensors, waiting_tensors, waits


@dataclass(frozen=True, eq=False)
class StepTrace:
    """The step of batch `batch` of epoch `epoch`, both from 1.

    `first` is the place in `operations` of the first that differs; `meant` that of the first that differs by more than
    rounding because of a difference of the catalogue, where `first` has another reason; `meaning` says which. `beyond`
    is the first beyond rounding for whatever reason: `first` itself, `meant` or another; `beyond_reason` is none where
    it is not known.
    """

    settings: Settings
    epoch: int
    matched_start: bool
    operations: tuple[Operation, ...]
    first: int | None
    reason: Reason | None
    meant: int | None = None
    meaning: Reason | None = None
    beyond: int | None = None
    beyond_reason: Reason | None = None
    batch: int = 1

    @property
    def first_operation(self) -> Operation | None:
        """The first that differs, if one does."""
        return None if self.first is None else self.operations[self.first]


def trace(settings: Settings, epoch: int, states: States, matched_start: bool = False, batch: int = 1) -> StepTrace:
    """The step that both take from these states. With `matched_start` PyTorch begins with NumPy's weights.

    Raises `DeviceError`.
    """
    traced = Tracing(settings, epoch, states, matched_start, batch).work(lambda: True)
    assert traced is not None
    return traced


class Tracing:
    """A step traced a little at a time, since its reasons are looked for with many more. Raises `DeviceError`."""

    def __init__(
        self, settings: Settings, epoch: int, states: States, matched_start: bool = False, batch: int = 1
    ) -> None:
        self._settings, self._epoch, self._matched_start, self._batch = settings, epoch, matched_start, batch
        before = match_start(settings, states) if matched_start else states
        with np.errstate(all="ignore"):
            numpy, pytorch = Tracer(settings).tensors(before, batch)
            self._operations = compare_tensors(settings, numpy, pytorch)
        self._matched = MatchedSteps(settings, before, batch)

    def work(self, may_go_on: Callable[[], bool]) -> StepTrace | None:
        """As long as it may go on; nothing where there is more to do."""
        self._matched.work_while(may_go_on)
        try:
            with np.errstate(all="ignore"):
                return self._traced()
        except OutOfTimeError:
            return None

    def _traced(self) -> StepTrace:
        operations, matched = self._operations, self._matched
        shown = self._settings, self._epoch, self._matched_start, operations
        first = next((index for index, operation in enumerate(operations) if operation.differs), None)
        if first is None:
            return StepTrace(*shown, None, None, batch=self._batch)
        reason = find_reason(matched, operations, first)
        later = find_later_meaning(matched, operations, reason)
        beyond = first_beyond_rounding(self._settings, operations)
        beyond_reason = reason if beyond == first else find_known_reason(matched, operations, beyond)
        return StepTrace(*shown, first, reason, *later, beyond, beyond_reason, self._batch)


def trace_epoch(settings: Settings, epoch: int, matched_start: bool = False, batch: int = 1) -> StepTrace:
    """The step of a batch of an epoch, both from 1, after training up to it.

    Raises `DeviceError`, `SettingsError` where training diverges before, and `ValueError` for no such epoch or batch.
    """
    from engine.networks.torch_threads import limited

    if not 1 <= epoch <= settings.epochs:
        raise ValueError(f"epoch cannot be {epoch}; it is a whole number from 1 to {settings.epochs}")
    batches = settings.batches_of_epoch
    if not 1 <= batch <= batches:
        raise ValueError(f"batch cannot be {batch}; it is a whole number from 1 to {batches}")
    with limited(settings), np.errstate(all="ignore"):
        pair = ModelPair(settings, build_models)
        while pair.epoch < epoch - 1:
            pair.take(pair.batches)
            if not np.isfinite(pair.losses).all():
                raise SettingsError(f"Training diverges at epoch {pair.epoch:,}: there is no step of epoch {epoch:,}.")
        pair.take(batch - 1)
        return trace(settings, epoch, pair.states(), matched_start, batch)


class Tracer:
    """Takes single steps of both plain models from any states. Raises `DeviceError`."""

    def __init__(self, settings: Settings) -> None:
        from engine.networks.torch_model import TorchModel

        self._settings = settings
        self._numpy, self._pytorch = NumpyModel(settings), TorchModel(settings)

    def tensors(self, states: States, batch: int) -> tuple[Tensors, Tensors]:
        """All tensors of one step of each side, that of a batch of the epoch, from 1."""
        from engine.step.torch_trace import torch_tensors

        settings, numpy, pytorch = self._settings, self._numpy, self._pytorch
        numpy.set_state(states[0])
        pytorch.set_state(states[1])
        ours = waiting_tensors(numpy) if waits(settings, settings.numpy, batch) else numpy_tensors(numpy)
        return ours, waiting_tensors(pytorch) if waits(settings, settings.pytorch, batch) else torch_tensors(pytorch)

    def differs(self, states: States, batch: int) -> bool:
        """Whether any bit of any operation of the step does."""
        numpy, pytorch = self.tensors(states, batch)
        return numpy.keys() != pytorch.keys() or any(
            not np.array_equal(tensor, pytorch[place], equal_nan=True) for place, tensor in numpy.items()
        )


def match_start(settings: Settings, states: States) -> States:
    """PyTorch's state with NumPy's parameters in PyTorch's dtype; a bias that NumPy lacks is zero.

    What is kept beside them is taken over where both sides keep it, and in one form.
    """
    numpy, pytorch = states
    sides = settings.numpy, settings.pytorch
    same_form = len({(side.optimizer.kind, side.sgd_momentum.form.what_is_kept) for side in sides}) == 1
    sources = numpy.parameters | {place: one for place, one in numpy.kept.items() if place.kind in GRADIENT.values()}
    if same_form and numpy.kept.keys() == pytorch.kept.keys():
        sources = numpy.tensors
    matched: Tensors = {}
    for place, target in pytorch.tensors.items():
        lacking = np.zeros_like(target) if place.kind is Kind.BIAS else target
        matched[place] = sources.get(place, lacking).astype(target.dtype)
    return numpy, replace(pytorch, tensors=matched)
