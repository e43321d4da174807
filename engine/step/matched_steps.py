"""A training step again with differences matched on the hand-written side, or on PyTorch's where by hand nothing can
match: what `reasons.py` tries its reasons with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.experiment.batch_rules import SampleOrder
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import Discrepancy, match_toward
from engine.experiment.optimizers import OptimizerKind
from engine.experiment.settings import Settings
from engine.experiment.update_rules import ZeroGrad
from engine.networks.model_state import ModelState
from engine.networks.numpy_model import NumpyModel
from engine.networks.places import MOMENTS, Place, Tensors
from engine.run.model_pair import States
from engine.step.operations import Operation
from engine.step.step_tensors import BEFORE, numpy_tensors, waiting_tensors, waits


class OutOfTimeError(Exception):
    """No more steps are to be taken now; what was found is kept for the next time."""


class MatchedSteps:
    """The step of a batch, from 1, again with differences matched, each combination of them once.

    `may_go_on` is asked before each gap but the first since it was set.
    """

    def __init__(self, settings: Settings, states: States, batch: int = 1) -> None:
        self.settings, self.states, self._batch = settings, states, batch
        self._is_first = not states[0].steps
        self._settings: dict[tuple[Discrepancy, ...], Settings] = {}
        self._steps: dict[tuple[Discrepancy, ...], tuple[Tensors | None, Tensors]] = {}
        self._starts: dict[tuple[Discrepancy, ...], Tensors] = {}
        self._gaps: dict[tuple[Place, tuple[Discrepancy, ...]], float | None] = {}
        self._may_go_on: Callable[[], bool] = lambda: True
        self._taken = 0

    def work_while(self, may_go_on: Callable[[], bool]) -> None:
        """From now on."""
        self._may_go_on, self._taken = may_go_on, 0

    def gap(self, operation: Operation, chosen: tuple[Discrepancy, ...]) -> float | None:
        """The largest |Δ| there, 0 only for equal bits, with these matched; none if it cannot be said.

        Raises `OutOfTimeError`.
        """
        asked = operation.place, chosen
        if asked not in self._gaps:
            if self._taken and not self._may_go_on():
                raise OutOfTimeError
            self._taken += 1
            self._gaps[asked] = self._gap(operation, chosen)
        return self._gaps[asked]

    def _gap(self, operation: Operation, chosen: tuple[Discrepancy, ...]) -> float | None:
        step, theirs = (self._start(chosen), {}) if self._is_drawn(operation) else self._from_the_states(chosen)
        if step is None:
            return None
        found = step.get(operation.place)
        if found is None:
            return None if operation.lacking != "PyTorch" else 0.0
        target = theirs.get(operation.place, operation.pytorch).astype(np.float64)
        if operation.lacking == "PyTorch" or found.shape != target.shape:
            return None
        gap = np.abs(found.astype(np.float64) - target)
        return float(gap.max(initial=0)) if np.isfinite(gap).all() else None

    def _is_drawn(self, operation: Operation) -> bool:
        """Whether it is a first weight or bias: what is matched decides how it is drawn, too."""
        return self._is_first and operation.place.kind in BEFORE.values()

    def _start(self, chosen: tuple[Discrepancy, ...]) -> Tensors:
        """The hand-written side's tensors of its first step with these matched."""
        if chosen not in self._starts:
            matched = self._matched(chosen)
            self._starts[chosen] = self._ours(NumpyModel(matched), matched)
        return self._starts[chosen]

    def _from_the_states(self, chosen: tuple[Discrepancy, ...]) -> tuple[Tensors | None, Tensors]:
        if chosen not in self._steps:
            self._steps[chosen] = self._step(chosen)
        return self._steps[chosen]

    def _matched(self, chosen: tuple[Discrepancy, ...]) -> Settings:
        if not chosen:
            return self.settings
        if chosen not in self._settings:
            self._settings[chosen] = match_toward(chosen[-1], self._matched(chosen[:-1]), SideName.PYTORCH)[0]
        return self._settings[chosen]

    def _step(self, chosen: tuple[Discrepancy, ...]) -> tuple[Tensors | None, Tensors]:
        """The hand-written side's tensors, none where it would need what neither side has kept; and PyTorch's, where
        they are others than before.
        """
        matched = self._matched(chosen)
        if self._is_first and any(discrepancy.only_start for discrepancy in chosen):
            return self._start(chosen), self._theirs(matched)
        model = NumpyModel(matched)
        state = _matched_state(self.settings, matched, self.states, model)
        if state is None:
            return None, {}
        model.set_state(state)
        return self._ours(model, matched), self._theirs(matched)

    def _ours(self, model: NumpyModel, matched: Settings) -> Tensors:
        return waiting_tensors(model) if waits(matched, matched.numpy, self._batch) else numpy_tensors(model)

    def _theirs(self, matched: Settings) -> Tensors:
        if matched.pytorch == self.settings.pytorch:
            return {}
        from engine.networks.torch_model import TorchModel
        from engine.step.torch_trace import torch_tensors

        model = TorchModel(matched)
        # Where orders are drawn otherwise, its own are found again from the beginning.
        model.set_state(_without_stream(self.states[1]))
        return waiting_tensors(model) if waits(matched, matched.pytorch, self._batch) else torch_tensors(model)


def _matched_state(settings: Settings, matched: Settings, states: States, model: NumpyModel) -> ModelState | None:
    """NumPy's state as the matched side keeps it; what it did not have before is PyTorch's."""
    before, theirs = states
    side = matched.numpy
    same_rule = (side.sgd_momentum, side.optimizer) == (settings.numpy.sgd_momentum, settings.numpy.optimizer)
    parameters = list(model.parameters())
    wanted = list(parameters)
    if before.steps and (side.sgd_momentum.coefficient or side.optimizer.kind is OptimizerKind.ADAM):
        wanted += [place.velocity for place in parameters]
    if before.steps and not side.optimizer.is_sgd:
        wanted += [place.square for place in parameters]
    if before.steps and matched.numpy.zero_grad is ZeroGrad.FORGOTTEN:
        wanted += [place.gradient for place in parameters]
    tensors: Tensors = {}
    for place in wanted:
        sources = (theirs,) if place.kind in MOMENTS and not same_rule else (before, theirs)
        value = next((source.tensors[place] for source in sources if place in source.tensors), None)
        if value is None:
            return None
        tensors[place] = value
    if _batches(matched) == _batches(settings):
        return replace(before, tensors=tensors)
    # PyTorch's samples, from the same place of its run.
    return replace(_without_stream(theirs), tensors=tensors)


def _without_stream(state: ModelState) -> ModelState:
    return replace(state, epoch=replace(state.epoch, drawn_by=None))


def _batches(settings: Settings) -> object:
    """What decides which samples the hand-written side takes."""
    side = settings.numpy
    start = side.bias, side.initial_weights
    return side.batch, side.last_batch, side.order, start if side.order is not SampleOrder.IN_ORDER else None
