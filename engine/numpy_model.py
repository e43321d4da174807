"""The hand-written side of an experiment: `numpy_mlp.py`'s network at its start, its states, and its steps run fast.

No arithmetic of a step is here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

import numpy as np

from engine.initial_weights import LayerStart, initial_layers
from engine.model_state import ModelState, check_state
from engine.numpy_mlp import NumpyMLP, Step
from engine.places import Kind, Tensors, parameter_places
from engine.recorded_number import recorded_numbers
from engine.recording import NotRecordableError, RecordedArray, Recording, Value
from engine.replay import Replay
from engine.settings import Precision, Settings, Side
from engine.threads import shares_products
from engine.types import FloatArray

CHECKED_STEPS = 2
"""Steps on which a recording must agree with the plain step before it is trusted."""


def build_network(settings: Settings, side: Side, start: list[LayerStart]) -> NumpyMLP:
    """The network at a start. Weights are transposed views (fan_in, fan_out) of what was drawn."""
    layers = dict(enumerate(start, start=1))
    W = {i: layer.weight.T for i, layer in layers.items()}
    b = {i: layer.bias for i, layer in layers.items() if layer.bias is not None}
    return NumpyMLP(side, dict(enumerate(settings.activations, start=1)), W, b)


def data_arrays(settings: Settings) -> tuple[FloatArray, FloatArray]:
    """X and Y in the type that activations are computed in: float64 for mixed precision."""
    dtype = np.float32 if settings.numpy.precision is Precision.FLOAT32 else np.float64
    # What float32 cannot hold becomes infinite, as in PyTorch, and the run diverges.
    with np.errstate(over="ignore"):
        return settings.data.X.astype(dtype), settings.data.Y.astype(dtype)


class NumpyModel:
    """The hand-written network and its data, stepped plainly."""

    def __init__(self, settings: Settings) -> None:
        self.side = settings.numpy
        self.network = build_network(settings, self.side, initial_layers(settings, self.side))
        self.X, self.Y = data_arrays(settings)
        self.learning_rate = self.side.learning_rate
        self.steps = 0
        self._updates = 0
        """Those that the velocities have seen."""

    def set_learning_rate(self, rate: float) -> None:
        """From the next step on."""
        self.learning_rate = rate

    def step(self) -> float:
        """One epoch: forward, backward, update; returns the loss that is logged."""
        return float(self.opened_step().loss)

    def opened_step(self) -> Step:
        """One epoch, and what it computed on the way; the gradients stay in the network."""
        return self.network.step(self.X, self.Y, **self._next_numbers())

    def _next_numbers(self) -> dict[str, Any]:
        """What the step to come takes beside the batch."""
        self.steps += 1
        self._updates += 1
        return {"learning_rate": self.learning_rate, "t": self._updates}

    def parameters(self) -> Tensors:
        """Copies of weights (fan_out, fan_in) and biases (fan_out,), in PyTorch's orientation and order."""
        return {place: _outward(parameter) for place, parameter in self._by_place().items()}

    def state(self) -> ModelState:
        """Copies of all that the next step depends on."""
        velocities = {place: _outward(velocity) for place, velocity in self._velocities().items()}
        return ModelState(self.parameters() | velocities, self.steps)

    def set_state(self, state: ModelState) -> None:
        """Go on from a `state()` of a model with the same settings, in place; raises `ValueError` for another's."""
        parameters = self._by_place()
        check_state(state, {place: parameter.T.shape for place, parameter in parameters.items()})
        for place, parameter in parameters.items():
            parameter[...] = state.tensors[place].T
        self._set_velocities(state.velocities)
        self.steps = state.steps
        self._updates = state.steps if state.velocities or not self.side.momentum.coefficient else 0

    def _by_place(self) -> Tensors:
        arrays = {Kind.WEIGHT: self.network.W, Kind.BIAS: self.network.b}
        places = parameter_places(self.network.L, self.side.bias)
        return {place: arrays[place.kind][place.layer] for place in places}

    def _velocities(self) -> Tensors:
        kept = {Kind.WEIGHT: self.network.V, Kind.BIAS: self.network.U}
        found = {place.velocity: kept[place.kind][place.layer] for place in self._by_place()}
        return {place: velocity for place, velocity in found.items() if isinstance(velocity, np.ndarray)}

    def _set_velocities(self, velocities: Tensors) -> None:
        kept = {Kind.WEIGHT: self.network.V, Kind.BIAS: self.network.U}
        for place in self._by_place():
            kept[place.kind][place.layer] = velocities[place.velocity].T.copy() if velocities else 0.0

    def predict(self, X: FloatArray | None = None) -> FloatArray:
        """The network's output (N, C) at the present weights, for the data unless other inputs are given."""
        _, layer = self.network.forward(self.X if X is None else X.astype(self.X.dtype))
        return layer[self.network.L]


class RecordedNumpyModel(NumpyModel):
    """`NumpyModel` with a faster `step`: a plain step is recorded and run again; the bits are the same."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._share = shares_products(settings)
        self.replay: Replay | None = None
        """The recording, once it is trusted."""
        self._steps = self._run()

    def step(self) -> float:
        """As `NumpyModel.step`."""
        return next(self._steps)

    def _set_velocities(self, velocities: Tensors) -> None:
        kept = self._velocities()
        super()._set_velocities(velocities)
        if kept.keys() == velocities.keys():
            self._keep_velocities(kept)
        else:
            self._steps = self._run()

    def _keep_velocities(self, arrays: Tensors) -> None:
        """Put the present velocities into these arrays: the recording writes into them."""
        kept = {Kind.WEIGHT_VELOCITY: self.network.V, Kind.BIAS_VELOCITY: self.network.U}
        for place, array in arrays.items():
            array[...] = kept[place.kind][place.layer]
            kept[place.kind][place.layer] = array

    def _run(self) -> Iterator[float]:
        self.replay = None
        # The first step makes the velocities; the second is the one to record.
        yield super().step()
        before = self.state()
        try:
            replay, loss = self._record()
        except NotRecordableError:
            self.set_state(before)
            while True:
                yield super().step()
        yield loss
        for _ in range(CHECKED_STEPS):
            agrees, loss = self._agrees(replay)
            yield loss
            if not agrees:
                while True:
                    yield super().step()
        self.replay = replay
        while True:
            numbers = self._next_numbers()
            yield float(replay.outputs[0]) if replay.run(numbers) else self._plain_step(numbers)

    def _record(self) -> tuple[Replay, float]:
        recording = Recording()
        numbers, trail = recorded_numbers(self._next_numbers())
        step, carried = record_step(recording, self.network, self.X, self.Y, numbers)
        loss = recording.use(step.loss).value
        return Replay(recording, carried, [loss], trail.conditions, self._share), float(loss.array)

    def _plain_step(self, numbers: dict[str, Any]) -> float:
        """A step that the recording cannot take, with the velocities left where it finds them."""
        kept = self._velocities()
        loss = float(self.network.step(self.X, self.Y, **numbers).loss)
        self._keep_velocities(kept)
        return loss

    def _agrees(self, replay: Replay) -> tuple[bool, float]:
        """Whether the recording gives a plain step's bits from the same state; the state is left one step further."""
        changed = [*self._by_place().values(), *self._velocities().values()]
        before = [array.copy() for array in changed]
        numbers = self._next_numbers()
        ran = replay.run(numbers)
        found = [replay.outputs[0].copy(), *(array.copy() for array in changed)]
        for array, value in zip(changed, before, strict=True):
            array[...] = value
        loss = self._plain_step(numbers)
        expected = [np.array(loss), *changed]
        same = all(np.array_equal(one, other, equal_nan=True) for one, other in zip(found, expected, strict=True))
        return ran and same, loss


def record_step(
    recording: Recording, network: NumpyMLP, X: FloatArray, Y: FloatArray, numbers: Mapping[str, Any]
) -> tuple[Step, dict[Value, Value]]:
    """Take a step and write it down; also returns which velocities are the next state of which.

    Raises `NotRecordableError`, the step half taken.
    """
    recorded = copy(network)
    recorded.dW, recorded.db = {}, {}
    recorded.W, recorded.b = _given(recording, network.W), _given(recording, network.b)
    recorded.V, recorded.U = _given(recording, network.V), _given(recording, network.U)
    step = recorded.step(recording.give(X), recording.give(Y), **numbers)
    carried: dict[Value, Value] = {}
    for before, after in ((network.V, recorded.V), (network.U, recorded.U)):
        for i, made in after.items():
            array = before[i]
            if isinstance(array, np.ndarray) and isinstance(made, RecordedArray):
                given, now = recording.use(array).value, recording.use(made).value
                if now is not given:
                    carried[given] = now
                    array[...] = now.array
    return step, carried


def _given(recording: Recording, arrays: dict[int, Any]) -> dict[int, Any]:
    return {i: recording.give(one) if isinstance(one, np.ndarray) else one for i, one in arrays.items()}


def _outward(parameter: FloatArray) -> FloatArray:
    """A copy of a weight (fan_in, fan_out) as (fan_out, fan_in); a bias stays as it is."""
    return np.array(parameter.T, order="C")
