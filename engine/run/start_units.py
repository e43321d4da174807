"""What the first weights do to a network's units: saturated, dead or alike before anything is learnt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.experiment.choices import SideName
from engine.experiment.discrepancies.base import each_side, listed
from engine.experiment.settings import Activation, Settings
from engine.networks.initial_weights import initial_layers
from engine.networks.network_data import InputForm
from engine.networks.numpy_model import build_network
from engine.types import FloatArray

MOST_SAMPLES = 1000
"""Of the data, as far apart as can be: files are often sorted."""

MOST_PARAMETERS = 200_000
"""Of a network that this is found for: a key that asks for it must not wait."""

PASSED_ON = 0.01
"""A unit is saturated whose derivative is at most this share of its greatest, for every sample."""

GREATEST = {Activation.SIGMOID: 0.25, Activation.TANH: 1.0}
"""The greatest derivative."""


@dataclass(frozen=True)
class StartUnits:
    """How many units a layer has, or all layers have, and what they are; one may be both saturated and alike."""

    units: int
    saturated: int
    dead: int
    alike: int

    def __str__(self) -> str:
        counts = ((self.saturated, "saturated"), (self.dead, "dead"), (self.alike, "alike"))
        return listed([f"{count:,} {what}" for count, what in counts if count]) or "none is saturated, dead or alike"


def start_units(settings: Settings, name: SideName) -> StartUnits | None:
    """Those of a side at its start; nothing for a network that is too large to look at at once."""
    found = units_of_layers(settings, name)
    if not found:
        return None
    return StartUnits(*(sum(getattr(one, field.name) for one in found) for field in fields(StartUnits)))


def units_of_layers(settings: Settings, name: SideName, samples: int = MOST_SAMPLES) -> tuple[StartUnits, ...]:
    """Those of each layer, the output's last, by so many samples at most; nothing for a network that is too large to
    look at at once.
    """
    if settings.parameter_count > MOST_PARAMETERS:
        return ()
    side = settings.side(name)
    network = build_network(settings, side, initial_layers(settings, side))
    with np.errstate(all="ignore"):
        X = settings.data.X
        some = X[np.linspace(0, len(X) - 1, min(samples, len(X))).astype(int)]
        _, layer = network.forward(InputForm.of(settings.data, side).inputs(some))
    outgoing = {i: network.W[i + 1] for i in range(1, network.L)}
    return tuple(_of_layers(settings, layer, outgoing))


def _of_layers(
    settings: Settings, layer: dict[int, FloatArray], outgoing: dict[int, FloatArray]
) -> Iterator[StartUnits]:
    for i, activation in enumerate(settings.activations, start=1):
        output, living = layer[i], np.ones(layer[i].shape[1], bool)
        saturated = 0
        if activation in GREATEST:
            derivative = output * (1 - output) if activation is Activation.SIGMOID else 1 - output * output
            saturated = int(np.all(derivative <= PASSED_ON * GREATEST[activation], axis=0).sum())
        elif activation is Activation.RELU:
            # What is no number is not dead: the run will diverge.
            living = ~np.all(output <= 0, axis=0)
        alike = _alike(output[:, living], outgoing.get(i), living)
        yield StartUnits(output.shape[1], saturated, int(np.count_nonzero(~living)), alike)


def _alike(output: FloatArray, outgoing: FloatArray | None, living: NDArray[np.bool_]) -> int:
    """Hidden units that compute and pass on the same as another: they get the same updates. Outputs never do."""
    if outgoing is None:
        return 0
    _, counts = np.unique(np.concatenate([output, outgoing[living].T]), axis=1, return_counts=True)
    return int(counts[counts > 1].sum())


def start_text(settings: Settings) -> str:
    """'Of 6 units at the start: 5 alike by hand, none is saturated, dead or alike in PyTorch.'; empty where there is
    nothing to say.
    """
    sides = [start_units(settings, name) for name in SideName]
    found = [one for one in sides if one is not None]
    if len(found) < len(sides) or not any((one.saturated, one.dead, one.alike) != (0, 0, 0) for one in found):
        return ""
    return f"Of {found[0].units:,} units at the start: {each_side(*map(str, found))}."
