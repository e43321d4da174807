"""What both networks answer: for the data, and on a map of the plane when there are two inputs and one output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.experiment.data import Dataset
from engine.run.lockstep import Model
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
    """Both outputs (N, C) for the data, and the map if there can be one."""

    numpy: FloatArray
    pytorch: FloatArray
    map: PredictionMap | None


def can_be_mapped(data: Dataset) -> bool:
    """Whether a plane shows all of it: two inputs, one output."""
    return (data.inputs, data.outputs) == (2, 1)


def predictions_of(data: Dataset, numpy: Model, pytorch: Model) -> Predictions:
    """What the models answer at their present weights."""
    with np.errstate(all="ignore"):
        plane = _map(data, numpy, pytorch) if can_be_mapped(data) else None
        return Predictions(numpy.predict(), pytorch.predict(), plane)


def _map(data: Dataset, numpy: Model, pytorch: Model) -> PredictionMap:
    x_range, y_range = (_range(data.X[:, column]) for column in range(2))
    x, y = (np.linspace(*ends, MAP_SIDE) for ends in (x_range, y_range))
    points = np.column_stack([axis.ravel() for axis in np.meshgrid(x, y)])
    outputs = [model.predict(points).reshape(MAP_SIDE, MAP_SIDE) for model in (numpy, pytorch)]
    return PredictionMap(x_range, y_range, outputs[0], outputs[1])


def _range(values: FloatArray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * (high - low) or 1.0
    return low - margin, high + margin
