"""What class both networks answer, and how sure of it they are: for each sample, and on a map of the plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.experiment.settings import Settings
from engine.run.classes import UNKNOWN, Classes, class_names, classes_of
from engine.types import FloatArray


@dataclass(frozen=True, eq=False)
class SideAnswers:
    """One side's class of each sample and its output of that class, NaN where there is none."""

    classes: Classes
    probabilities: FloatArray


@dataclass(frozen=True, eq=False)
class ClassMap:
    """Both classes on a grid: row i is the i-th value of the second input from below, column j of the first."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    numpy: Classes
    pytorch: Classes
    differ: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ClassAnswers:
    """Both sides' answers, and the target's class of each sample.

    `order` numbers the samples as they are to be read: those on which the sides differ first. `differing` is how many.
    """

    names: tuple[str, ...]
    targets: Classes
    numpy: SideAnswers
    pytorch: SideAnswers
    order: NDArray[np.int64]
    differing: int
    map: ClassMap | None

    def differs(self, sample: int) -> bool:
        """Whether the sides do not answer the same class for this sample."""
        return bool(classes_differ(self.numpy.classes[sample], self.pytorch.classes[sample]))


def class_answers(settings: Settings, numpy: FloatArray, pytorch: FloatArray, plane: ClassMap | None) -> ClassAnswers:
    """Of both sides' outputs (N, C) for the data of a class problem."""
    ours, theirs = side_answers(numpy), side_answers(pytorch)
    differ = classes_differ(ours.classes, theirs.classes)
    order = np.concatenate([np.flatnonzero(differ), np.flatnonzero(~differ)])
    targets = classes_of(settings.data.Y)
    return ClassAnswers(class_names(settings), targets, ours, theirs, order, int(np.count_nonzero(differ)), plane)


def side_answers(outputs: FloatArray) -> SideAnswers:
    """The classes and their outputs; of a single column p, that of class 1 is p and that of class 0 is 1 − p."""
    classes = classes_of(outputs)
    if outputs.shape[1] > 1:
        answered = np.take_along_axis(outputs, np.maximum(classes, 0)[:, None], axis=1)[:, 0]
    else:
        answered = np.where(classes == 1, outputs[:, 0], 1 - outputs[:, 0])
    return SideAnswers(classes, np.where(classes == UNKNOWN, np.nan, answered))


def classes_differ(numpy: Classes, pytorch: Classes) -> NDArray[np.bool_]:
    """Where the classes are not the same; an unknown class is no other's, not even an unknown one's."""
    differ: NDArray[np.bool_] = (numpy != pytorch) | (numpy == UNKNOWN)
    return differ
