"""Weights and biases whose gradients are multiplied by a number of their own: −1 of a wrong sign, 0 of a line that is
missing. Values only, checked when made; the arithmetic is in `numpy_mlp.py` and `torch_mlp.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import SettingsError
from engine.number_text import read_number
from engine.shown_text import shown

LARGEST = 1e30


@dataclass(frozen=True)
class TensorSteps:
    """The factors by the tensor's name, 'W1' or 'b2', the layer's number from 1; all others have 1. Raises
    `SettingsError`.
    """

    factors: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        kept = {}
        for name, factor in self.factors:
            if not re.fullmatch(r"[Wb][1-9][0-9]?", name):
                raise SettingsError(f"tensor_steps cannot name '{shown(name)}'; a tensor is W1, b1, W2 and so on.")
            if name in kept:
                raise SettingsError(f"tensor_steps names {name} twice; once is enough.")
            if not abs(factor) <= LARGEST:
                raise SettingsError(f"tensor_steps cannot be {factor:g} for {name}; it is at most {LARGEST:g}.")
            kept[name] = float(factor)
        ordered = sorted(kept.items(), key=lambda item: (int(item[0][1:]), item[0][0]))
        object.__setattr__(self, "factors", tuple((name, factor) for name, factor in ordered if factor != 1))

    def __str__(self) -> str:
        """As it is typed: 'W1:-1+b2:0.5'."""
        return "+".join(f"{name}:{repr(factor).removesuffix('.0')}" for name, factor in self.factors) or "none"

    @classmethod
    def parse(cls, text: str) -> TensorSteps:
        """`none`, or such as `b1:-1` and `W1:0.5+b1:0`; raises `ValueError`."""
        if text == "none":
            return cls()
        factors = []
        for part in text.split("+"):
            name, colon, factor = part.strip().partition(":")
            if not colon:
                raise ValueError(text)
            factors.append((name[:1].replace("w", "W") + name[1:], read_number(factor)))
        return cls(tuple(factors))

    @property
    def last_layer(self) -> int:
        """The highest number of a layer that is named; 0 where none is."""
        return max((int(name[1:]) for name, _ in self.factors), default=0)

    def of(self, letter: str, layers: int) -> dict[int, float]:
        """Of the weights ('W') or biases ('b') of so many layers, by the layer's number from 1."""
        factors = dict(self.factors)
        return {i: factors.get(f"{letter}{i}", 1.0) for i in range(1, layers + 1)}


AS_THEY_ARE = TensorSteps()
