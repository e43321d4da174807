"""A reading trained freely from the recorded first weights, never corrected, beside the recording: by hand, in NumPy.

The same in PyTorch is `torch_proof.py`'s.
"""

from __future__ import annotations

import math

import numpy as np

from engine.diagnosis.gradients import Reading, network_of
from engine.diagnosis.observed import Observed
from engine.diagnosis.recording import Recording
from engine.experiment.choices import Precision
from engine.experiment.side import Side
from engine.networks.numpy_mlp import Arrays
from engine.networks.places import Kind
from engine.types import FloatArray


def rates_of(side: Side, steps: int, batches_of_epoch: int) -> list[float]:
    """The learning rate of each step."""
    per_batch = side.schedule.per_batch
    runs = steps if per_batch else max(1, math.ceil(steps / batches_of_epoch))
    return [
        float(side.schedule.rate_at(side.learning_rate, step if per_batch else step // batches_of_epoch, runs))
        for step in range(steps)
    ]


def started(recording: Recording, precision: Precision) -> tuple[Arrays, Arrays]:
    """The recorded first weights and biases, copies in the memory order of the program."""
    dtype: type[np.float32] | type[np.float64] = np.float64 if precision is Precision.FLOAT64 else np.float32
    W: Arrays = {}
    b: Arrays = {}
    for index, layer in enumerate(recording.layers):
        weight = recording.weight(index, 0)
        kept: FloatArray = np.array(weight.T if layer.transposed else weight, dtype, order="C")
        W[index + 1] = kept.T if layer.transposed else kept
        bias = recording.bias(index, 0)
        if bias is not None:
            b[index + 1] = np.array(bias, dtype)
    return W, b


def gaps_of(observed: Observed, reading: Reading, stop_over: float = math.inf, steps: int | None = None) -> FloatArray:
    """How far the free run is from the recording after each step, (T,), or after the first ones: the largest difference
    of any number, of its tensor's scale. It ends early once it is over `stop_over`.
    """
    recording, side = observed.recording, reading.side
    network = network_of(recording, reading, *started(recording, side.precision))
    batch_type: type[np.float32] | type[np.float64] = np.float32 if side.precision is Precision.FLOAT32 else np.float64
    rates = rates_of(side, recording.steps, observed.batches_of_epoch)
    gaps: list[float] = []
    with np.errstate(all="ignore"):
        for step, rate in enumerate(rates[:steps]):
            X: FloatArray = recording.inputs[step].astype(batch_type)
            Y: FloatArray = recording.targets[step].astype(batch_type)
            network.step(X, Y, rate, step + 1)
            gaps.append(gap_to(observed, step + 1, network.W, network.b))
            if not gaps[-1] <= stop_over:
                break
    return np.array(gaps)


def gap_to(observed: Observed, step: int, W: Arrays, b: Arrays) -> float:
    """Of these parameters, weights (fan_in, fan_out), to those recorded before a step."""
    worst = 0.0
    for place, recorded in observed.parameters.items():
        mine = (W if place.kind is Kind.WEIGHT else b)[place.layer]
        difference = float(np.abs(np.ravel(mine) - recorded[step]).max()) / observed.scales[place]
        worst = math.inf if math.isnan(difference) else max(worst, difference)
    return worst
