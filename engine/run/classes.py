"""Classification: which class each side answers, how often it is right, and how often both answer the same.

Outputs and targets are (N, C): one column for each class, or a single one of 0 and 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.experiment.choices import Objective
from engine.experiment.settings import Settings
from engine.types import FloatArray

Classes = NDArray[np.int64]
"""(N,): the number of each sample's class, from 0; `UNKNOWN` where an output is no number."""

UNKNOWN = -1


def is_class_problem(settings: Settings) -> bool:
    """Whether samples belong to classes: the data name them, or a side is trained on a cross-entropy."""
    sides = (settings.numpy, settings.pytorch)
    return bool(settings.data.classes) or any(side.objective is not Objective.SQUARED_ERROR for side in sides)


def class_names(settings: Settings) -> tuple[str, ...]:
    """Of each class, in the order of their numbers."""
    data = settings.data
    return data.classes or tuple(map(str, range(max(2, data.outputs))))


def classes_of(outputs: FloatArray) -> Classes:
    """The class of each sample: its largest output's, the first of equals; of a single output whether it is over ½."""
    found: Classes = outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).astype(np.int64)
    # One not-a-number makes the sum one.
    return found if np.isfinite(outputs.sum()) else np.where(np.isnan(outputs).any(axis=1), UNKNOWN, found)


def share_right(outputs: FloatArray, targets: Classes) -> float:
    """The share of samples whose class is the target's (N,), from 0 to 1."""
    return np.count_nonzero(classes_of(outputs) == targets) / len(targets)


def agreement(numpy: FloatArray, pytorch: FloatArray) -> int:
    """On how many samples both answer the same class."""
    ours, theirs = classes_of(numpy), classes_of(pytorch)
    return int(np.count_nonzero((ours == theirs) & (ours != UNKNOWN)))


def same_class_words(same: int, samples: int) -> str:
    """'same class for 148 of 150', 'same class for all 150'."""
    return f"same class for {'all' if same == samples else f'{same:,} of'} {samples:,}"
