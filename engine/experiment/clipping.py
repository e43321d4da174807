"""What is done to gradients that are too large, before they move anything. Values only, checked when made.

The arithmetic is in `numpy_updates.py` and `torch_updates.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.errors import SettingsError
from engine.number_text import read_number
from engine.shown_text import shown

LEAST, LARGEST = 1e-30, 1e30


class ClippingKind(Enum):
    """Which rule; g is a gradient."""

    NONE = "none"
    """Gradients stay what they are."""
    NORM = "norm"
    """All are multiplied by min(1, bound/(‖all of them‖ + 1e-6)): `clip_grad_norm_(model.parameters(), bound)`."""
    EXACT_NORM = "exact-norm"
    """All are multiplied by min(1, bound/‖all of them‖), as hand-written code has it: without 1e-6."""
    TENSOR_NORM = "tensor-norm"
    """Each weight's and each bias' by a factor of its own."""
    VALUE = "value"
    """Each element is cut off at ±bound: `clip_grad_value_`."""


@dataclass(frozen=True)
class Clipping:
    """A rule and its bound. Raises `SettingsError`."""

    kind: ClippingKind = ClippingKind.NONE
    bound: float = 0.0

    def __post_init__(self) -> None:
        bound = self.bound
        right = isinstance(bound, (int, float)) and not isinstance(bound, bool) and LEAST <= bound <= LARGEST
        if self.kind is not ClippingKind.NONE and not right:
            raise SettingsError(
                f"clipping's bound cannot be {shown(repr(bound))}; it is a number from {LEAST:g} to {LARGEST:g}."
            )

    def __str__(self) -> str:
        """As it is typed: 'norm:1.0'."""
        return self.kind.value if self.kind is ClippingKind.NONE else f"{self.kind.value}:{self.bound!r}"

    @classmethod
    def parse(cls, text: str) -> Clipping:
        """`none`, `norm:1`, `exact-norm:1`, `tensor-norm:1` or `value:0.5`; raises `ValueError`."""
        name, colon, bound = text.partition(":")
        kind = ClippingKind(name)
        if kind is ClippingKind.NONE:
            if colon:
                raise ValueError(text)
            return cls()
        return cls(kind, read_number(bound.removeprefix("bound=")))


NO_CLIPPING = Clipping()
