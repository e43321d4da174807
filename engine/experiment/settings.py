"""What an experiment is: two `Side`s and what they share. Frozen, and checked when made.

A discrepancy is a setting on which the two sides differ; the catalogue of them lives in `discrepancies/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from typing import Any

import numpy as np

from engine.errors import SettingsError
from engine.experiment.batch_rules import Batches, EpochLoss, SampleOrder
from engine.experiment.choices import Objective, Precision, SideName, TargetShape, parse_choice
from engine.experiment.data import Dataset
from engine.experiment.given import Given, check_given
from engine.experiment.gradient_factors import Sizes
from engine.experiment.one_side_alone import ALONE, cannot_have
from engine.experiment.per_layer import PerLayer, fitted, of_layers, parsed_per_layer, values_of
from engine.experiment.side import PER_LAYER, Side, is_fused
from engine.shown_text import shown

MAX_EPOCHS = 1_000_000_000
MAX_PARAMETERS = 20_000_000
MAX_SEED = 2**64 - 1
MAX_THREADS = 256

LEFT_OVER = 1e-6
"""How far a sample's probabilities may be from 1 together."""

DEVICE_KINDS = ("cpu", "cuda", "mps")


class Activation(Enum):
    """An activation function; all but softmax are applied to each element."""

    SIGMOID = "sigmoid"
    TANH = "tanh"
    RELU = "relu"
    LEAKY_RELU = "leaky-relu"
    """z where it is above 0, elsewhere 0.01·z: `nn.LeakyReLU()`."""
    IDENTITY = "identity"
    SOFTMAX = "softmax"
    """Of all outputs of a sample together; for outputs only."""


ELEMENTWISE = tuple(one for one in Activation if one is not Activation.SOFTMAX)
"""Those that a hidden layer can have."""

OWN_LOSS = {Activation.SIGMOID: Objective.BINARY_CROSS_ENTROPY, Activation.SOFTMAX: Objective.CROSS_ENTROPY}
"""The cross-entropy of each output activation that makes probabilities."""


@dataclass(frozen=True)
class Settings:
    """One experiment: what both sides share, and the two sides. Raises `SettingsError`."""

    data: Dataset
    numpy: Side
    pytorch: Side
    hidden: tuple[int, ...] = (5,)
    activation: PerLayer[Activation] = Activation.SIGMOID
    """Of the hidden layers."""
    output_activation: Activation = Activation.SIGMOID
    epochs: int = 5000
    seed: int = 0
    device: str = "cpu"
    threads: int | None = None
    """Of NumPy and of PyTorch each; nothing leaves it to `threads.py`."""
    given: Given | None = None
    """What a side starts from whose `initial_weights` or `order` is given."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", _checked_hidden(self.hidden))
        self._check_layers()
        for name in SideName:
            self._check_probabilities(name)
        _check_whole("epochs", self.epochs, 1, MAX_EPOCHS)
        _check_whole("seed", self.seed, 0, MAX_SEED)
        check_device_name(self.device)
        if self.threads is not None:
            _check_whole("threads", self.threads, 1, MAX_THREADS)
        for name in SideName:
            self._check_alone(name)
            self._check_target_shape(name)
            self._check_batches(name)
            self._check_tensors(name)
            check_given(self.given, name, self.side(name), self.layer_sizes, self.data.samples)
        if self.device.startswith("mps") and self.pytorch.precision is Precision.FLOAT64:
            raise SettingsError("device 'mps' has no float64; set pytorch.precision to float32, or the device to cpu.")
        if self.parameter_count > MAX_PARAMETERS:
            raise SettingsError(
                f"hidden {','.join(map(str, self.hidden))} makes {self.parameter_count:,} parameters; "
                f"at most {MAX_PARAMETERS:,} can be compared."
            )

    def _check_layers(self) -> None:
        """Read what each layer may have of its own; as many values as there are layers."""
        output = parse_choice(Activation, self.output_activation, "output_activation")
        object.__setattr__(self, "output_activation", output)
        hidden = parsed_per_layer(self.activation, lambda value: parse_choice(Activation, value, "activation"))
        object.__setattr__(self, "activation", fitted(hidden, len(self.hidden), "activation", "hidden layer"))
        if Activation.SOFTMAX in values_of(hidden):
            known = ", ".join(one.value for one in ELEMENTWISE)
            raise SettingsError(f"activation cannot be 'softmax', which is for outputs only; it is one of {known}.")
        for name in SideName:
            side = self.side(name)
            fit: dict[str, Any] = {}
            for field in PER_LAYER:
                if isinstance(choice := getattr(side, field), tuple):
                    fit[field] = fitted(choice, len(self.hidden) + 1, f"{name.value}.{field}")
            object.__setattr__(self, name.value, replace(side, **fit) if fit else side)

    def _check_alone(self, name: SideName) -> None:
        """Some values are the other side's alone."""
        for field, choice in vars(self.side(name)).items():
            for value in values_of(choice):
                if isinstance(value, Enum) and value in ALONE[name]:
                    raise SettingsError(cannot_have(name, field, value))

    def _check_target_shape(self, name: SideName) -> None:
        """PyTorch refuses flat targets where it cannot broadcast them, and in every cross-entropy."""
        side = self.side(name)
        if side.target_shape is TargetShape.AS_OUTPUT:
            return
        what = f"{name.value}.target_shape cannot be 'flat'"
        if self.data.outputs > 1:
            raise SettingsError(
                f"{what} with {self.data.outputs} outputs: targets (N,) fit only outputs (N, 1); set it to as-output."
            )
        if side.objective is not Objective.SQUARED_ERROR:
            raise SettingsError(
                f"{what} with the objective {side.objective.value}: PyTorch's loss refuses targets (N,) beside outputs "
                "(N, 1); set it to as-output."
            )

    def _check_batches(self, name: SideName) -> None:
        """An epoch has a batch."""
        if not self.batches(self.side(name)).count:
            N = self.data.samples
            raise SettingsError(
                f"{name.value}.batch cannot be {self.side(name).batch} with last_batch 'drop': of {N:,} samples no "
                f"batch is left; set it to at most {N:,}, or last_batch to keep."
            )

    def _check_tensors(self, name: SideName) -> None:
        """Only layers that are there can be named."""
        last = self.side(name).tensor_steps.last_layer
        if last > (layers := len(self.hidden) + 1):
            raise SettingsError(
                f"{name.value}.tensor_steps names layer {last}, and there "
                f"{'is one layer' if layers == 1 else f'are {layers} layers'}; take it out."
            )

    def _check_probabilities(self, name: SideName) -> None:
        """A cross-entropy needs outputs and targets that are probabilities."""
        side, output = self.side(name), self.output_activation
        squared = side.objective is Objective.SQUARED_ERROR
        if squared and not side.loss_report.of_probabilities:
            return
        what = (
            f"{name.value}.loss_report cannot be '{side.loss_report.value}'"
            if squared
            else f"{name.value}.objective cannot be '{side.objective.value}'"
        )
        if output not in OWN_LOSS:
            raise SettingsError(
                f"{what} with the output activation {output.value}: a cross-entropy needs probabilities; "
                "set output_activation to softmax or sigmoid."
            )
        if is_fused(side) and OWN_LOSS[output] is not side.objective:
            other = next(one for one, loss in OWN_LOSS.items() if loss is side.objective)
            raise SettingsError(
                f"{what} of logits with the output activation {output.value}; set output_activation to {other.value}, "
                f"or {name.value}.loss_input to probabilities."
            )
        Y = self.data.Y if self.data.held_out is None else np.concatenate([self.data.Y, self.data.held_out.Y])
        outside = Y[(Y < 0) | (Y > 1)]
        if outside.size:
            raise SettingsError(
                f"{what} for the targets of {self.data.name}, one of which is {outside.flat[0]:g}: "
                f"a cross-entropy needs targets from 0 to 1{self._may_be_classes}."
            )
        if side.objective is Objective.CROSS_ENTROPY:
            sums = Y.sum(axis=1)
            if (wrong := np.flatnonzero(np.abs(sums - 1) > LEFT_OVER)).size:
                raise SettingsError(
                    f"{what} for the targets of {self.data.name}, which sum to {sums[wrong[0]]:g} in row "
                    f"{wrong[0] + 1}: each row must sum to 1, as a class's 1 among zeros does; "
                    f"binary-cross-entropy takes others{self._may_be_classes}."
                )

    @property
    def _may_be_classes(self) -> str:
        """What to do where whole numbers of one column of a file are names."""
        of_a_file = self.data.source is not None
        whole = of_a_file and self.data.outputs == 1 and bool((np.mod(self.data.Y, 1) == 0).all())
        return "; whole numbers that name classes become such with --classes" if whole else ""

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """D, the hidden sizes, C."""
        return (self.data.inputs, *self.hidden, self.data.outputs)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of each layer, the output's last."""
        return (*of_layers(self.activation, len(self.hidden)), self.output_activation)

    @property
    def elements(self) -> int:
        """N·C of a full batch by hand, the number of elements the mean of the squared error is taken over."""
        return self.batch_samples(self.numpy) * self.data.outputs

    def batches(self, side: Side) -> Batches:
        """Those of a side's epoch."""
        return Batches.of(side.batch, side.last_batch, self.data.samples)

    @property
    def batches_of_epoch(self) -> int:
        """On the side that has more of them: the other waits for it at the end of each epoch."""
        return max(self.batches(side).count for side in (self.numpy, self.pytorch))

    def batch_samples(self, side: Side) -> int:
        """N of a side's full batch."""
        return self.batches(side).size

    def batch_sizes(self, side: Side) -> Sizes:
        """N, D and C of a side's full batch, and M."""
        return Sizes(self.batch_samples(side), self.data.inputs, self.data.outputs, self.data.samples)

    def takes_batches(self, side: Side) -> bool:
        """Whether a side's update is made of other samples than all in the order of the data."""
        shuffles = side.order is not SampleOrder.IN_ORDER and self.data.samples > 1
        return shuffles or self.batches(side) != Batches(1, self.data.samples, self.data.samples)

    @property
    def in_batches(self) -> bool:
        """Whether some side takes batches."""
        return self.takes_batches(self.numpy) or self.takes_batches(self.pytorch)

    @property
    def logs_epochs(self) -> bool:
        """Whether on some side an epoch's loss may be another than that of its one batch."""
        return self.in_batches or EpochLoss.WHOLE in (self.numpy.epoch_loss, self.pytorch.epoch_loss)

    @property
    def parameter_count(self) -> int:
        """Weights and biases of one side, biases counted whether or not they are on."""
        sizes = self.layer_sizes
        return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))

    def is_binary(self, side: Side) -> bool:
        """Whether a cross-entropy that the side logs is that of each output for itself."""
        if side.objective is Objective.SQUARED_ERROR:
            return self.output_activation is not Activation.SOFTMAX
        return side.objective is Objective.BINARY_CROSS_ENTROPY

    def side(self, name: SideName) -> Side:
        """The `Side` of that name."""
        return self.numpy if name is SideName.NUMPY else self.pytorch

    def with_side(self, name: SideName, **changes: Any) -> Settings:
        """These settings with fields of one side replaced."""
        side = replace(self.side(name), **changes)
        return replace(self, numpy=side) if name is SideName.NUMPY else replace(self, pytorch=side)


def check_device_name(device: str) -> None:
    """Refuse what cannot name a device anywhere; whether this machine has it is `torch_device.py`'s to say."""
    if not isinstance(device, str):
        raise SettingsError(f"device cannot be {shown(repr(device))}; it is a text such as 'cpu'.")
    if device == "gpu" or device.startswith("gpu:"):
        raise SettingsError(
            f"device cannot be '{shown(device)}': PyTorch has no device of that name; an NVIDIA or AMD card is 'cuda'."
        )
    if not re.fullmatch(r"(cpu|cuda|mps)(:\d{1,3})?", device):
        raise SettingsError(
            f"device cannot be '{shown(device)}'; it is one of {', '.join(DEVICE_KINDS)}, or cuda:1 and so on."
        )


def _check_whole(field: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SettingsError(f"{field} cannot be {shown(repr(value))}; it is a whole number from {low} to {high:,}.")


def _checked_hidden(sizes: object) -> tuple[int, ...]:
    if not isinstance(sizes, (tuple, list)):
        raise SettingsError(
            f"hidden cannot be {shown(repr(sizes))}; it is a sequence of layer sizes such as (5, 4), or ()."
        )
    for size in sizes:
        _check_whole("a hidden layer's size", size, 1, MAX_PARAMETERS)
    if len(sizes) > 50:
        raise SettingsError(f"hidden has {len(sizes)} layers; at most 50 can be compared.")
    return tuple(sizes)
