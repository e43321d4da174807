"""A choice that concerns a layer: one value for all layers, or a tuple with one for each, the input's side first."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeAlias, TypeVar

from engine.errors import SettingsError

Value = TypeVar("Value")

PerLayer: TypeAlias = Value | tuple[Value, ...]


def of_layers(choice: PerLayer[Value], layers: int) -> tuple[Value, ...]:
    """Of each layer, the first one's first."""
    return choice if isinstance(choice, tuple) else (choice,) * layers


def by_layer(choice: PerLayer[Value], layers: int) -> dict[int, Value]:
    """Of each layer, by its number from 1."""
    return dict(enumerate(of_layers(choice, layers), start=1))


def values_of(choice: PerLayer[Value]) -> tuple[Value, ...]:
    """The different values, each once."""
    return tuple(dict.fromkeys(choice)) if isinstance(choice, tuple) else (choice,)


def typed(choice: PerLayer[Enum]) -> str:
    """As it is typed: 'relu', 'relu,tanh'."""
    return ",".join(one.value for one in (choice if isinstance(choice, tuple) else (choice,)))


def parsed_per_layer(choice: object, parse: Callable[[Any], Value]) -> PerLayer[Value]:
    """What a value, a sequence of values, or a text such as 'relu,tanh' stands for; `parse` reads one value."""
    if isinstance(choice, str) and "," in choice:
        choice = [part.strip() for part in choice.split(",")]
    if not isinstance(choice, (tuple, list)):
        return parse(choice)
    values = tuple(parse(one) for one in choice)
    return values[0] if len(values) == 1 else values


def fitted(choice: PerLayer[Value], layers: int, field: str, what: str = "layer") -> PerLayer[Value]:
    """The choice for so many layers, one value where all have the same; raises `SettingsError` for another number."""
    if not isinstance(choice, tuple):
        return choice
    if len(choice) != layers:
        layers_text = f"are {layers} {what}s" if layers > 1 else f"is {layers or 'no'} {what}"
        raise SettingsError(
            f"{field} has {len(choice)} values, and there {layers_text}; give one for all, or one for each."
        )
    return choice[0] if len(set(choice)) == 1 else choice
