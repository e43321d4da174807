"""What hand-written code adds where a cross-entropy of probabilities would divide by 0. Values only, checked when made.

The arithmetic is in `numpy_losses.py` and `torch_losses.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.errors import SettingsError
from engine.number_text import read_number
from engine.shown_text import shown

LEAST, LARGEST = 1e-30, 1.0


class LossEpsilonKind(Enum):
    """Where ε is added; p is an output and y its target."""

    NONE = "none"
    """Nowhere."""
    LOGARITHM = "logarithm"
    """−y·log(p + ε) − (1 − y)·log(1 − p + ε): its gradient divides by p + ε and 1 − p + ε."""
    DIVISOR = "divisor"
    """(p − y)/(p·(1 − p) + ε), the gradient alone; of classes −y/(p + ε)."""


@dataclass(frozen=True)
class LossEpsilon:
    """Where ε is added, and ε itself. Raises `SettingsError`."""

    kind: LossEpsilonKind = LossEpsilonKind.NONE
    epsilon: float = 0.0

    def __post_init__(self) -> None:
        epsilon = self.epsilon
        right = isinstance(epsilon, (int, float)) and not isinstance(epsilon, bool) and LEAST <= epsilon <= LARGEST
        if self.kind is not LossEpsilonKind.NONE and not right:
            raise SettingsError(
                f"a loss's ε cannot be {shown(repr(epsilon))}; it is a number from {LEAST:g} to {LARGEST:g}."
            )

    def __str__(self) -> str:
        """As it is typed: 'logarithm:1e-08'."""
        return self.kind.value if self.kind is LossEpsilonKind.NONE else f"{self.kind.value}:{self.epsilon!r}"

    @classmethod
    def parse(cls, text: str) -> LossEpsilon:
        """`none`, `logarithm:1e-8`, `divisor:1e-8`, or `1e-8` for the former; raises `ValueError`."""
        name, colon, epsilon = text.partition(":")
        if name in (LossEpsilonKind.NONE.value, "no", "off"):
            if colon:
                raise ValueError(text)
            return cls()
        if not colon:
            name, epsilon = LossEpsilonKind.LOGARITHM.value, text
        return cls(LossEpsilonKind(name), read_number(epsilon.removeprefix("epsilon=")))


NO_LOSS_EPSILON = LossEpsilon()
