"""What multiplies the gradient of a sum, by the reduction of a side and the sizes of a batch."""

from __future__ import annotations

from dataclasses import dataclass

from engine.experiment.choices import Objective, Reduction
from engine.experiment.side import Side

UNHALVED = (Reduction.MEAN, Reduction.TWICE_MEAN, Reduction.MEAN_OF_SUMS, Reduction.PER_OUTPUT)
"""Reductions of squared errors that are not halved, but for twice the sum."""


@dataclass(frozen=True)
class Sizes:
    """Of a batch: N samples of D inputs and C outputs, out of M in all."""

    samples: int
    inputs: int
    outputs: int
    data_samples: int


def gradient_factor(side: Side, sizes: Sizes) -> float:
    """What multiplies e = prediction − target, or a cross-entropy's p − y: 1 for the sum; for the mean 2/(N·C) of
    squared errors, 1/(N·C) of a binary cross-entropy, 1/N of a cross-entropy.
    """
    squares = side.objective is Objective.SQUARED_ERROR and side.reduction in UNHALVED
    return (2.0 if squares else 1.0) / gradient_divisor(side, sizes)


def batch_size(side: Side, samples: int) -> int:
    """B: what a batch should have; the samples that it has where that is all."""
    return samples if isinstance(side.batch, str) else side.batch


def gradient_divisor(side: Side, sizes: Sizes) -> float:
    """What the costs of all outputs are divided by."""
    samples, outputs = sizes.samples, sizes.outputs
    mean = samples * (1 if side.objective is Objective.CROSS_ENTROPY else outputs)
    return {
        Reduction.SUM: 1.0,
        Reduction.TWICE_SUM: 0.5,
        Reduction.MEAN: mean,
        Reduction.TWICE_MEAN: mean / 2,
        Reduction.PER_SAMPLE: samples,
        Reduction.PER_SAMPLE_TWICE: samples**2,
        Reduction.PER_BATCH_SIZE: batch_size(side, samples),
        Reduction.PER_DATA_SET: sizes.data_samples,
        Reduction.PER_INPUT: sizes.inputs,
        Reduction.MEAN_OF_SUMS: samples,
        Reduction.PER_OUTPUT: outputs,
    }[side.reduction]
