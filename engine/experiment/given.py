"""First weights and sample orders that are given as arrays, as they are recorded from a program, instead of drawn.

Which side starts from them is its `initial_weights`' and its `order`'s to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import SettingsError
from engine.experiment.batch_rules import SampleOrder
from engine.experiment.choices import InitialWeights, SideName
from engine.experiment.per_layer import values_of
from engine.experiment.side import Side
from engine.types import FloatArray

REAL_KINDS = "biuf"
"""NumPy's letters for types that hold real numbers."""

WHOLE_KINDS = "iu"


class HasSides(Protocol):
    """As `Settings`."""

    @property
    def numpy(self) -> Side:
        """By hand."""

    @property
    def pytorch(self) -> Side:
        """PyTorch's."""


@dataclass(frozen=True, eq=False)
class GivenLayer:
    """One layer's weight (fan_in, fan_out) and bias (fan_out,), both float64, finite and read-only; a layer without a
    bias may be given none, and starts from zeros where it has one. Raises `SettingsError`.
    """

    weight: FloatArray
    bias: FloatArray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", _checked(self.weight, 2, "a weight (fan_in, fan_out)"))
        if self.bias is None:
            return
        object.__setattr__(self, "bias", _checked(self.bias, 1, "a bias (fan_out,)"))
        if len(self.bias) != self.weight.shape[1]:
            raise SettingsError(
                f"given: a bias of {len(self.bias)} numbers does not fit a weight with {self.weight.shape[1]} outputs."
            )


@dataclass(frozen=True, eq=False)
class Given:
    """The layers from first to last, and the samples' places in the data, from 0, that each epoch takes one after the
    other, (E, N); after the last epoch the first's come again. Raises `SettingsError`.
    """

    layers: tuple[GivenLayer, ...] = ()
    orders: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        for before, after in zip(self.layers, self.layers[1:], strict=False):
            if before.weight.shape[1] != after.weight.shape[0]:
                raise SettingsError(
                    f"given: a layer with {before.weight.shape[1]} outputs cannot stand before one with "
                    f"{after.weight.shape[0]} inputs."
                )
        if self.orders is not None:
            object.__setattr__(self, "orders", _checked_orders(self.orders))

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """D, the hidden sizes, C; nothing where no layers are given."""
        return (*(one.weight.shape[0] for one in self.layers), *(one.weight.shape[1] for one in self.layers[-1:]))

    @property
    def numbers(self) -> int:
        """How many are given."""
        orders = 0 if self.orders is None else self.orders.size
        return orders + sum(one.weight.size + (0 if one.bias is None else one.bias.size) for one in self.layers)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Given):
            return NotImplemented
        return len(self.layers) == len(other.layers) and all(
            one is another or (one is not None and another is not None and np.array_equal(one, another))
            for one, another in zip(self._arrays(), other._arrays(), strict=True)
        )

    def __hash__(self) -> int:
        return hash(self.layer_sizes)

    def _arrays(self) -> list[FloatArray | NDArray[np.int64] | None]:
        return [self.orders, *(array for one in self.layers for array in (one.weight, one.bias))]


def uses_given(settings: HasSides) -> bool:
    """Whether some side starts from what is given, or takes the samples in given orders."""
    return any(
        InitialWeights.GIVEN in values_of(side.initial_weights) or side.order is SampleOrder.GIVEN
        for side in (settings.numpy, settings.pytorch)
    )


def draws_something(settings: HasSides) -> bool:
    """Whether another seed makes another run of some side."""
    drawn = set(InitialWeights) - {InitialWeights.GIVEN, InitialWeights.ZEROS}
    return any(
        drawn & set(values_of(side.initial_weights)) or side.order in (SampleOrder.DATALOADER, SampleOrder.PERMUTATION)
        for side in (settings.numpy, settings.pytorch)
    )


def check_given(given: Given | None, name: SideName, side: Side, layer_sizes: Sequence[int], samples: int) -> None:
    """Refuse a side that starts from what is not given, or not for this network and these data."""
    sizes = tuple(layer_sizes)
    if InitialWeights.GIVEN in values_of(side.initial_weights):
        what = f"{name.value}.initial_weights cannot be 'given'"
        if given is None or not given.layers:
            raise SettingsError(f"{what}: there are no such weights here; choose another start.")
        if given.layer_sizes != sizes:
            raise SettingsError(
                f"{what} with the layers {_joined(sizes)}: the given weights are those of "
                f"{_joined(given.layer_sizes)}; choose another start."
            )
    if side.order is SampleOrder.GIVEN:
        what = f"{name.value}.order cannot be 'given'"
        if given is None or given.orders is None:
            raise SettingsError(f"{what}: there are no such orders here; choose another order.")
        if given.orders.shape[1] != samples or given.orders.max() >= samples:
            raise SettingsError(
                f"{what} with {samples:,} samples: the given orders are those of {given.orders.shape[1]:,}; "
                "choose another order."
            )


def _joined(sizes: Sequence[int]) -> str:
    return "-".join(map(str, sizes))


def _checked(values: object, dimensions: int, what: str) -> FloatArray:
    array = np.asarray(values)
    if array.dtype.kind not in REAL_KINDS or array.ndim != dimensions or not array.size:
        raise SettingsError(f"given: {what} cannot be of {array.dtype} values and shape {array.shape}.")
    kept: FloatArray = np.array(array, dtype=np.float64, order="C")
    if not np.isfinite(kept).all():
        raise SettingsError(f"given: {what} holds {kept[~np.isfinite(kept)][0]}; every number must be finite.")
    kept.setflags(write=False)
    return kept


def _checked_orders(values: object) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.dtype.kind not in WHOLE_KINDS or array.ndim != 2 or not array.size:
        raise SettingsError(
            f"given: orders cannot be of {array.dtype} values and shape {array.shape}; they are whole numbers, a row "
            "of places for each epoch."
        )
    kept = np.array(array, dtype=np.int64, order="C")
    if kept.min() < 0 or kept.max() >= kept.shape[1]:
        raise SettingsError(
            f"given: orders of {kept.shape[1]:,} samples hold {int(kept.flat[np.abs(kept).argmax()])}; places go from "
            f"0 to {kept.shape[1] - 1:,}."
        )
    kept.setflags(write=False)
    return kept
