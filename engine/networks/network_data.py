"""What a network is given of the data: inputs and targets in its type, the inputs on its scale.

In NumPy for both sides, whose programs come to the same bits: each input is subtracted from and divided once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.experiment.choices import InputScale, Precision
from engine.experiment.data import Dataset
from engine.experiment.input_scales import Columns, columns_of
from engine.experiment.side import Side
from engine.types import FloatArray


@dataclass(frozen=True, eq=False)
class InputForm:
    """What a side's network makes of inputs: its type, and the `columns` that they are scaled by."""

    dtype: type[np.float32] | type[np.float64]
    columns: Columns | None = None
    """What is subtracted from each and what it is then divided by, (D,) both."""

    @classmethod
    def of(cls, data: Dataset, side: Side) -> InputForm:
        """Float64 for mixed precision, that of activations."""
        dtype = np.float32 if side.precision is Precision.FLOAT32 else np.float64
        if side.input_scale is InputScale.RAW:
            return cls(dtype)
        return cls(dtype, columns_of(data, as_type(data.X, dtype), side.input_scale))

    def inputs(self, X: FloatArray) -> FloatArray:
        """X (N, D) as the network gets it, scaled by what the data have been."""
        X = as_type(X, self.dtype)
        if self.columns is None:
            return X
        subtracted, divisor = self.columns
        with np.errstate(all="ignore"):
            scaled: FloatArray = (X - subtracted) / divisor
            return scaled


@dataclass(frozen=True, eq=False)
class NetworkData:
    """X (N, D) and Y (N, C) as a side's network gets them, those of the rows held out if there are some, and how it
    gets other inputs. What needs no change are the data's own read-only arrays.
    """

    X: FloatArray
    Y: FloatArray
    form: InputForm
    held_out: tuple[FloatArray, FloatArray] | None = None

    @classmethod
    def of(cls, data: Dataset, side: Side) -> NetworkData:
        """Those of a data set."""
        form = InputForm.of(data, side)
        held_out = None
        if data.held_out is not None:
            held_out = form.inputs(data.held_out.X), as_type(data.held_out.Y, form.dtype)
        return cls(form.inputs(data.X), as_type(data.Y, form.dtype), form, held_out)


def as_type(array: FloatArray, dtype: type[np.float32] | type[np.float64]) -> FloatArray:
    """The array itself where it is of that type; what float32 cannot hold becomes infinite, as in PyTorch, and the run
    diverges.
    """
    with np.errstate(over="ignore"):
        found: FloatArray = array.astype(dtype, copy=False)
        return found
