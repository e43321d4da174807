"""The hand-written side of an experiment: `numpy_mlp.py`'s network at its start, its states, and its steps run fast.

No arithmetic of a step is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import partial
from typing import Any

import numpy as np

from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.experiment.update_rules import ZeroGrad
from engine.networks.epoch_progress import EpochProgress
from engine.networks.initial_weights import LayerStart, initial_layers
from engine.networks.learning_rates import LearningRates
from engine.networks.model_state import ModelState, check_state
from engine.networks.network_data import NetworkData
from engine.networks.numpy_mlp import NumpyMLP, StepValues
from engine.networks.numpy_updates import Moment
from engine.networks.places import GRADIENT, MOMENTS, SQUARE, VELOCITY, Kind, Place, Tensors, parameter_places
from engine.networks.recorded_number import recorded_numbers
from engine.networks.recorded_steps import RecordedSteps
from engine.networks.recording import NotRecordableError, RecordedArray, Recording, Value
from engine.networks.replay import Replay
from engine.networks.sample_orders import orders_of
from engine.networks.threads import shares_products
from engine.types import FloatArray


def build_network(settings: Settings, side: Side, start: list[LayerStart]) -> NumpyMLP:
    """The network at a start. Weights are transposed views (fan_in, fan_out) of what was drawn."""
    layers = dict(enumerate(start, start=1))
    W = {i: layer.weight.T for i, layer in layers.items()}
    b = {i: layer.bias for i, layer in layers.items() if layer.bias is not None}
    activations = dict(enumerate(settings.activations, start=1))
    batches = settings.batches(side)
    return NumpyMLP(
        side, activations, settings.is_binary(side), batches.size, W, b, batches.count, settings.data.samples
    )


class NumpyModel:
    """The hand-written network and its data, stepped plainly."""

    def __init__(self, settings: Settings) -> None:
        self.side = settings.numpy
        self.network = build_network(settings, self.side, initial_layers(settings, self.side))
        data = NetworkData.of(settings.data, self.side)
        self.X, self.Y, self._form = data.X, data.Y, data.form
        self._held_out = data.held_out
        self.progress = EpochProgress(settings, self.side, partial(orders_of, settings, self.side))
        self._is_one_update = not settings.takes_batches(self.side) and not self.progress.logs_whole_set
        self._batches = _batch_arrays(self) if settings.takes_batches(self.side) else None
        self.learning_rate = self.side.learning_rate
        self._rates = LearningRates(settings, self.side)
        self.steps = 0
        self._updates = 0
        """Those that the velocities have seen."""

    def set_learning_rate(self, rate: float) -> None:
        """From the next step on; a schedule goes by it."""
        self.learning_rate = rate

    def step(self) -> float:
        """To the end of the epoch; returns the loss that is logged for it."""
        if self._is_one_update:
            return self.next_loss()
        while (loss := self.update()) is None:
            pass
        return loss

    def update(self) -> float | None:
        """One batch: forward, backward, update; returns the epoch's loss after its last one."""
        return self.next_loss() if self._is_one_update else self.close_batch(self.next_loss())

    def close_batch(self, loss: float) -> float | None:
        """Count the loss of the update just taken in; returns the epoch's loss after its last one."""
        of_epoch = self.progress.note(loss, self.steps)
        if of_epoch is not None and self.progress.logs_whole_set:
            return float(self.network.evaluate(self.X, self.Y))
        return of_epoch

    def next_loss(self) -> float:
        """The next batch's, which is trained on."""
        return float(self.opened_step().loss)

    def opened_step(self) -> StepValues:
        """The next update, and what it computed on the way; the gradients stay in the network."""
        X, Y = self.next_batch()
        return self.network.step(X, Y, **self._next_numbers())

    def next_batch(self) -> tuple[FloatArray, FloatArray]:
        """X (N, D) and Y (N, C) of the next update, in arrays that each batch of that size is put into."""
        if self._batches is None:
            return self.X, self.Y
        samples = self.progress.samples(self.steps)
        X, Y = self._batches[self.progress.is_full(self.steps)]
        for all_rows, rows in ((self.X, X), (self.Y, Y)):
            if isinstance(samples, slice):
                np.copyto(rows, all_rows[samples])
            else:
                # Places are within bounds, and without this mode the rows would be gathered elsewhere first.
                np.take(all_rows, samples, axis=0, out=rows, mode="clip")
        return X, Y

    def _next_numbers(self) -> dict[str, Any]:
        """What the step to come takes beside the batch."""
        rate = self._rates.at(self.steps, self.learning_rate) if self._rates.change else self.learning_rate
        self.steps += 1
        self._updates += 1
        return {"learning_rate": rate, "t": self._updates}

    def parameters(self) -> Tensors:
        """Copies of weights (fan_out, fan_in) and biases (fan_out,), in PyTorch's orientation and order."""
        return {place: _outward(parameter) for place, parameter in self._by_place().items()}

    def state(self) -> ModelState:
        """Copies of all that the next step depends on."""
        kept = {place: _outward(array) for place, array in self._kept().items()}
        return ModelState(self.parameters() | kept, self.steps, self.progress.state(self.steps))

    def set_state(self, state: ModelState) -> None:
        """Go on from a `state()` of a model with the same settings, in place; raises `ValueError` for another's."""
        parameters = self._by_place()
        check_state(state, {place: parameter.T.shape for place, parameter in parameters.items()})
        for place, parameter in parameters.items():
            parameter[...] = state.tensors[place].T
        self._keep(state.kept)
        self.steps = state.steps
        self.progress.set_state(state.epoch, state.steps)
        has_moments = any(place.kind in MOMENTS for place in state.kept)
        self._updates = state.steps if has_moments or not self.side.has_moments else 0

    def _by_place(self) -> Tensors:
        arrays = {Kind.WEIGHT: self.network.W, Kind.BIAS: self.network.b}
        places = parameter_places(self.network.bias.values())
        return {place: arrays[place.kind][place.layer] for place in places}

    def _kept_arrays(self) -> dict[Kind, dict[int, Any]]:
        """Where the network keeps what its updates need, by layer."""
        network = self.network
        arrays: dict[Kind, dict[int, Any]] = {Kind.WEIGHT_VELOCITY: network.V, Kind.BIAS_VELOCITY: network.U}
        if not self.side.optimizer.is_sgd:
            arrays |= {Kind.WEIGHT_SQUARE: network.S, Kind.BIAS_SQUARE: network.R}
        if self.side.zero_grad is ZeroGrad.FORGOTTEN:
            arrays |= {Kind.WEIGHT_GRADIENT: network.dW, Kind.BIAS_GRADIENT: network.db}
        return arrays

    def _kept(self) -> Tensors:
        arrays, parameters = self._kept_arrays(), self._by_place()
        found: Tensors = {}
        for kinds in (VELOCITY, SQUARE, GRADIENT):
            shapes = {Place(kinds[place.kind], place.layer): one.shape for place, one in parameters.items()}
            here = {place: arrays[place.kind][place.layer] for place in shapes if place.kind in arrays}
            if any(isinstance(one, np.ndarray) for one in here.values()):
                found |= {place: _of_shape(one, shapes[place]) for place, one in here.items()}
        return found

    def _keep(self, kept: Tensors) -> None:
        for kind, arrays in self._kept_arrays().items():
            for layer in arrays:
                place = Place(kind, layer)
                lacking = self.side.optimizer.start if kind in SQUARE.values() else 0.0
                arrays[layer] = kept[place].T.copy() if place in kept else lacking

    def predict(self, X: FloatArray | None = None) -> FloatArray:
        """The network's output (N, C) at the present weights, for the data unless other inputs are given."""
        _, layer = self.network.forward(self.X if X is None else self._form.inputs(X))
        return layer[self.network.L]

    def measure_held_out(self) -> tuple[float, FloatArray]:
        """Of the rows held out, of which there are some: the number that the side logs, and the outputs (N, C)."""
        assert self._held_out is not None
        (X, Y), network = self._held_out, self.network
        z, layer = network.forward(X)
        output = layer[network.L]
        return float(network.log(z[network.L], output, Y)), output


class RecordedNumpyModel(NumpyModel):
    """`NumpyModel` with a faster `step`: a plain step is recorded and run again; the bits are the same."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._share = shares_products(settings)
        self._forget_recordings()

    def _forget_recordings(self) -> None:
        """Of a full batch, and of a smaller last one."""
        self.steps_from_now, self.smaller_steps = RecordedSteps[Replay](), RecordedSteps[Replay]()

    def next_loss(self) -> float:
        """As `NumpyModel.next_loss`."""
        if self._batches is None or self.progress.is_full(self.steps):
            return self.steps_from_now.next(self)
        return self.smaller_steps.next(self)

    def plain_step(self) -> float:
        """A step, with what is kept left where a recording finds them."""
        kept = self._kept()
        loss = super().next_loss()
        self._keep_in(kept)
        return loss

    def record(self) -> Replay | None:
        """As `Recordable.record`."""
        before = self.state()
        # What is kept as one number becomes an array: the recording would take it for a constant.
        self.set_state(before)
        recording = Recording()
        X, Y = self.next_batch()
        numbers, trail = recorded_numbers(self._next_numbers())
        try:
            step, carried = record_step(recording, self.network, X, Y, numbers)
            return Replay(recording, carried, [recording.use(step.loss).value], trail.conditions, self._share)
        except NotRecordableError:
            return None
        finally:
            self.set_state(before)

    def recorded_step(self, recorded: Replay) -> float | None:
        """As `Recordable.recorded_step`."""
        if self._batches is not None:
            self.next_batch()
        if not recorded.run(self._next_numbers()):
            self.steps -= 1
            self._updates -= 1
            return None
        return float(recorded.outputs[0])

    def _keep(self, kept: Tensors) -> None:
        present = self._kept()
        super()._keep(kept)
        if present.keys() == kept.keys():
            self._keep_in(present)
        else:
            self._forget_recordings()

    def _keep_in(self, arrays: Tensors) -> None:
        """Put what is kept now into these arrays: the recording writes into them."""
        kept = self._kept_arrays()
        for place, array in arrays.items():
            array[...] = kept[place.kind][place.layer]
            kept[place.kind][place.layer] = array


def _batch_arrays(model: NumpyModel) -> dict[bool, tuple[FloatArray, FloatArray]]:
    """X and Y of a full batch, and of a smaller last one."""
    batches = model.progress.batches
    sizes = {True: batches.size, False: batches.last}
    return {full: (np.empty_like(model.X[:N]), np.empty_like(model.Y[:N])) for full, N in sizes.items()}


def record_step(
    recording: Recording, network: NumpyMLP, X: FloatArray, Y: FloatArray, numbers: Mapping[str, Any]
) -> tuple[StepValues, dict[Value, Value]]:
    """Take a step and write it down; also returns which moments are the next state of which.

    Raises `NotRecordableError`, the step half taken.
    """
    recorded = copy(network)
    recorded.dW, recorded.db = {}, {}
    if network.side.zero_grad is ZeroGrad.FORGOTTEN:
        recorded.dW, recorded.db = _given(recording, network.dW), _given(recording, network.db)
    recorded.W, recorded.b = _given(recording, network.W), _given(recording, network.b)
    recorded.V, recorded.U = _given(recording, network.V), _given(recording, network.U)
    recorded.S, recorded.R = _given(recording, network.S), _given(recording, network.R)
    step = recorded.step(recording.give(X), recording.give(Y), **numbers)
    carried: dict[Value, Value] = {}
    for before, after in zip(moments_of(network), moments_of(recorded), strict=True):
        for i, made in after.items():
            array = before[i]
            if isinstance(array, np.ndarray) and isinstance(made, RecordedArray):
                given, now = recording.use(array).value, recording.use(made).value
                if now is not given:
                    carried[given] = now
                    array[...] = now.array
    return step, carried


def moments_of(network: NumpyMLP) -> tuple[dict[int, Moment], ...]:
    """What an update makes anew and keeps for the next."""
    return network.V, network.U, network.S, network.R


def _given(recording: Recording, arrays: dict[int, Any]) -> dict[int, Any]:
    return {i: recording.give(one) if isinstance(one, np.ndarray) else one for i, one in arrays.items()}


def _of_shape(kept: Moment, shape: tuple[int, ...]) -> FloatArray:
    """What is kept as one number, as for a bias it may be by a slip, as an array."""
    if isinstance(kept, np.ndarray) and kept.shape == shape:
        return kept
    return np.broadcast_to(kept, shape).copy()


def _outward(parameter: FloatArray) -> FloatArray:
    """A copy of a weight (fan_in, fan_out) as (fan_out, fan_in); a bias stays as it is."""
    return np.array(parameter.T, order="C")
