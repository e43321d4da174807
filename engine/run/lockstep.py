"""Both models, stepped together: their losses, their gaps, and the end of the run. No threads here.

Building a `Lockstep` imports torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from engine.experiment.choices import SideName
from engine.experiment.settings import Settings
from engine.networks.companion import Work, companion
from engine.networks.threads import side_by_side
from engine.run.accuracy import AccuracyCurves, AccuracyRecord, Scores
from engine.run.classes import is_class_problem
from engine.run.comparison import (
    Comparison,
    LossComparison,
    ParameterPair,
    compare_weights,
    loss_dtype,
    pair_parameters,
)
from engine.run.divergence import Divergence
from engine.run.history import Curves, History
from engine.run.measured_epochs import MeasuredEpochs
from engine.run.model_pair import Build, Model
from engine.run.validation import ValidationCurves, ValidationRecord
from engine.types import FloatArray


def build_models(settings: Settings) -> tuple[Model, Model]:
    """The hand-written and the PyTorch model at their start, and as many threads as they may use from now on.

    Raises `DeviceError`.
    """
    from engine.networks.numpy_model import RecordedNumpyModel
    from engine.networks.torch_replay import ReplayedTorchModel
    from engine.networks.torch_threads import set_threads

    set_threads(settings)
    return RecordedNumpyModel(settings), ReplayedTorchModel(settings)


class Lockstep:
    """A run in progress. `record`, if given, is handed every block of both sides' losses."""

    def __init__(
        self,
        settings: Settings,
        record: Callable[[FloatArray, FloatArray], None] | None = None,
        build: Build = build_models,
    ) -> None:
        self.settings = settings
        self.build = build
        self.numpy, self.pytorch = build(settings)
        self.epoch = 0
        self.batches = settings.batches_of_epoch
        self.batch = 0
        """How many of the next epoch's are taken."""
        self._counts = settings.batches(settings.numpy).count, settings.batches(settings.pytorch).count
        self._of_epoch = (math.nan, math.nan)
        self.divergence: Divergence | None = None
        self._history = History()
        self._losses = LossComparison(loss_dtype(settings))
        self._record = record
        data, has_classes = settings.data, is_class_problem(settings)
        self._accuracy = AccuracyRecord(data) if has_classes else None
        self._validation = None if data.held_out is None else ValidationRecord(data.held_out, has_classes)
        self.measured_epochs = MeasuredEpochs(settings) if has_classes or data.held_out is not None else None
        """None where nothing is measured beside the losses."""
        self._numpy_seconds = self._pytorch_seconds = 0.0
        self._side_by_side = side_by_side(settings)
        self.initial_parameters = self.parameters()
        self._initial_gap = compare_weights(self.initial_parameters)

    @property
    def finished(self) -> bool:
        """Whether no epoch is left to train."""
        return self.epoch >= self.settings.epochs or self.divergence is not None

    @property
    def seconds(self) -> dict[SideName, float]:
        """What the steps of each side have taken so far."""
        return {SideName.NUMPY: self._numpy_seconds, SideName.PYTORCH: self._pytorch_seconds}

    @property
    def taken(self) -> int:
        """How many batches lie behind it."""
        return self.epoch * self.batches + self.batch

    def take(self, count: int) -> int:
        """Train up to `count` more batches, not past the end of the epoch; returns how many."""
        if self.finished:
            return 0
        count = min(count, self.batches - self.batch)
        if self.batches > 1:
            with np.errstate(all="ignore"):
                for _ in range(count):
                    self._take_one()
        if self.batches in (1, self.batch):
            self.step(1)
        return count

    def step(self, count: int = 1) -> int:
        """Train to the end of up to `count` more epochs; returns how many were trained."""
        count = min(count, self.settings.epochs - self.epoch) if self.divergence is None else 0
        losses = np.empty((2, max(count, 0)))
        # Overflow is not an error here: it ends as a loss that is not finite, and is reported as a divergence.
        with np.errstate(all="ignore"):
            trained = self._train_and_note(losses)
            numpy_losses, pytorch_losses = losses[:, :trained]
            self._history.add(numpy_losses, pytorch_losses)
            self._losses.add(numpy_losses, pytorch_losses)
        if self._record is not None:
            self._record(numpy_losses, pytorch_losses)
        return trained

    def _train_and_note(self, losses: FloatArray) -> int:
        """Train, and measure where that is due; returns how many epochs were trained."""
        count, trained, measured = len(losses[0]), 0, self.measured_epochs
        while trained < count and self.divergence is None:
            block = count - trained if measured is None else measured.until_next(self.epoch)
            done = self._train(losses[:, trained : trained + block])
            trained += done
            self.epoch += done
            if measured is not None and self.divergence is None and measured.has(self.epoch):
                self._measure()
        return trained

    def _measure(self) -> None:
        """Both sides, after an epoch."""
        if self._accuracy is not None:
            self._accuracy.add(self.epoch, self.numpy.predict(), self.pytorch.predict())
        if self._validation is not None:
            self._validation.add(self.epoch, self.numpy.measure_held_out(), self.pytorch.measure_held_out())

    def _train(self, losses: FloatArray) -> int:
        isfinite = math.isfinite
        pair = self._both_at_once if self._side_by_side else self._in_turn
        epochs = self.numpy.step, self.pytorch.step
        for index in range(len(losses[0])):
            numpy_loss, pytorch_loss = self._finish() if self.batch else pair(*epochs)
            if not (isfinite(numpy_loss) and isfinite(pytorch_loss)):
                self._diverge(self.epoch + index + 1, numpy_loss, pytorch_loss)
                return index
            losses[0, index] = numpy_loss
            losses[1, index] = pytorch_loss
        return len(losses[0])

    def _finish(self) -> tuple[float, float]:
        """The rest of an epoch that has begun."""
        while self.batch < self.batches:
            self._take_one()
        self.batch = 0
        return self._of_epoch

    def _take_one(self) -> None:
        """The next batch on each side that has one left."""
        numpys, pytorchs = (self.batch < count for count in self._counts)
        numpy_loss, pytorch_loss = self._of_epoch
        if numpys and pytorchs:
            pair = self._both_at_once if self._side_by_side else self._in_turn
            found = pair(self.numpy.update, self.pytorch.update)
        elif numpys:
            found = self._timed_numpy(self.numpy.update), None
        else:
            found = None, self._timed_pytorch(self.pytorch.update)
        self.batch += 1
        self._of_epoch = (
            numpy_loss if found[0] is None else found[0],
            pytorch_loss if found[1] is None else found[1],
        )

    def _in_turn(self, numpys: Work, pytorchs: Work) -> tuple[Any, Any]:
        start = perf_counter()
        numpy_loss = numpys()
        middle = perf_counter()
        pytorch_loss = pytorchs()
        self._numpy_seconds += middle - start
        self._pytorch_seconds += perf_counter() - middle
        return numpy_loss, pytorch_loss

    def _both_at_once(self, numpys: Work, pytorchs: Work) -> tuple[Any, Any]:
        """Each on a core of its own, until PyTorch's is free to help; neither reads what the other computes."""
        beside = companion().begin(partial(self._timed_numpy, numpys))
        try:
            pytorch_loss = self._timed_pytorch(pytorchs)
        finally:
            # Whatever happens here, nothing of the step is left running.
            numpy_loss = beside.result()
        self._numpy_seconds += beside.seconds_helped
        return numpy_loss, pytorch_loss

    def _timed_numpy(self, work: Work) -> Any:
        start = perf_counter()
        # What is an error is set for each thread apart.
        with np.errstate(all="ignore"):
            loss = work()
        self._numpy_seconds += perf_counter() - start
        return loss

    def _timed_pytorch(self, work: Work) -> Any:
        start = perf_counter()
        loss = work()
        self._pytorch_seconds += perf_counter() - start
        return loss

    def _diverge(self, epoch: int, numpy_loss: float, pytorch_loss: float) -> None:
        side = SideName.PYTORCH if math.isfinite(numpy_loss) else SideName.NUMPY
        value = pytorch_loss if side is SideName.PYTORCH else numpy_loss
        self.divergence = Divergence(side, epoch, value)

    def curves(self) -> Curves:
        """Copies of the curves so far."""
        return self._history.curves()

    def accuracy(self) -> AccuracyCurves | None:
        """Copies of both sides' accuracy so far; none where there are no classes."""
        return None if self._accuracy is None else self._accuracy.curves()

    def validation(self) -> ValidationCurves | None:
        """Copies of how both did on the rows held out so far; none where no row is."""
        return None if self._validation is None else self._validation.curves()

    def scores(self) -> Scores | None:
        """How both answer at the present weights; none where there are no classes."""
        if self._accuracy is None:
            return None
        with np.errstate(all="ignore"):
            return Scores.of(self.settings.data, self.numpy.predict(), self.pytorch.predict())

    def parameters(self) -> tuple[ParameterPair, ...]:
        """Copies of both sides' parameters, by name."""
        return pair_parameters(self.numpy.parameters(), self.pytorch.parameters())

    def comparison(self, parameters: tuple[ParameterPair, ...]) -> Comparison:
        """How far the sides are apart so far; `parameters` are those of now."""
        weights = compare_weights(parameters, self.initial_parameters)
        return Comparison(self._losses.gap, self._initial_gap, weights)
