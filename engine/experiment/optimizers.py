"""The rule that makes an update of a gradient: which one, its numbers, and where people write it otherwise than
`torch.optim`. Values only, checked when made; SGD's momentum is `update_rules.py`'s.

The arithmetic is in `numpy_updates.py` and `torch_updates.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from engine.errors import SettingsError
from engine.experiment.rule_numbers import read_numbers
from engine.number_text import read_number
from engine.shown_text import shown


class OptimizerKind(Enum):
    """Which rule; g is the gradient, η the learning rate, m and v the first and the second moment."""

    SGD = "sgd"
    """W ← W − η·g, or along a momentum."""
    ADAM = "adam"
    """m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; W ← W − η·M/(√V + ε)."""
    RMSPROP = "rmsprop"
    """v ← β₂·v + (1 − β₂)·g²; W ← W − η·g/(√v + ε); β₂ is PyTorch's α."""
    ADAGRAD = "adagrad"
    """v ← v + g²; W ← W − η·g/(√v + ε)."""


class BiasCorrection(Enum):
    """What Adam's moments, which start at 0, are divided by at step t."""

    PER_STEP = "per-step"
    """1 − βᵗ, t from 1."""
    FROM_ZERO = "from-zero"
    """1 − βᵗ, t from 0: the first division is by 0."""
    PER_EPOCH = "per-epoch"
    """1 − βᵗ, t being the number of the epoch from 1."""
    CONSTANT = "constant"
    """1 − β at every step."""
    FIRST_MOMENT = "first-moment"
    """The first moment alone by 1 − β₁ᵗ."""
    SECOND_MOMENT = "second-moment"
    """The second moment alone by 1 − β₂ᵗ."""
    NONE = "none"
    """Nothing."""


class EpsilonAt(Enum):
    """Where ε is added; V is the corrected second moment."""

    OUTSIDE = "outside"
    """√V + ε."""
    INSIDE = "inside"
    """√(V + ε)."""
    UNCORRECTED = "uncorrected"
    """√v + ε, the corrections being in the learning rate: η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)."""


PARAMETERS: Mapping[OptimizerKind, Mapping[str, str]] = {
    OptimizerKind.SGD: {},
    OptimizerKind.ADAM: {"beta1": "beta1", "beta2": "beta2", "epsilon": "epsilon"},
    OptimizerKind.RMSPROP: {"alpha": "beta2", "epsilon": "epsilon"},
    OptimizerKind.ADAGRAD: {"start": "start", "epsilon": "epsilon"},
}
"""What a rule's numbers are called where they are typed, and in `Optimizer`."""

DEFAULTS: Mapping[OptimizerKind, Mapping[str, float]] = {
    OptimizerKind.SGD: {},
    OptimizerKind.ADAM: {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    OptimizerKind.RMSPROP: {"beta2": 0.99, "epsilon": 1e-8},
    OptimizerKind.ADAGRAD: {"start": 0.0, "epsilon": 1e-10},
}
"""As `torch.optim` has them."""

LEARNING_RATES = {"adam": 1e-3, "rmsprop": 1e-2, "adagrad": 1e-2}
"""`torch.optim`'s own, by the rule's name; SGD's is a matter of the data."""

ADAMW_DECAY = "decoupled-0.01"
"""The weight decay that makes Adam `torch.optim.AdamW` with its own numbers."""


@dataclass(frozen=True)
class Optimizer:
    """A rule and its numbers; those that it does not have are 0. Raises `SettingsError`."""

    kind: OptimizerKind = OptimizerKind.SGD
    beta1: float = 0.0
    beta2: float = 0.0
    epsilon: float = 0.0
    start: float = 0.0
    """Of Adagrad's sum of squares."""

    def __post_init__(self) -> None:
        for name in PARAMETERS[self.kind].values():
            _check(self.kind, name, getattr(self, name))

    @classmethod
    def of(cls, kind: OptimizerKind, **numbers: float) -> Optimizer:
        """With `torch.optim`'s numbers where none are given."""
        return cls(kind, **{**DEFAULTS[kind], **numbers})

    @property
    def is_sgd(self) -> bool:
        """Whether it steps along the gradient itself."""
        return self.kind is OptimizerKind.SGD

    def __str__(self) -> str:
        """As it is typed: 'adam', 'adam:epsilon=1e-07'."""
        given = [
            f"{typed}={getattr(self, name)!r}"
            for typed, name in PARAMETERS[self.kind].items()
            if getattr(self, name) != DEFAULTS[self.kind][name]
        ]
        return f"{self.kind.value}:{','.join(given)}" if given else self.kind.value

    @classmethod
    def parse(cls, text: str) -> Optimizer:
        """`sgd`, `adam`, `adam:beta1=0.9,epsilon=1e-7`, `rmsprop:alpha=0.9`, `adagrad:start=0.1`; raises `ValueError`,
        or `SettingsError` where it can say more.
        """
        name, colon, given = text.partition(":")
        if name == "adamw":
            raise SettingsError(
                f"AdamW is adam with another weight decay: give optimizer=adam and weight_decay={ADAMW_DECAY}."
            )
        kind = OptimizerKind(name)
        parts = given.split(",") if colon else []
        if any(part.startswith("weight_decay=") for part in parts):
            raise SettingsError(f"weight decay is a setting of its own, such as weight_decay={ADAMW_DECAY}.")
        names = PARAMETERS[kind]
        numbers = read_numbers(name, parts, dict.fromkeys(names, read_number), _has(kind))
        return cls.of(kind, **{names[typed]: number for typed, number in numbers.items()})


def _has(kind: OptimizerKind) -> str:
    return ", ".join(f"{typed}={DEFAULTS[kind][name]:g}" for typed, name in PARAMETERS[kind].items()) or "no numbers"


def _check(kind: OptimizerKind, name: str, value: object) -> None:
    typed = next(typed for typed, own in PARAMETERS[kind].items() if own == name)
    share = name in ("beta1", "beta2")
    right = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not right or not value >= 0 or (value >= 1 if share else value > 1):  # type: ignore[operator]
        wanted = "a number from 0 to below 1" if share else "a number from 0 to 1"
        raise SettingsError(f"{kind.value}'s {typed} cannot be {shown(repr(value))}; it is {wanted}.")


SGD = Optimizer()
