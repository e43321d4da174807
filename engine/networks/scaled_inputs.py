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
class Columns:
    """The least value of each input and its range, (D,) both; a range of 1 where an input is the same everywhere."""

    least: FloatArray
    range: FloatArray

    @classmethod
    def of(cls, X: FloatArray) -> Columns:
        """Those of X (N, D)."""
        found = X.max(axis=0) - X.min(axis=0)
        found[found == 0] = 1
        return cls(X.min(axis=0), found)

    def to_unit(self, X: FloatArray) -> FloatArray:
        """X (N, D) with each column from 0 to 1."""
        scaled: FloatArray = (X - self.least) / self.range
        return scaled


@dataclass(frozen=True, eq=False)
class NetworkData:
    """X (N, D) and Y (N, C) as a side's network gets them; nothing for `columns` where inputs stay as they are."""

    X: FloatArray
    Y: FloatArray
    columns: Columns | None = None

    @classmethod
    def of(cls, data: Dataset, side: Side) -> NetworkData:
        """In float64 for mixed precision, that of activations."""
        dtype = np.float32 if side.precision is Precision.FLOAT32 else np.float64
        # What float32 cannot hold becomes infinite, as in PyTorch, and the run diverges.
        with np.errstate(all="ignore"):
            X: FloatArray = data.X.astype(dtype)
            Y: FloatArray = data.Y.astype(dtype)
            if side.input_scale is InputScale.RAW:
                return cls(X, Y)
            columns = Columns.of(X)
            return cls(columns.to_unit(X), Y, columns)

    def inputs(self, X: FloatArray) -> FloatArray:
        """Other inputs (N, D), scaled by the data's own least values and ranges."""
        with np.errstate(all="ignore"):
            X = X.astype(self.X.dtype)
            return X if self.columns is None else self.columns.to_unit(X)
