"""What both networks answer: for the data, and on a map of the plane when there are two inputs and one output, or
classes. What class an output is lives in `class_answers.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.experiment.settings import Settings
from engine.run.class_answers import ClassAnswers, ClassMap, class_answers, classes_differ
from engine.run.classes import classes_of, is_class_problem
from engine.run.model_pair import Model
from engine.types import FloatArray

MAP_SIDE = 48
"""Points of a map along each input."""

MARGIN = 0.15
"""How far a map reaches beyond the data, as a share of their range."""


@dataclass(frozen=True)
class PredictionMap:
    """Both outputs on a grid: row i is the i-th value of the second input from below, column j of the first."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    numpy: FloatArray
    pytorch: FloatArray


@dataclass(frozen=True)
class Predictions:
    """Both outputs (N, C) for the data, and the map if there can be one; for classes, `classes` has a map of those."""

    numpy: FloatArray
    pytorch: FloatArray
    map: PredictionMap | None
    classes: ClassAnswers | None = None


def can_be_mapped(settings: Settings) -> bool:
    """Whether a plane shows all of it: two inputs, and one output or classes."""
    return settings.data.inputs == 2 and (settings.data.outputs == 1 or is_class_problem(settings))


def predictions_of(settings: Settings, numpy: Model, pytorch: Model) -> Predictions:
    """What the models answer at their present weights."""
    with np.errstate(all="ignore"):
        outputs = numpy.predict(), pytorch.predict()
        mapped = can_be_mapped(settings)
        if not is_class_problem(settings):
            return Predictions(*outputs, _map(settings, numpy, pytorch) if mapped else None)
        plane = _class_map(settings, numpy, pytorch) if mapped else None
        return Predictions(*outputs, None, class_answers(settings, *outputs, plane))


def _map(settings: Settings, numpy: Model, pytorch: Model) -> PredictionMap:
    x_range, y_range, points = _points(settings.data.X)
    outputs = [model.predict(points).reshape(MAP_SIDE, MAP_SIDE) for model in (numpy, pytorch)]
    return PredictionMap(x_range, y_range, *outputs)


def _class_map(settings: Settings, numpy: Model, pytorch: Model) -> ClassMap:
    x_range, y_range, points = _points(settings.data.X)
    ours, theirs = (classes_of(model.predict(points)).reshape(MAP_SIDE, MAP_SIDE) for model in (numpy, pytorch))
    return ClassMap(x_range, y_range, ours, theirs, classes_differ(ours, theirs))


def _points(X: FloatArray) -> tuple[tuple[float, float], tuple[float, float], FloatArray]:
    """The range of each input, and the points of the map (MAP_SIDE², 2), row by row from below."""
    x_range, y_range = (_range(X[:, column]) for column in range(2))
    x, y = (np.linspace(*ends, MAP_SIDE) for ends in (x_range, y_range))
    return x_range, y_range, np.column_stack([axis.ravel() for axis in np.meshgrid(x, y)])


def _range(values: FloatArray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * (high - low) or 1.0
    return low - margin, high + margin
