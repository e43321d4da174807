"""The hand-written network for many runs at once: `numpy_mlp.py`'s own functions over a stack of arrays.

In float64 every run has the bits of the same run alone. No arithmetic of a step is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.experiment.settings import Settings
from engine.networks.numpy_mlp import NumpyMLP
from engine.networks.numpy_model import build_network, data_arrays, record_step
from engine.networks.places import Kind, Place, Tensors
from engine.networks.recording import Recording
from engine.networks.replay import Replay
from engine.networks.stacked_arrays import RecordedStack, StackedNumber, stacked
from engine.networks.stacked_runs import StackedRun
from engine.types import FloatArray


class NumpyStack:
    """R runs of one structure; weights are (R, fan_in, fan_out), activations (R, N, fan_out)."""

    def __init__(self, settings: Settings, runs: Sequence[StackedRun]) -> None:
        sides = [run.side for run in runs]
        self._X, self._Y = data_arrays(replace(settings, numpy=sides[0]))
        networks = [build_network(settings, run.side, run.start(settings)) for run in runs]
        layers = range(1, networks[0].L + 1)
        self._network = NumpyMLP(
            _stacked(sides),
            networks[0].activations,
            {i: stacked([network.W[i] for network in networks]) for i in layers},
            {i: stacked([network.b[i] for network in networks]) for i in layers if sides[0].bias},
        )
        self._learning_rate: Any = StackedNumber.of([side.learning_rate for side in sides])
        self._taken = 0
        self._replay: Replay | None = None

    def step(self) -> tuple[FloatArray, FloatArray]:
        """As `Stack.step`."""
        self._taken += 1
        error = self._prediction() - self._Y
        flat = error.reshape(len(error), -1)
        mean_square = np.einsum("re,re->r", flat, flat) / flat.shape[1]
        return mean_square.astype(np.float64), flat.mean(axis=1).astype(np.float64)

    def _prediction(self) -> FloatArray:
        """Of the weights before a step that is then taken; the second is recorded, and run again from then on."""
        if self._replay is not None:
            self._replay.run({})
            return self._replay.outputs[0]
        network, L = self._network, self._network.L
        numbers = {"learning_rate": self._learning_rate, "t": self._taken}
        if self._taken == 1:
            return np.asarray(network.step(self._X, self._Y, **numbers).layer[L])
        recording = Recording(RecordedStack)
        step, carried = record_step(recording, network, self._X, self._Y, numbers)
        prediction = recording.use(step.layer[L]).value
        self._replay = Replay(recording, carried, [prediction])
        return prediction.array

    def parameters(self) -> Tensors:
        """As `Stack.parameters`."""
        found: Tensors = {}
        for i, weight in self._network.W.items():
            outward = np.array(weight, np.float64).mT
            found[Place(Kind.WEIGHT, i)] = outward
            bias = self._network.b.get(i)
            lacking = np.zeros(outward.shape[:2])
            found[Place(Kind.BIAS, i)] = lacking if bias is None else np.array(bias[:, 0], np.float64)
        return found


def _stacked(values: Sequence[Any]) -> Any:
    """A side, or a part of one, for all runs: choices as they are in each, numbers by run."""
    first = values[0]
    if is_dataclass(first):
        names = [field.name for field in fields(first)]
        return SimpleNamespace(**{name: _stacked([getattr(value, name) for value in values]) for name in names})
    return StackedNumber.of(list(values)) if isinstance(first, float) else first
