"""Which number a program logs: a loss of the steps' batches, before or after their update, or of the whole set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.diagnosis.gradients import Reading, network_of, parameters_at
from engine.diagnosis.observed import Observed
from engine.experiment.batch_rules import EpochLoss
from engine.experiment.choices import LoggedPenalty, LogMoment, LossReport, Objective, Precision
from engine.experiment.settings import OWN_LOSS
from engine.experiment.side import own_report
from engine.networks.numpy_mlp import NumpyMLP
from engine.types import FloatArray

LEAST_VALUES = 3
"""Fewer may be anything."""


@dataclass(frozen=True)
class LoggedNumber:
    """What one series of numbers is: by its name in the program."""

    name: str
    report: LossReport
    moment: LogMoment
    epoch_loss: EpochLoss
    penalty: LoggedPenalty

    @property
    def fields(self) -> dict[str, object]:
        """Of a side."""
        return {
            "loss_report": self.report,
            "log_moment": self.moment,
            "epoch_loss": self.epoch_loss,
            "logged_penalty": self.penalty,
        }


def logged_numbers(observed: Observed, reading: Reading) -> tuple[LoggedNumber, ...]:
    """Of each series that is one of the known numbers."""
    found = []
    series = {name: values for name, values in observed.recording.logged.items() if _is_told(values)}
    if series:
        known = list(_known(observed, reading))
        for name, values in series.items():
            for kind, expected in known:
                if _is_same(observed, values, expected):
                    found.append(replace(kind, name=name))
                    break
    return tuple(found)


def _is_told(values: FloatArray) -> bool:
    told = values[np.isfinite(values)]
    return len(told) >= LEAST_VALUES and bool(np.ptp(told) > 0)


def _is_same(observed: Observed, values: FloatArray, expected: FloatArray) -> bool:
    told = np.isfinite(values)
    allowed = 1e-9 if observed.eps < 1e-10 else 1e-4
    with np.errstate(all="ignore"):
        return bool((np.abs(values - expected)[told] <= allowed * np.abs(expected)[told]).all())


def _known(observed: Observed, reading: Reading) -> Iterator[tuple[LoggedNumber, FloatArray]]:
    """The numbers that the network could log, (T,) each: its own objective first."""
    own = own_report(reading.side)
    reports = [one for one in LossReport if _possible(reading, one)]
    reports.sort(key=lambda one: one is not own)
    penalties = [LoggedPenalty.LEFT_OUT]
    if reading.side.weight_decay.rate > 0:
        penalties.append(LoggedPenalty.ADDED)
    for report in reports:
        for penalty in penalties:
            side = replace(reading.side, loss_report=report, logged_penalty=penalty, precision=Precision.FLOAT64)
            yield from _of_report(
                observed,
                replace(reading, side=side),
                LoggedNumber("", report, LogMoment.BEFORE, EpochLoss.MEAN, penalty),
            )


def _possible(reading: Reading, report: LossReport) -> bool:
    return not report.of_probabilities or reading.activations[-1] in OWN_LOSS


def _of_report(observed: Observed, reading: Reading, kind: LoggedNumber) -> Iterator[tuple[LoggedNumber, FloatArray]]:
    recording = observed.recording
    batches = list(zip(recording.inputs, recording.targets, strict=True))
    before = _series(observed, reading, 0, batches)
    yield kind, before
    after = _series(observed, reading, 1, batches)
    yield replace(kind, moment=LogMoment.AFTER), after
    epoch = observed.batches_of_epoch
    if 1 < epoch <= recording.steps // LEAST_VALUES:
        yield replace(kind, epoch_loss=EpochLoss.MEAN), _of_epochs(before, epoch)
        whole = [np.concatenate(one[:epoch]) for one in (recording.inputs, recording.targets)]
        yield (
            replace(kind, epoch_loss=EpochLoss.WHOLE),
            _series(observed, reading, 1, [(whole[0], whole[1])] * recording.steps),
        )


def _of_epochs(losses: FloatArray, epoch: int) -> FloatArray:
    """The mean over each epoch's batches, at its last step, and at the others what it was."""
    found = np.full(len(losses), np.nan)
    for end in range(epoch, len(losses) + 1, epoch):
        found[end - 1] = losses[end - epoch : end].mean()
    return found


def _series(
    observed: Observed, reading: Reading, later: int, batches: list[tuple[FloatArray, FloatArray]]
) -> FloatArray:
    """Of each step's batch, at the weights so many steps later."""
    network = network_of(observed.recording, reading, *parameters_at(observed.recording, 0), NumpyMLP)
    found = []
    with np.errstate(all="ignore"):
        for step, (X, Y) in enumerate(batches):
            network.W, network.b = parameters_at(observed.recording, step + later)
            z, layer = network.forward(X.astype(np.float64))
            found.append(float(network.log(z[network.L], layer[network.L], Y.astype(np.float64))))
    return np.array(found)


def speaks_for(numbers: tuple[LoggedNumber, ...], objective: Objective) -> bool | None:
    """Whether what is logged is of that objective's kind; none where nothing is known of it."""
    if not numbers:
        return None
    return any(one.report.of_probabilities for one in numbers) is (objective is not Objective.SQUARED_ERROR)
