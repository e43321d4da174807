"""Many runs trained as one: what they share, and what tells them apart.

`numpy_stack.py` and `torch_stack.py` stack the runs' arrays along a leading dimension of length R.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol

import numpy as np

from engine.experiment.batch_rules import EpochLoss, SampleOrder
from engine.experiment.choices import InitialWeights, LoggedPenalty, LogMoment, LossReport, SideName
from engine.experiment.clipping import Clipping
from engine.experiment.loss_epsilon import LossEpsilon
from engine.experiment.optimizers import Optimizer
from engine.experiment.per_layer import of_layers, values_of
from engine.experiment.schedules import Schedule
from engine.experiment.settings import Settings
from engine.experiment.side import Side, logs_penalty
from engine.experiment.tensor_steps import TensorSteps
from engine.networks.initial_weights import LayerStart, initial_layers
from engine.networks.places import Tensors
from engine.types import FloatArray


@dataclass(frozen=True)
class StackedRun:
    """One side's training, without what only the plotted number depends on.

    `bias_drawn` lets a side without a bias start from the weights it would have with one, and take the samples in the
    orders it would then take them in.
    """

    side: Side
    seed: int
    bias_drawn: bool = False

    @classmethod
    def of(cls, side: Side, seed: int, bias_drawn: bool = False) -> StackedRun:
        """Runs whose weights move alike are equal."""
        draws = any(start.pytorchs_stream for start in values_of(side.initial_weights))
        shifts = (draws or side.order is not SampleOrder.IN_ORDER) and side.bias is not True
        plain = replace(
            side,
            loss_report=LossReport.MSE,
            log_moment=LogMoment.BEFORE,
            logged_penalty=LoggedPenalty.LEFT_OUT,
            epoch_loss=EpochLoss.MEAN,
        )
        return cls(plain, seed, bias_drawn and shifts)

    def structure(self, name: SideName) -> object:
        """Runs of one structure can be stacked: by hand only numbers tell them apart, in PyTorch only the start."""
        side = replace(self.side, initial_weights=InitialWeights.PYTORCH)
        return side if name is SideName.PYTORCH else _without_numbers(side)

    @property
    def drawn(self) -> Side:
        """The side as its weights and orders are drawn."""
        return replace(self.side, bias=True) if self.bias_drawn else self.side

    def start(self, settings: Settings) -> list[LayerStart]:
        """Every layer's first weight (fan_out, fan_in) and bias (fan_out,)."""
        layers = initial_layers(replace(settings, seed=self.seed), self.drawn)
        biases = of_layers(self.side.bias, len(layers))
        return [LayerStart(one.weight, one.bias if bias else None) for one, bias in zip(layers, biases, strict=True)]


PENALTIES = {LoggedPenalty.LEFT_OUT: 0, LoggedPenalty.ADDED: 1, LoggedPenalty.TWICE: 2}
"""How many times what weight decay is the gradient of is logged."""


@dataclass(frozen=True)
class Reported:
    """A number that is made of a batch: a loss, with so many times the penalty of weight decay."""

    loss: LossReport
    penalties: int = 0


@dataclass(frozen=True)
class Logged:
    """What a side logs of an epoch, and of which weights."""

    report: LossReport
    moment: LogMoment = LogMoment.BEFORE
    of_epoch: EpochLoss = EpochLoss.MEAN
    penalties: int = 0
    """How many times the penalty of weight decay is in it."""

    @property
    def reported(self) -> Reported:
        """What is made of a batch."""
        return Reported(self.report, self.penalties)

    @classmethod
    def of(cls, side: Side) -> Logged:
        """The whole set is measured once, whatever is done with batches."""
        whole = side.epoch_loss is EpochLoss.WHOLE
        moment = LogMoment.BEFORE if whole else side.log_moment
        times = PENALTIES[side.logged_penalty] if logs_penalty(side) else 0
        return cls(side.loss_report, moment, side.epoch_loss, times)


class EpochLogs:
    """Makes an epoch's logs of what its batches say, for many runs at once."""

    def __init__(self, logs: Sequence[Logged]) -> None:
        self._logs = tuple(logs)
        of_batches = [one for one in logs if one.of_epoch is not EpochLoss.WHOLE]
        self.before = list(dict.fromkeys(one.reported for one in of_batches if one.moment is LogMoment.BEFORE))
        """The reports that are made of each batch before its update."""
        self.after = list(dict.fromkeys(one.reported for one in of_batches if one.moment is LogMoment.AFTER))
        self.whole = list(dict.fromkeys(one.reported for one in logs if one.of_epoch is EpochLoss.WHOLE))
        self._sum: FloatArray | None = None
        self._last: FloatArray | None = None
        self._batches = 0

    def add(self, of_batch: FloatArray) -> None:
        """What the reports `before` and `after` a batch's update say, (reports, R)."""
        self._sum = of_batch if self._sum is None else self._sum + of_batch
        self._last = of_batch
        self._batches += 1

    def close(self, of_whole: FloatArray) -> FloatArray:
        """(logs, R), from what the reports of the `whole` set say after the epoch, (reports, R)."""
        total, last = self._sum, self._last
        assert total is not None
        assert last is not None
        mean = total / self._batches
        self._sum, self._batches = None, 0
        found = []
        for one in self._logs:
            if one.of_epoch is EpochLoss.WHOLE:
                found.append(of_whole[self.whole.index(one.reported)])
                continue
            late = one.moment is LogMoment.AFTER
            row = len(self.before) + self.after.index(one.reported) if late else self.before.index(one.reported)
            found.append((last if one.of_epoch is EpochLoss.LAST else mean)[row])
        return np.stack(found)


class Stack(Protocol):
    """Many runs of one side."""

    def step(self) -> FloatArray:
        """One epoch of every run; what each of the logs is, (logs, R), in float64."""

    def parameters(self) -> Tensors:
        """Weights (R, fan_out, fan_in) and biases (R, fan_out), in float64; a bias that is not there is zero."""


def _without_numbers(value: Any) -> object:
    """The choices alone, and among them the numbers of an optimizer, a schedule, a clipping; of another number,
    whether it is there.
    """
    if isinstance(value, (Optimizer, Schedule, Clipping, TensorSteps, LossEpsilon)):
        return value
    if is_dataclass(value):
        return tuple(_without_numbers(getattr(value, field.name)) for field in fields(value))
    return value > 0 if isinstance(value, float) else value
