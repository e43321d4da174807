"""A reading as an experiment: the recorded data, their side by hand, and in PyTorch the network that it means to be."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.diagnosis.gradients import Reading
from engine.diagnosis.meant import meant_side
from engine.diagnosis.observed import Observed
from engine.experiment.batch_rules import ALL
from engine.experiment.data import Dataset
from engine.experiment.settings import Activation, Settings
from engine.types import FloatArray


def experiment_of(observed: Observed, reading: Reading, logged: dict[str, Any]) -> Settings:
    """As long as the recording; raises `SettingsError` or `DataError` where no such experiment can be."""
    recording = observed.recording
    count = observed.batches_of_epoch
    X, Y = _rows(recording.inputs, count), _rows(recording.targets, count)
    batch: dict[str, Any] = {"batch": ALL if count == 1 else len(recording.inputs[0])}
    theirs = replace(reading.side, **{**logged, **batch, "bias": observed.biases})
    meant = replace(meant_side(Reading(reading.activations, theirs)), **batch)
    if not logged:
        # What is not known to be logged is no difference.
        theirs = replace(theirs, loss_report=meant.loss_report)
    name = Path(recording.program).stem or "recording"
    sizes = tuple(recording.weight(index, 0).shape[1] for index in range(observed.layers))
    return Settings(
        data=Dataset(name, X, Y),
        numpy=theirs,
        pytorch=meant,
        hidden=sizes[:-1],
        activation=reading.activations[:-1] or Activation.SIGMOID,
        output_activation=reading.activations[-1],
        epochs=math.ceil(recording.steps / count),
    )


def _rows(batches: tuple[FloatArray, ...], count: int) -> FloatArray:
    """Those of an epoch, one batch after the other."""
    rows: FloatArray = np.concatenate(batches[:count]).astype(np.float64)
    return rows
