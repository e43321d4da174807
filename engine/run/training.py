"""`train`: one whole experiment, headless, and what came out of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.experiment.choices import SideName
from engine.experiment.devices import device_fault
from engine.experiment.settings import Settings
from engine.networks.places import Tensors
from engine.run.accuracy import AccuracyCurves, Scores
from engine.run.comparison import Comparison, ParameterPair, pair_parameters
from engine.run.divergence import Cause, Divergence, find_cause
from engine.run.history import History
from engine.run.lockstep import Lockstep
from engine.run.result import Result
from engine.run.validation import ValidationCurves
from engine.run.verdict import Verdict, judge
from engine.types import FloatArray

BLOCK = 500
"""Epochs trained between two reports of progress."""


@dataclass(frozen=True)
class Progress:
    """Where a run is: the last epoch trained and its losses."""

    epoch: int
    epochs: int
    numpy_loss: float
    pytorch_loss: float


@dataclass(frozen=True)
class SideRun:
    """What one side did: `losses` is float64 with one entry per epoch trained; parameters are in PyTorch's
    orientation and order: weight (fan_out, fan_in), bias (fan_out,), weight, ...
    """

    losses: FloatArray
    initial_parameters: Tensors
    parameters: Tensors


@dataclass(frozen=True)
class Run:
    """One finished experiment. After a divergence the losses end with the last epoch at which both were finite."""

    settings: Settings
    numpy: SideRun
    pytorch: SideRun
    comparison: Comparison
    verdict: Verdict
    divergence: Divergence | None
    cause: Cause | None
    """Of the divergence, if there is one."""
    seconds: float
    accuracy: AccuracyCurves | None
    """Of both sides at some epochs; none where there are no classes."""
    validation: ValidationCurves | None
    """Of both sides on the rows held out, after some epochs; none where no row is."""
    scores: Scores | None
    """How both answer in the end."""
    step_seconds: dict[SideName, float]
    """What the steps of each side have taken in all; where both are computed at once, more together than `seconds`."""

    @property
    def initial_parameters(self) -> tuple[ParameterPair, ...]:
        """Both sides' first parameters, by name."""
        return pair_parameters(self.numpy.initial_parameters, self.pytorch.initial_parameters)

    @property
    def parameters(self) -> tuple[ParameterPair, ...]:
        """Both sides' last parameters, by name."""
        return pair_parameters(self.numpy.parameters, self.pytorch.parameters)


def train(settings: Settings, on_progress: Callable[[Progress], None] | None = None) -> Run:
    """Train both sides for all epochs. `on_progress` is called every few hundred epochs and at the end.

    Raises `DeviceError` when PyTorch does not have the device.
    """
    from engine.networks.torch_threads import limited

    try:
        with limited(settings):
            return _train(settings, on_progress)
    except Exception as error:
        fault = device_fault(error, settings.device)
        if fault is None:
            raise
        raise fault from error


def _train(settings: Settings, on_progress: Callable[[Progress], None] | None) -> Run:
    blocks: list[tuple[FloatArray, FloatArray]] = []
    lockstep = Lockstep(settings, record=lambda *block: blocks.append(block))
    numpy_start, pytorch_start = lockstep.numpy.parameters(), lockstep.pytorch.parameters()
    started = time.perf_counter()
    while not lockstep.finished:
        lockstep.step(BLOCK)
        if on_progress is not None and len(blocks[-1][0]):
            numpy_losses, pytorch_losses = blocks[-1]
            on_progress(Progress(lockstep.epoch, settings.epochs, float(numpy_losses[-1]), float(pytorch_losses[-1])))
    seconds = time.perf_counter() - started
    numpy_losses = np.concatenate([numpy_block for numpy_block, _ in blocks])
    pytorch_losses = np.concatenate([pytorch_block for _, pytorch_block in blocks])
    comparison = lockstep.comparison(lockstep.parameters())
    divergence = lockstep.divergence
    cause = None if divergence is None else find_cause(settings, divergence, lockstep.build)
    scores = lockstep.scores()
    return Run(
        settings=settings,
        numpy=SideRun(numpy_losses, numpy_start, lockstep.numpy.parameters()),
        pytorch=SideRun(pytorch_losses, pytorch_start, lockstep.pytorch.parameters()),
        comparison=comparison,
        verdict=judge(settings, comparison, divergence, cause, scores),
        divergence=divergence,
        cause=cause,
        seconds=seconds,
        accuracy=lockstep.accuracy(),
        validation=lockstep.validation(),
        scores=scores,
        step_seconds=dict(lockstep.seconds),
    )


def result_of(run: Run) -> Result:
    """What an export of the run is made of: every epoch's losses, none grouped."""
    history = History(capacity=max(2, len(run.numpy.losses) + len(run.numpy.losses) % 2))
    history.add(run.numpy.losses, run.pytorch.losses)
    return Result(
        run.settings,
        history.curves(),
        run.initial_parameters,
        run.parameters,
        run.comparison,
        run.verdict,
    )
