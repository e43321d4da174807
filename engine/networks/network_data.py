"""What a network is given of the data: inputs and targets in its type, the inputs on its scale.

In NumPy for both sides, whose programs come to the same bits: each input is subtracted from and divided once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.experiment.choices import InputScale, Precision
from engine.experiment.data import Dataset
from engine.experiment.side import Side
from engine.types import FloatArray


@dataclass(frozen=True, eq=False)
class InputForm:
    """What a side's network makes of inputs: its type, and where there are `columns` each from 0 to 1."""

    dtype: type[np.float32] | type[np.float64]
    columns: tuple[FloatArray, FloatArray] | None = None
    """The least value of each and its span, (D,) both; the span is 1 where a column is the same everywhere."""

    @classmethod
    def of(cls, data: Dataset, side: Side) -> InputForm:
        """Float64 for mixed precision, that of activations."""
        dtype = np.float32 if side.precision is Precision.FLOAT32 else np.float64
        if side.input_scale is InputScale.RAW:
            return cls(dtype)
        X = as_type(data.X, dtype)
        least = X.min(axis=0)
        with np.errstate(all="ignore"):
            span = X.max(axis=0) - least
        span[span == 0] = 1
        return cls(dtype, (least, span))

    def inputs(self, X: FloatArray) -> FloatArray:
        """X (N, D) as the network gets it, by the least values and spans of the data."""
        X = as_type(X, self.dtype)
        if self.columns is None:
            return X
        least, span = self.columns
        with np.errstate(all="ignore"):
            scaled: FloatArray = (X - least) / span
            return scaled


@dataclass(frozen=True, eq=False)
class NetworkData:
    """X (N, D) and Y (N, C) as a side's network gets them, and how it gets other inputs. What needs no change are the
    data's own read-only arrays.
    """

    X: FloatArray
    Y: FloatArray
    form: InputForm

    @classmethod
    def of(cls, data: Dataset, side: Side) -> NetworkData:
        """Those of a data set."""
        form = InputForm.of(data, side)
        return cls(form.inputs(data.X), as_type(data.Y, form.dtype), form)


def as_type(array: FloatArray, dtype: type[np.float32] | type[np.float64]) -> FloatArray:
    """The array itself where it is of that type; what float32 cannot hold becomes infinite, as in PyTorch, and the run
    diverges.
    """
    with np.errstate(over="ignore"):
        found: FloatArray = array.astype(dtype, copy=False)
        return found
