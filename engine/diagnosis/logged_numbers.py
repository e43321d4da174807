"""Which number a program logs: a loss of the steps' batches, before or after their update, or of the whole set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from engine.diagnosis.gradients import Reading, forward_of, network_of
from engine.diagnosis.made_arrays import NAME
from engine.diagnosis.observed import Observed
from engine.diagnosis.recording import Recording
from engine.diagnosis.stacked_steps import stacked_steps
from engine.experiment.batch_rules import EpochLoss
from engine.experiment.choices import LoggedPenalty, LogMoment, LossReport, Objective, Precision
from engine.experiment.settings import OWN_LOSS
from engine.experiment.side import own_report
from engine.types import FloatArray

CALLED_LOSS = re.compile(r"(?i)loss|cost|err|entropy|mse|nll|(^|\W|_)j(\W|_|$)|objective")
"""What people call a loss."""

SURELY_LOSS = re.compile(r"(?i)loss|cost|(^|\W|_)j(\W|_|$)")
"""And nothing else."""

MOST_UNREAD = 2

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
    of_epochs: bool = False
    """Whether there is one of each epoch, of several batches."""

    @property
    def is_named(self) -> bool:
        """Whether it is a variable's, or what a function gives back: an expression may be a part of what is logged."""
        return NAME.fullmatch(self.name) is not None and not self.name.startswith(("args", "kwargs"))

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
    # What is made of all batches is what is logged; those of single batches are on the way to it.
    return tuple(
        sorted(found, key=lambda one: (not one.is_named, CALLED_LOSS.search(one.name) is None, not one.of_epochs))
    )


def unread_losses(recording: Recording, read: Sequence[LoggedNumber]) -> list[str]:
    """What a program calls a loss, of which nothing was read though it changes; none where another was."""
    if any(CALLED_LOSS.search(one.name) for one in read):
        return []
    names = (name for name, values in recording.logged.items() if _is_told(values) and NAME.fullmatch(name))
    return sorted((name for name in names if SURELY_LOSS.search(name)), key=lambda name: "(" in name)[:MOST_UNREAD]


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
        penalties += [LoggedPenalty.ADDED, LoggedPenalty.TWICE]
    kinds = [
        LoggedNumber("", report, LogMoment.BEFORE, EpochLoss.MEAN, penalty)
        for report, penalty in product(reports, penalties)
        # Errors that are 0 on average would leave the penalty alone.
        if report is not LossReport.ERROR_TIMES_LOSS or penalty is LoggedPenalty.LEFT_OUT
    ]
    yield from _of_kinds(observed, reading, kinds)


def _possible(reading: Reading, report: LossReport) -> bool:
    return not report.of_probabilities or reading.activations[-1] in OWN_LOSS


def _of_kinds(
    observed: Observed, reading: Reading, kinds: Sequence[LoggedNumber]
) -> Iterator[tuple[LoggedNumber, FloatArray]]:
    """Each kind's of the batch before its update and after; where there are epochs, their mean and the whole set's."""
    recording, epoch = observed.recording, observed.batches_of_epoch
    wide = replace(reading.side, precision=Precision.FLOAT64)
    sides = [replace(wide, loss_report=kind.report, logged_penalty=kind.penalty) for kind in kinds]
    readings = [replace(reading, side=side) for side in sides]
    before = _series(observed, readings, 0, recording.batches)
    after = _series(observed, readings, 1, recording.batches)
    has_epochs = 1 < epoch <= recording.steps // LEAST_VALUES
    whole = after
    if has_epochs:
        X, Y = (np.concatenate(one[:epoch]) for one in (recording.inputs, recording.targets))
        whole = _series(observed, readings, 1, [(X, Y)] * recording.steps)
    for kind, of_before, of_after, of_whole in zip(kinds, before, after, whole, strict=True):
        yield kind, of_before
        yield replace(kind, moment=LogMoment.AFTER), of_after
        if has_epochs:
            samples = np.array([len(Y) for _, Y in recording.batches], np.float64)
            for shares in (np.ones(len(samples)), samples):
                yield replace(kind, of_epochs=True), _of_epochs(of_before, epoch, shares)
            yield replace(kind, epoch_loss=EpochLoss.WHOLE, of_epochs=True), of_whole


def _of_epochs(losses: FloatArray, epoch: int, shares: FloatArray) -> FloatArray:
    """The mean over each epoch's batches, each counted with its share, at its last step; of others there is none."""
    found = np.full(len(losses), np.nan)
    for end in range(epoch, len(losses) + 1, epoch):
        own = slice(end - epoch, end)
        found[end - 1] = np.average(losses[own], weights=shares[own])
    return found


def _series(
    observed: Observed, readings: Sequence[Reading], later: int, batches: Sequence[tuple[FloatArray, FloatArray]]
) -> list[FloatArray]:
    """What each logs of each step's batch, at the weights so many steps later; their networks are the same."""
    recording = observed.recording
    parameters = {place: one[later:] for place, one in observed.parameters.items()}
    found: list[list[FloatArray]] = [[] for _ in readings]
    with np.errstate(all="ignore"):
        for stack in stacked_steps(recording, parameters, batches):
            for reading, values in zip(readings, found, strict=True):
                network = network_of(recording, reading, stack.W, stack.b)
                z, layer = forward_of(recording, reading, stack)
                logged = network.log(z[network.L], layer[network.L], stack.Y)
                values.append(np.asarray(logged, np.float64).reshape(-1))
    return [np.concatenate(values) for values in found]


def speaks_for(numbers: tuple[LoggedNumber, ...], objective: Objective) -> bool | None:
    """Whether what is logged is of that objective's kind; none where nothing is known of it."""
    if not numbers:
        return None
    return any(one.report.of_probabilities for one in numbers) is (objective is not Objective.SQUARED_ERROR)
