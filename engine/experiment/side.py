"""How one implementation does it: the choices of a side, and `Side`, which has one of each. Frozen, checked when made.

What both sides share is `settings.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from engine.errors import SettingsError
from engine.experiment.per_layer import PerLayer, parsed_per_layer
from engine.experiment.update_rules import NO_MOMENTUM, NO_WEIGHT_DECAY, Momentum, UpdateOrder, WeightDecay
from engine.shown_text import shown

LEARNING_RATES = (1e-30, 1e30)
"""The least and the greatest: float32 holds both, and their products with 2/(N·C)."""


class SideName(Enum):
    """Which of the two implementations."""

    NUMPY = "numpy"
    PYTORCH = "pytorch"

    @property
    def label(self) -> str:
        """How columns and legends call it."""
        return "by hand" if self is SideName.NUMPY else "PyTorch"

    @property
    def adjective(self) -> str:
        """How sentences call it: 'the hand-written loss'."""
        return "hand-written" if self is SideName.NUMPY else "PyTorch"

    @property
    def other(self) -> SideName:
        """The opposite side."""
        return SideName.PYTORCH if self is SideName.NUMPY else SideName.NUMPY


class Objective(Enum):
    """What an error costs; `Reduction` makes one number of the costs, `LossReport` is what is logged."""

    SQUARED_ERROR = "squared-error"
    """(ŷ − y)²."""


class LossReport(Enum):
    """The number that is logged each epoch; e = prediction − target, N·C elements."""

    ERROR_TIMES_LOSS = "error-times-loss"
    """mean(e · ½·mean(e²)): what the question's code logs; signed, third order in e."""
    MSE = "mse"
    """mean(e²): `nn.MSELoss()`."""
    HALF_SUM = "half-sum"
    """½·Σe²: the loss whose gradient is exactly e."""

    @property
    def signed(self) -> bool:
        """Whether it can be negative, so that no log axis can show it."""
        return self is LossReport.ERROR_TIMES_LOSS


class LogMoment(Enum):
    """Of which weights an epoch's loss is logged."""

    BEFORE = "before-update"
    """Those that the gradient was computed from."""
    AFTER = "after-update"
    """Those that the epoch ends with: one more forward pass."""


class DerivativeAt(Enum):
    """What the formula σ′ = s·(1 − s) is given for s."""

    OUTPUT = "output"
    """The activation's output, for which it is written."""
    PRE_ACTIVATION = "pre-activation"
    """The activation's input z: the classical slip."""


class InitialWeights(Enum):
    """The distribution, and the stream, that the first weights are drawn from."""

    UNIT_UNIFORM = "unit-uniform"
    """`np.random.random`: U[0, 1)."""
    PYTORCH = "pytorch"
    """`nn.Linear`'s default, drawn in float32."""
    PYTORCH_FLOAT64 = "pytorch-float64"
    """`nn.Linear(..., dtype=torch.float64)`: the same distribution from another stream."""
    TRUNCATED_NORMAL = "truncated-normal"
    """A standard normal cut off at ±1/√fan_in."""

    @property
    def pytorchs_stream(self) -> bool:
        """Whether it is what `nn.Linear` draws; NumPy's stream otherwise."""
        return self in (InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64)


class Reduction(Enum):
    """How the squared errors become the one number whose gradient is taken."""

    SUM = "sum"
    """½·Σe²: the output error is e itself."""
    MEAN = "mean"
    """mean(e²): the output error is 2/(N·C)·e."""


class Precision(Enum):
    """The floating-point type a side computes in."""

    FLOAT64 = "float64"
    FLOAT32 = "float32"
    MIXED = "mixed"
    """Weights kept in float32, everything else computed in float64: the answer's own listing; NumPy only."""


Member = TypeVar("Member", bound=Enum)


def parse_choice(kind: type[Member], value: object, what: str) -> Member:
    """The member of `kind` that `value` is or names; raises `SettingsError` listing what there is."""
    if isinstance(value, kind):
        return value
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(member.value) for member in kind)
        raise SettingsError(f"{what} cannot be '{shown(value)}'; it is one of {known}.") from None


@dataclass(frozen=True)
class Side:
    """How one implementation does it. The defaults are PyTorch's. Raises `SettingsError`.

    What concerns a layer is one value, or one per layer.
    """

    objective: Objective = Objective.SQUARED_ERROR
    loss_report: LossReport = LossReport.MSE
    initial_weights: PerLayer[InitialWeights] = InitialWeights.PYTORCH
    bias: PerLayer[bool] = True
    reduction: Reduction = Reduction.MEAN
    learning_rate: float = 0.3
    precision: Precision = Precision.FLOAT32
    update_order: UpdateOrder = UpdateOrder.TOGETHER
    log_moment: LogMoment = LogMoment.BEFORE
    derivative_at: PerLayer[DerivativeAt] = DerivativeAt.OUTPUT
    momentum: Momentum = NO_MOMENTUM
    weight_decay: WeightDecay = NO_WEIGHT_DECAY

    def __post_init__(self) -> None:
        kinds = {
            "objective": Objective,
            "loss_report": LossReport,
            "reduction": Reduction,
            "precision": Precision,
            "update_order": UpdateOrder,
            "log_moment": LogMoment,
        }
        for field, kind in kinds.items():
            object.__setattr__(self, field, parse_choice(kind, getattr(self, field), field))
        for field, parse in PER_LAYER.items():
            object.__setattr__(self, field, parsed_per_layer(getattr(self, field), parse))
        object.__setattr__(self, "momentum", _parsed(Momentum, self.momentum, "momentum"))
        object.__setattr__(self, "weight_decay", _parsed(WeightDecay, self.weight_decay, "weight_decay"))
        rate = self.learning_rate
        low, high = LEARNING_RATES
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not low <= rate <= high:
            raise SettingsError(
                f"learning_rate cannot be {shown(repr(rate))}; it is a number from {low:g} to {high:g}."
            )
        object.__setattr__(self, "learning_rate", float(rate))

    @property
    def logs_objective(self) -> bool:
        """Whether what is logged is the very number whose gradient is taken."""
        own = LossReport.MSE if self.reduction is Reduction.MEAN else LossReport.HALF_SUM
        return self.loss_report is own and self.log_moment is LogMoment.BEFORE


def _checked_bias(value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"bias cannot be {shown(repr(value))}; it is True or False.")
    return value


PER_LAYER: dict[str, Callable[[Any], Any]] = {
    "initial_weights": lambda value: parse_choice(InitialWeights, value, "initial_weights"),
    "bias": _checked_bias,
    "derivative_at": lambda value: parse_choice(DerivativeAt, value, "derivative_at"),
}
"""What a side may have for each layer, and how one value is read."""

Rule = TypeVar("Rule", Momentum, WeightDecay)


def _parsed(kind: type[Rule], value: object, field: str) -> Rule:
    if isinstance(value, kind):
        return value
    try:
        return kind.parse(str(value))
    except SettingsError:
        raise
    except ValueError:
        raise SettingsError(f"{field} cannot be {shown(repr(value))}; it is a {kind.__name__} or its name.") from None


def gradient_factor(scale: Reduction, elements: int) -> float:
    """What multiplies e = prediction − target: 1 for the sum, 2/(N·C) for the mean."""
    return 1.0 if scale is Reduction.SUM else 2.0 / elements
