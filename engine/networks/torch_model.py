"""PyTorch's side of an experiment: `torch_mlp.py`'s network at its start, on its device, and its states.

No arithmetic of a step is here; running the same step with less bookkeeping lives in `torch_replay.py`. Importing this
module imports torch.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from engine.experiment.choices import Precision, SideName, TargetShape
from engine.experiment.optimizers import OptimizerKind
from engine.experiment.settings import Settings
from engine.experiment.update_rules import UpdateOrder, ZeroGrad
from engine.networks.epoch_progress import EpochProgress
from engine.networks.learning_rates import LearningRates
from engine.networks.model_state import ModelState, check_state
from engine.networks.network_data import NetworkData
from engine.networks.places import MOMENTS, SQUARE, VELOCITY, Kind, Place, Tensors, parameter_places
from engine.networks.torch_device import find_device
from engine.networks.torch_mlp import TorchMLP
from engine.networks.torch_sample_orders import torch_orders_of
from engine.networks.torch_start import build_model
from engine.types import FloatArray

KEPT: dict[OptimizerKind, dict[str, dict[Kind, Kind]]] = {
    OptimizerKind.SGD: {"momentum_buffer": VELOCITY},
    OptimizerKind.ADAM: {"exp_avg": VELOCITY, "exp_avg_sq": SQUARE},
    OptimizerKind.RMSPROP: {"square_avg": SQUARE},
    OptimizerKind.ADAGRAD: {"sum": SQUARE},
}
"""What `torch.optim` keeps of a parameter in its state, by its name there."""

COUNT = "step"
"""Where it counts its steps there, in a tensor of its own; SGD does not."""


class _SafeBCELoss(nn.BCELoss):
    """`nn.BCELoss`, which raises for what is no number, on a GPU for good; this one is then no number either."""

    def forward(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """A scalar from (N, C) twice."""
        return super().forward(prediction.nan_to_num(nan=0.5), target) + 0 * prediction.detach().sum()


def _broadcast(prediction: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    shape = torch.broadcast_shapes(prediction.shape, target.shape)  # type: ignore[no-untyped-call]
    return prediction.expand(shape), target.expand(shape)


class _SilentMSELoss(nn.MSELoss):
    """`nn.MSELoss`, which warns of targets of another shape, on the terminal that shows a run."""

    def forward(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """A scalar from (N, C) twice, or from (N, 1) and (N,)."""
        if prediction.shape != target.shape:
            prediction, target = _broadcast(prediction, target)
        return super().forward(prediction, target)


class _Network(TorchMLP):
    """With a loss that a run may diverge in, and that has nothing to say on a screen."""

    def loss_function(self) -> nn.Module:
        """As `TorchMLP.loss_function`."""
        function = super().loss_function()
        if isinstance(function, nn.BCELoss):
            return _SafeBCELoss(reduction=function.reduction)
        return _SilentMSELoss(reduction=function.reduction) if isinstance(function, nn.MSELoss) else function

    def prepare(self) -> None:
        """As `TorchMLP.prepare`; what a step makes anew is here before, for a state to be put into it."""
        super().prepare()
        if self.side.makes_optimizers and self.side.update_order is UpdateOrder.TOGETHER:
            self.optimizer = self.optimizer_of(self.groups(self.model))

    def measure(self, prediction: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        """As `TorchMLP.measure`."""
        if self.side.target_shape is TargetShape.FLAT:
            prediction, Y = _broadcast(prediction, Y)
        return super().measure(prediction, Y)


class TorchModel:
    """The PyTorch network and its data, stepped plainly. Raises `DeviceError`."""

    def __init__(self, settings: Settings) -> None:
        self.side = settings.side(SideName.PYTORCH)
        device = find_device(settings.device)
        dtype = torch.float64 if self.side.precision is Precision.FLOAT64 else torch.float32
        model, stream = build_model(settings)
        batches = settings.batches(self.side)
        self.network = _Network(
            self.side,
            model.to(device),
            settings.is_binary(self.side),
            batches.size,
            batches.count,
            settings.data.samples,
        )
        data = NetworkData.of(settings.data, self.side)
        self._form = data.form
        self.X = torch.tensor(data.X, dtype=dtype, device=device)
        self.Y = torch.tensor(data.Y, dtype=dtype, device=device)
        if self.side.target_shape is TargetShape.FLAT:
            self.Y = self.Y.flatten()
        self._held_out = None if data.held_out is None else self._tensors(*data.held_out)
        self.progress = EpochProgress(settings, self.side, partial(torch_orders_of, settings, self.side, stream))
        self._is_one_update = not settings.takes_batches(self.side) and not self.progress.logs_whole_set
        self._batches = _batch_tensors(self) if settings.takes_batches(self.side) else None
        self.learning_rate = self.side.learning_rate
        self._rates = LearningRates(settings, self.side)
        self.steps = 0
        self._updates = 0
        """Those that the velocities have seen."""

    @property
    def model(self) -> nn.Sequential:
        """The modules."""
        modules: nn.Sequential = self.network.model
        return modules

    @property
    def linear_layers(self) -> list[nn.Linear]:
        """First to last."""
        return [module for module in self.model if isinstance(module, nn.Linear)]

    def set_learning_rate(self, rate: float) -> None:
        """From the next step on; a schedule goes by it."""
        self.learning_rate = rate
        self.give_rate(rate)

    def follow_schedule(self) -> None:
        """Give the optimizer the learning rate of the step to come."""
        if self._rates.change:
            self.give_rate(self._rates.at(self.steps, self.learning_rate))

    def give_rate(self, rate: float) -> None:
        """To the optimizer, until it is given another."""
        self.network.give_rate(rate)

    def step(self) -> float:
        """To the end of the epoch; returns the loss that is logged for it."""
        if self._is_one_update:
            return self.next_loss()
        while (loss := self.update()) is None:
            pass
        return loss

    def update(self) -> float | None:
        """One batch; returns the epoch's loss after its last one."""
        return self.next_loss() if self._is_one_update else self.close_batch(self.next_loss())

    def close_batch(self, loss: float) -> float | None:
        """Count the loss of the update just taken in; returns the epoch's loss after its last one."""
        of_epoch = self.progress.note(loss, self.steps)
        if of_epoch is not None and self.progress.logs_whole_set:
            return float(self.network.evaluate(self.X, self.Y).item())
        return of_epoch

    def next_loss(self) -> float:
        """The next batch's, which is trained on."""
        return float(self.step_on_device().item())

    def step_on_device(self) -> torch.Tensor:
        """The next update; the batch's loss stays where it was computed."""
        X, Y = self.next_batch()
        self.follow_schedule()
        self.network.t = self._updates
        self.steps += 1
        self._updates += 1
        return self.network.step(X, Y).detach()

    def next_batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """X (N, D) and Y (N, C) of the next update, in tensors that each batch of that size is put into."""
        if self._batches is None:
            return self.X, self.Y
        samples = self.progress.samples(self.steps)
        X, Y = self._batches[self.progress.is_full(self.steps)]
        if isinstance(samples, slice):
            X.copy_(self.X[samples])
            Y.copy_(self.Y[samples])
        else:
            places = torch.from_numpy(samples).to(self.X.device)
            torch.index_select(self.X, 0, places, out=X)
            torch.index_select(self.Y, 0, places, out=Y)
        return X, Y

    def parameters(self) -> Tensors:
        """Copies of weights (fan_out, fan_in) and biases (fan_out,), in the model's order."""
        return {place: _copied(parameter) for place, parameter in self._by_place.items()}

    def state(self) -> ModelState:
        """Copies of all that the next step depends on."""
        kept = {place: _copied(tensor) for place, tensor in self._kept().items()}
        return ModelState(self.parameters() | kept, self.steps, self.progress.state(self.steps))

    def set_state(self, state: ModelState) -> None:
        """Go on from a `state()` of a model with the same settings, in place; raises `ValueError` for another's."""
        parameters = self._by_place
        check_state(state, {place: tuple(parameter.shape) for place, parameter in parameters.items()})
        with torch.no_grad():
            for place, parameter in parameters.items():
                parameter.copy_(torch.from_numpy(state.tensors[place]))
            self._keep(state.kept, state.steps if any(place.kind in MOMENTS for place in state.kept) else 0)
        self.steps = state.steps
        self.progress.set_state(state.epoch, state.steps)

    @property
    def _by_place(self) -> dict[Place, nn.Parameter]:
        places = parameter_places(linear.bias is not None for linear in self.linear_layers)
        return dict(zip(places, self.model.parameters(), strict=True))

    @property
    def _optimizers(self) -> list[torch.optim.Optimizer]:
        one = self.network.optimizer
        return self.network.optimizers if one is None else [one]

    def _moments(self, parameter: nn.Parameter) -> dict[str, Any]:
        """What `torch.optim` keeps of it once it has made a step, by its name there."""
        if not self._updates:
            return {}
        if not parameter.requires_grad:
            return self._untouched(parameter)
        if self.side.writes_update:
            return {name: self._written(kinds)[parameter] for name, kinds in self._kinds.items()}
        found = (optimizer.state.get(parameter) for optimizer in self._optimizers)
        return next((state for state in found if state), {})

    def _untouched(self, parameter: nn.Parameter) -> dict[str, Any]:
        """Likewise, of a bias that nothing moves."""
        starts = {name: self.side.optimizer.start if kinds is SQUARE else 0.0 for name, kinds in self._kinds.items()}
        return {name: torch.full_like(parameter, start) for name, start in starts.items() if self.side.has_moments}

    @property
    def _kinds(self) -> dict[str, dict[Kind, Kind]]:
        """What is kept of a parameter, by its name in `torch.optim`."""
        return KEPT[self.side.optimizer.kind]

    def _written(self, kinds: dict[Kind, Kind]) -> dict[nn.Parameter, torch.Tensor]:
        """Where an update that is written out keeps it."""
        return self.network.velocities if kinds is VELOCITY else self.network.second_moments

    def _gradient(self, parameter: nn.Parameter) -> torch.Tensor | None:
        """The one that is added to; of a bias that nothing moves it is zero."""
        untouched = not parameter.requires_grad and self.linear_layers[0].weight.grad is not None
        return torch.zeros_like(parameter) if untouched else parameter.grad

    def _kept(self) -> dict[Place, torch.Tensor]:
        found: dict[Place, torch.Tensor | None] = {}
        for name, kinds in self._kinds.items():
            for place, parameter in self._by_place.items():
                found[Place(kinds[place.kind], place.layer)] = self._moments(parameter).get(name)
        if self.side.zero_grad is ZeroGrad.FORGOTTEN:
            found |= {place.gradient: self._gradient(parameter) for place, parameter in self._by_place.items()}
        return {place: tensor for place, tensor in found.items() if tensor is not None}

    def _keep(self, kept: Tensors, updates: int) -> None:
        """What so many updates have left."""
        present = self._kept()
        self._updates = updates
        if present.keys() == kept.keys():
            for place, tensor in present.items():
                tensor.copy_(torch.from_numpy(kept[place]))
            self.count_steps(updates)
            return
        self.network.prepare()
        for place, parameter in self._by_place.items():
            if not parameter.requires_grad:
                continue
            parameter.grad = _like(parameter, kept.get(place.gradient))
            for name, kinds in self._kinds.items():
                moment = _like(parameter, kept.get(Place(kinds[place.kind], place.layer)))
                if moment is not None and self.side.writes_update:
                    self._written(kinds)[parameter].copy_(moment)
                elif moment is not None:
                    self._optimizer_of(parameter).state[parameter][name] = moment
        self.count_steps(updates)

    def count_steps(self, made: float) -> None:
        """Tell the optimizer how many it has made, where it counts and has made one."""
        if self.side.optimizer.is_sgd or self.side.writes_update or not self._updates:
            return
        for parameter in self._by_place.values():
            state = self._optimizer_of(parameter).state[parameter]
            state.setdefault(COUNT, torch.tensor(0.0)).fill_(made)

    def _optimizer_of(self, parameter: nn.Parameter) -> torch.optim.Optimizer:
        def has(optimizer: torch.optim.Optimizer) -> bool:
            return any(one is parameter for group in optimizer.param_groups for one in group["params"])

        return next(optimizer for optimizer in self._optimizers if has(optimizer))

    def _tensors(self, X: FloatArray, Y: FloatArray) -> tuple[torch.Tensor, torch.Tensor]:
        """Where the data are, in their type and shape."""
        inputs, targets = (torch.tensor(one, dtype=self.X.dtype, device=self.X.device) for one in (X, Y))
        return inputs, targets.flatten() if self.side.target_shape is TargetShape.FLAT else targets

    def measure_held_out(self) -> tuple[float, FloatArray]:
        """Of the rows held out, of which there are some: the number that the side logs, and the outputs (N, C)."""
        assert self._held_out is not None
        (X, Y), network = self._held_out, self.network
        with torch.no_grad():
            prediction = self.model(X)
            outputs = network.probabilities(prediction)
            return float(network.log(prediction, Y).item()), np.array(outputs.cpu().numpy())

    def predict(self, X: FloatArray | None = None) -> FloatArray:
        """The network's output (N, C) at the present weights, for the data unless other inputs are given."""
        inputs = self.X
        if X is not None:
            inputs = torch.tensor(self._form.inputs(X), dtype=self.X.dtype, device=self.X.device)
        with torch.no_grad():
            return np.array(self.network.probabilities(self.model(inputs)).cpu().numpy())


def _batch_tensors(model: TorchModel) -> dict[bool, tuple[torch.Tensor, torch.Tensor]]:
    """X and Y of a full batch, and of a smaller last one."""
    batches = model.progress.batches
    sizes = {True: batches.size, False: batches.last}
    return {full: (torch.empty_like(model.X[:N]), torch.empty_like(model.Y[:N])) for full, N in sizes.items()}


def _like(parameter: nn.Parameter, array: FloatArray | None) -> torch.Tensor | None:
    """Where the parameter is, in its type."""
    return None if array is None else torch.tensor(array, dtype=parameter.dtype, device=parameter.device)


def _copied(tensor: torch.Tensor) -> FloatArray:
    # detach().numpy() would share memory: the next step would change what was handed out.
    return np.array(tensor.detach().cpu().numpy())
