"""PyTorch's own step with less bookkeeping: the ATen operations that one plain step ran, recorded and run again.

Nothing is rewritten by hand: autograd and the optimizer choose the operations, a dispatch mode writes them down, and
they run again on the same tensors without autograd's graph. Before it is used the recording is held against
plain steps, bit for bit; if one bit differs, the plain step goes on being used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import getitem
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from engine.experiment.optimizers import OptimizerKind
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.networks.places import Tensors
from engine.networks.recorded_number import Numbers, RecordedNumber, recorded_numbers
from engine.networks.recorded_steps import RecordedSteps
from engine.networks.torch_model import TorchModel

MARKED_RATE = 0.7236067977499789
"""A learning rate of no experiment: what is made of it is found again in the recorded calls by its value."""

MARKED_STEP = 3.75
"""Likewise for an optimizer that counts its steps: what it has counted before the recorded one."""

VALUE_FREE = frozenset({"aten::ones_like", "aten::zeros_like", "aten::new_empty_strided", "aten::empty_like"})
"""Operations that read only the shape of their input: their output can be made once and kept."""

ATEN = torch.ops.aten


def _mse_loss(prediction: torch.Tensor, target: torch.Tensor, reduction: int = 1) -> torch.Tensor:
    """As ATen has it, whose reduction is the mean unless said; the binding, which `nn.functional` calls, has none."""
    binding: Any = torch._C._nn.mse_loss
    loss: torch.Tensor = binding(prediction, target, reduction)
    return loss


BINDINGS: dict[Any, Callable[..., Any]] = {
    ATEN.add.Tensor: torch.add,
    ATEN.add_.Tensor: torch.Tensor.add_,
    ATEN.addmm.default: torch.addmm,
    ATEN.baddbmm.default: torch.baddbmm,
    ATEN.bmm.default: torch.bmm,
    ATEN.copy_.default: torch.Tensor.copy_,
    ATEN.mm.default: torch.mm,
    ATEN.mse_loss.default: _mse_loss,
    ATEN.mul.Tensor: torch.mul,
    ATEN.mul_.Tensor: torch.Tensor.mul_,
    ATEN.sigmoid.default: torch.sigmoid,
    ATEN.sub.Tensor: torch.sub,
    ATEN.sum.dim_IntList: torch.sum,
    ATEN.t.default: torch.t,
    ATEN.tanh.default: torch.tanh,
    ATEN.view.default: torch.Tensor.view,
}
"""The same operations with bindings of their own: called in two thirds of the time, with the same arguments."""


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Writes down every ATen operation that runs inside it, with the very tensors it took and gave."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        output = func(*args, **(kwargs or {}))
        if func.namespace == "aten":
            self.calls.append((func, args, kwargs or {}, output))
        return output


@dataclass
class RecordedCall:
    """One call. `consumers` are the places in later calls' arguments where its output belongs."""

    function: Callable[..., Any]
    arguments: list[Any]
    keywords: dict[str, Any]
    consumers: list[tuple[list[Any], int]] = field(default_factory=list)
    writes: bool = False


class TorchReplay:
    """The recorded operations of one step, runnable again."""

    def __init__(
        self,
        calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any]],
        loss: torch.Tensor,
        made: Sequence[RecordedNumber] = (),
    ) -> None:
        self.recorded_calls: list[RecordedCall] = []
        self._producer: dict[int, RecordedCall] = {}
        self._transposed: dict[int, torch.Tensor] = {}
        self._read: set[int] = set()
        self._made = {float(number): number for number in made}
        self._varying: list[tuple[Any, Any, RecordedNumber]] = []
        self._numbers: Numbers | None = None
        for function, arguments, keywords, output in calls:
            self._add(function, arguments, keywords, output)
        self._loss: list[Any] = [None]
        self._take(loss, self._loss, 0)
        self._drop_unused()
        self._prepared = [(one.function, one.arguments, one.keywords, one.consumers) for one in self.recorded_calls]

    def run(self, numbers: Numbers) -> float:
        """One step with these numbers; returns the loss."""
        return float(self.run_on_device(numbers).item())

    def run_on_device(self, numbers: Numbers) -> torch.Tensor:
        """As `run`; the loss stays where it was computed."""
        if numbers != self._numbers:
            for arguments, place, number in self._varying:
                arguments[place] = number.compute(numbers)
            self._numbers = dict(numbers)
        for function, operands, keywords, consumers in self._prepared:
            output = function(*operands, **keywords) if keywords else function(*operands)
            for arguments, position in consumers:
                arguments[position] = output
        loss: torch.Tensor = self._loss[0]
        return loss

    def _add(self, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], output: Any) -> None:
        schema = function._schema
        inputs = [value for value in _flat(arguments) if isinstance(value, torch.Tensor)]
        computed = any(id(tensor) in self._producer for tensor in inputs)
        is_view = any(result.alias_info is not None and not result.alias_info.is_write for result in schema.returns)
        # A view of what is never computed anew sees every change made in place: it can be kept.
        if schema.name in VALUE_FREE:
            return
        if is_view and not computed:
            return
        if schema.name == "aten::detach":
            self._producer[id(output)] = self._producer[id(inputs[0])]
            return
        if schema.name == "aten::t":
            original = self._transposed.get(id(inputs[0]))
            if original is not None and id(original) in self._producer:
                self._producer[id(output)] = self._producer[id(original)]
                return
            self._transposed[id(output)] = inputs[0]
        if schema.name == "aten::copy_" and self._only_passes_on(*arguments[:2]):
            self._producer[id(arguments[0])] = self._producer[id(arguments[1])]
            return
        self._read.update(map(_memory, inputs))
        operation = RecordedCall(BINDINGS.get(function, function), [], {})
        operation.arguments = self._taken(list(arguments), operation)
        operation.keywords = dict(keywords)
        for name, value in keywords.items():
            self._note_number(value, operation.keywords, name)
        written = [
            value
            for value, argument in zip(arguments, schema.arguments, strict=False)
            if argument.alias_info is not None and argument.alias_info.is_write
        ]
        operation.writes = bool(written)
        self.recorded_calls.append(operation)
        if not operation.writes:
            self._note_output(operation, output)

    def _note_output(self, operation: RecordedCall, output: Any) -> None:
        """Who reads it will read what is computed anew; of several tensors each by a call that picks it."""
        if not isinstance(output, (list, tuple)):
            self._producer[id(output)] = operation
            return
        for index, one in enumerate(output):
            pick = RecordedCall(getitem, [None, index], {})
            operation.consumers.append((pick.arguments, 0))
            self.recorded_calls.append(pick)
            self._note_output(pick, one)

    def _only_passes_on(self, target: torch.Tensor, source: torch.Tensor) -> bool:
        """Whether a copy is to a place that is not read before: nothing of one step is kept there for the next, and who
        reads the copy can read the source. So it is with gradients.
        """
        alike = (target.shape, target.dtype, target.device) == (source.shape, source.dtype, source.device)
        return alike and id(source) in self._producer and _memory(target) not in self._read

    def _taken(self, values: list[Any], operation: RecordedCall) -> list[Any]:
        taken: list[Any] = [None] * len(values)
        for position, value in enumerate(values):
            if isinstance(value, (list, tuple)):
                taken[position] = self._taken(list(value), operation)
            else:
                self._take(value, taken, position)
        return taken

    def _take(self, value: Any, place: list[Any], position: int) -> None:
        if not isinstance(value, torch.Tensor):
            place[position] = value
            self._note_number(value, place, position)
        elif id(value) in self._producer:
            self._producer[id(value)].consumers.append((place, position))
        else:
            place[position] = value.detach()

    def _note_number(self, value: Any, arguments: Any, place: Any) -> None:
        """A number made of those that change is given anew at each change; it is known by its value."""
        if isinstance(value, float) and value in self._made:
            self._varying.append((arguments, place, self._made[value]))

    def _drop_unused(self) -> None:
        needed: list[RecordedCall] = []
        places = {id(self._loss)}
        for operation in reversed(self.recorded_calls):
            operation.consumers = [(place, index) for place, index in operation.consumers if id(place) in places]
            if operation.writes or operation.consumers:
                needed.append(operation)
                places.update(_places(operation.arguments))
        self.recorded_calls = needed[::-1]
        self._producer.clear()
        self._transposed.clear()
        self._read.clear()


def _memory(tensor: torch.Tensor) -> int:
    """What it shares with its views."""
    return tensor.untyped_storage().data_ptr()


def _flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value


def _places(arguments: list[Any]) -> Iterator[int]:
    yield id(arguments)
    for value in arguments:
        if isinstance(value, list):
            yield from _places(value)


def numbers_of_step(side: Side, learning_rate: Any, t: Any) -> list[RecordedNumber]:
    """What Adam makes of a learning rate and of its number t, as `torch.optim.adam` computes it."""
    rule = side.optimizer
    if rule.kind is not OptimizerKind.ADAM or side.writes_update:
        return []
    step_size = learning_rate / (1 - rule.beta1**t)
    return [-step_size, (1 - rule.beta2**t) ** 0.5]


class ReplayedTorchModel(TorchModel):
    """`TorchModel` with a faster `step`; the bits are the same."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._numbers: dict[str, float] = {"learning_rate": self.side.learning_rate, "t": 0}
        self._counts = self.side.optimizer.kind is OptimizerKind.ADAM or self.side.counts_updates
        self._forget_recordings()

    def _forget_recordings(self) -> None:
        """Of a full batch, and of a smaller last one."""
        self.steps_from_now, self.smaller_steps = RecordedSteps[TorchReplay](), RecordedSteps[TorchReplay]()

    def next_loss(self) -> float:
        """As `TorchModel.next_loss`."""
        if self._batches is None or self.progress.is_full(self.steps):
            return self.steps_from_now.next(self)
        return self.smaller_steps.next(self)

    def plain_step(self) -> float:
        """As `Recordable.plain_step`."""
        return super().next_loss()

    def record(self) -> TorchReplay | None:
        """As `Recordable.record`; with a learning rate by which the numbers that are made of it are known."""
        if self.side.makes_optimizers:
            return None  # the moments of the next step are not those of the recorded one
        before, rate = self.state(), self._numbers["learning_rate"]
        marked, trail = recorded_numbers({"learning_rate": MARKED_RATE, "t": MARKED_STEP + 1})
        self.give_rate(marked["learning_rate"])
        self.count_steps(MARKED_STEP)
        self.network.t = marked["t"] - 1
        X, Y = self.next_batch()
        with Recorder() as recorder:
            loss = self.network.step(X, Y).detach()
        self.give_rate(rate)
        self.set_state(before)
        made = [*trail.made, *numbers_of_step(self.side, marked["learning_rate"], marked["t"])]
        return TorchReplay(recorder.calls, loss, made)

    def recorded_step(self, recorded: TorchReplay) -> float:
        """As `Recordable.recorded_step`."""
        if self._batches is not None:
            self.next_batch()
        if self._rates.change:
            self.follow_schedule()
        self.steps += 1
        self._updates += 1
        if self._counts:
            self._numbers = {**self._numbers, "t": self._updates}
        return recorded.run(self._numbers)

    def give_rate(self, rate: float) -> None:
        """As `TorchModel.give_rate`."""
        super().give_rate(rate)
        self._numbers = {**self._numbers, "learning_rate": rate}

    def _keep(self, kept: Tensors, updates: int) -> None:
        if kept.keys() != self._kept().keys():
            # The recording writes into tensors that are no longer there.
            self._forget_recordings()
        super()._keep(kept, updates)
