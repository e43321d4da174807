"""The hand-written network for many runs at once: `numpy_mlp.py`'s own functions over a stack of arrays.

In float64 every run has the bits of the same run alone. No arithmetic of a step is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import fields, is_dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.experiment.choices import LossReport
from engine.experiment.settings import Settings
from engine.networks.network_data import NetworkData
from engine.networks.numpy_mlp import NumpyMLP, StepValues
from engine.networks.numpy_model import build_network, record_step
from engine.networks.places import Kind, Place, Tensors
from engine.networks.recording import Recording
from engine.networks.replay import Replay
from engine.networks.stacked_arrays import RecordedStack, StackedNumber, stacked
from engine.networks.stacked_runs import StackedRun
from engine.types import FloatArray


class NumpyStack:
    """R runs of one structure; weights are (R, fan_in, fan_out), activations (R, N, fan_out)."""

    def __init__(self, settings: Settings, runs: Sequence[StackedRun], reports: Sequence[LossReport]) -> None:
        sides = [run.side for run in runs]
        data = NetworkData.of(settings.data, sides[0])
        self._X, self._Y = data.X, data.Y
        networks = [build_network(settings, run.side, run.start(settings)) for run in runs]
        layers = range(1, networks[0].L + 1)
        side = _stacked(sides)
        self._network = NumpyMLP(
            side,
            networks[0].activations,
            networks[0].binary,
            {i: stacked([network.W[i] for network in networks]) for i in layers},
            {i: stacked([network.b[i] for network in networks]) for i in layers if i in networks[0].b},
        )
        self._reporting = [_with_side(self._network, side, loss_report=report) for report in reports]
        self._learning_rate: Any = StackedNumber.of([side.learning_rate for side in sides])
        self._taken = 0
        self._replay: Replay | None = None

    def step(self) -> FloatArray:
        """As `Stack.step`; the second step is recorded, and run again from then on."""
        self._taken += 1
        if self._replay is None:
            return _by_run(self._plain_step())
        self._replay.run({})
        return _by_run(self._replay.outputs)

    def _plain_step(self) -> list[FloatArray]:
        numbers = {"learning_rate": self._learning_rate, "t": self._taken}
        if self._taken == 1:
            step = self._network.step(self._X, self._Y, **numbers)
            return self._logged(step, self._Y)
        recording = Recording(RecordedStack)
        step, carried = record_step(recording, self._network, self._X, self._Y, numbers)
        logged = [recording.use(one).value for one in self._logged(step, recording.give(self._Y))]
        self._replay = Replay(recording, carried, logged)
        return [one.array for one in logged]

    def _logged(self, step: StepValues, Y: FloatArray) -> list[Any]:
        """What each report says of the weights before the step."""
        z, p = step.z[self._network.L], step.layer[self._network.L]
        error = p - Y
        return [network.report(error, z, p, Y) for network in self._reporting]

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


def _with_side(network: NumpyMLP, side: SimpleNamespace, **choices: Any) -> NumpyMLP:
    """The same network, with other choices."""
    other = copy(network)
    other.side = SimpleNamespace(**vars(side) | choices)  # type: ignore[assignment]
    return other


def _by_run(logged: Sequence[FloatArray]) -> FloatArray:
    """(reports, R) in float64, from (R, 1, 1) of each report."""
    return np.stack([np.asarray(one, np.float64).reshape(-1) for one in logged])


def _stacked(values: Sequence[Any]) -> Any:
    """A side, or a part of one, for all runs: choices as they are in each, numbers by run."""
    first = values[0]
    if is_dataclass(first):
        names = [field.name for field in fields(first)]
        return SimpleNamespace(**{name: _stacked([getattr(value, name) for value in values]) for name in names})
    return StackedNumber.of(list(values)) if isinstance(first, float) else first
