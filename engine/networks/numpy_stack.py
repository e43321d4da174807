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
from engine.experiment.clipping import Clipping
from engine.experiment.loss_epsilon import LossEpsilon
from engine.experiment.optimizers import Optimizer
from engine.experiment.schedules import Schedule
from engine.experiment.settings import Settings
from engine.experiment.tensor_steps import TensorSteps
from engine.networks.learning_rates import LearningRates
from engine.networks.network_data import NetworkData
from engine.networks.numpy_mlp import Arrays, NumpyMLP, StepValues
from engine.networks.numpy_model import build_network, moments_of, record_step
from engine.networks.places import Kind, Place, Tensors
from engine.networks.recorded_number import recorded_numbers
from engine.networks.recording import Recording
from engine.networks.replay import Replay
from engine.networks.stacked_arrays import RecordedStack, StackedArray, StackedNumber, stacked
from engine.networks.stacked_batches import StackedBatches
from engine.networks.stacked_runs import EpochLogs, Logged, Reported, StackedRun
from engine.types import FloatArray


class NumpyStack:
    """R runs of one structure; weights are (R, fan_in, fan_out), activations (R, N, fan_out)."""

    def __init__(self, settings: Settings, runs: Sequence[StackedRun], logs: Sequence[Logged]) -> None:
        sides = [run.side for run in runs]
        data = NetworkData.of(settings.data, sides[0])
        self._X, self._Y = data.X, data.Y
        self._batches, self._logs = StackedBatches(settings, runs), EpochLogs(logs)
        networks = [build_network(settings, run.side, run.start(settings)) for run in runs]
        layers = range(1, networks[0].L + 1)
        side = _stacked(sides)
        side.logs_after_update = False  # it is logged here, as the penalty is
        self._network = NumpyMLP(
            side,
            networks[0].activations,
            networks[0].binary,
            networks[0].samples,
            {i: stacked([network.W[i] for network in networks]) for i in layers},
            {i: stacked([network.b[i] for network in networks]) for i in layers if i in networks[0].b},
            networks[0].updates_per_epoch,
            networks[0].data_samples,
        )
        self._network.logs_batch_penalty = any(one.penalties for one in self._logs.before)
        self._reporting = {report: _with_side(self._network, side, loss_report=report) for report in LossReport}
        self._learning_rate: Any = StackedNumber.of([side.learning_rate for side in sides])
        self._rates = LearningRates(settings, sides[0])
        self._taken = 0
        self._seen: set[bool] = set()
        self._replays: dict[bool, Replay] = {}
        self._arrays: dict[bool, tuple[FloatArray, FloatArray]] = {}

    def step(self) -> FloatArray:
        """As `Stack.step`."""
        self._batches.begin_epoch()
        for index in range(self._batches.batches.count):
            self._logs.add(_by_run(self._update(index)))
        whole = self._measured(self._logs.whole, self._X, self._Y) if self._logs.whole else []
        return self._logs.close(_by_run(whole))

    def _update(self, index: int) -> list[FloatArray]:
        """The second of each size of batch is recorded, and run again from then on."""
        full = self._batches.is_full(index)
        X, Y = self._batch(index, full)
        self._taken += 1
        if full in self._replays:
            self._replays[full].run({"t": self._taken})
            return self._replays[full].outputs
        return self._plain_update(X, Y, full)

    def _batch(self, index: int, full: bool) -> tuple[FloatArray, FloatArray]:
        """X (N, D) of all runs, or (R, N, D), and Y; each size in arrays of its own."""
        if self._batches.takes_all:
            return self._X, self._Y
        samples = self._batches.samples(index)
        if full not in self._arrays:
            gathered = self._X[samples], self._Y[samples]
            self._arrays[full] = (np.array(gathered[0]), np.array(gathered[1]))
            return self._arrays[full]
        for all_rows, rows in zip((self._X, self._Y), self._arrays[full], strict=True):
            if isinstance(samples, slice):
                np.copyto(rows, all_rows[samples])
            else:
                np.take(all_rows, samples, axis=0, out=rows, mode="clip")
        return self._arrays[full]

    def _plain_update(self, X: FloatArray, Y: FloatArray, full: bool) -> list[FloatArray]:
        rate = self._rates.at(self._taken - 1, self._learning_rate)
        numbers: dict[str, Any] = {"learning_rate": rate, "t": self._taken}
        # What changes by a schedule is a number of each run, which a recording cannot be given anew.
        if full not in self._seen or self._rates.change:
            self._seen.add(full)
            X, Y = _each_runs(X), _each_runs(Y)
            before = [dict(moments) for moments in moments_of(self._network)]
            step = self._network.step(X, Y, **numbers)
            for kept, moments in zip(before, moments_of(self._network), strict=True):
                _keep_in(kept, moments)
            return [*self._logged(step, Y), *self._measured(self._logs.after, X, Y)]
        recording = Recording(RecordedStack)
        if not self._network.side.optimizer.is_sgd:
            numbers |= recorded_numbers({"t": self._taken})[0]
        step, carried = record_step(recording, self._network, X, Y, numbers)
        given_X, given_Y = recording.give(X), recording.give(Y)
        logged = self._logged(step, given_Y)
        if self._logs.after:
            logged += self._measured(self._logs.after, given_X, given_Y, _given_again(recording, self._network))
        values = [recording.use(one).value for one in logged]
        self._replays[full] = Replay(recording, carried, values)
        return [one.array for one in values]

    def _logged(self, step: StepValues, Y: FloatArray) -> list[Any]:
        """What the reports say of the weights before the step."""
        return self._reports(self._logs.before, step.z, step.layer, Y, step.penalty)

    def _reports(self, reports: Sequence[Reported], z: Arrays, layer: Arrays, Y: FloatArray, penalty: Any) -> list[Any]:
        last = self._network.L
        error = layer[last] - Y
        found = [self._reporting[one.loss].report(error, z[last], layer[last], Y) for one in reports]
        return [
            loss + one.penalties * penalty if one.penalties else loss for one, loss in zip(reports, found, strict=True)
        ]

    def _measured(
        self, reports: Sequence[Reported], X: FloatArray, Y: FloatArray, network: NumpyMLP | None = None
    ) -> list[Any]:
        """What the reports say of the present weights."""
        if not reports:
            return []
        measured = network or self._network
        penalty = measured.penalty() if any(one.penalties for one in reports) else 0.0
        return self._reports(reports, *measured.forward(X), Y, penalty)

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


def _given_again(recording: Recording, network: NumpyMLP) -> NumpyMLP:
    """The network with its present parameters, to be read in a recording that has changed them."""
    again = copy(network)
    again.W = {i: recording.give(array) for i, array in network.W.items()}
    again.b = {i: recording.give(array) for i, array in network.b.items()}
    return again


def _keep_in(arrays: dict[int, Any], moments: dict[int, Any]) -> None:
    """Leave the moments in these arrays, where there were some: a recording finds them there."""
    for i, array in arrays.items():
        if isinstance(array, np.ndarray):
            array[...] = moments[i]
            moments[i] = array


def _each_runs(array: FloatArray) -> FloatArray:
    """As of each run, where there is one for each."""
    return array.view(StackedArray) if array.ndim == 3 else array


def _with_side(network: NumpyMLP, side: SimpleNamespace, **choices: Any) -> NumpyMLP:
    """The same network, with other choices."""
    other = copy(network)
    other.side = SimpleNamespace(**vars(side) | choices)  # type: ignore[assignment]
    return other


def _by_run(logged: Sequence[FloatArray]) -> FloatArray:
    """(reports, R) in float64, from (R, 1, 1) of each report."""
    if not logged:
        return np.empty((0, 1))
    return np.stack([np.asarray(one, np.float64).reshape(-1) for one in logged])


def _stacked(values: Sequence[Any]) -> Any:
    """A side, or a part of one, for all runs: choices as they are in each, numbers by run."""
    first = values[0]
    if isinstance(first, (Optimizer, Schedule, Clipping, TensorSteps, LossEpsilon)):
        return first
    if is_dataclass(first):
        names = [field.name for field in fields(first)]
        return SimpleNamespace(**{name: _stacked([getattr(value, name) for value in values]) for name in names})
    return StackedNumber.of(list(values)) if isinstance(first, float) else first
