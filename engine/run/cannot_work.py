"""What is trained in vain: targets that the outputs cannot reach, and layers that pass no gradient on at the start.

Settings that cannot be at all are refused by `settings.py`; these can be, and are spoken of in a sentence each.
"""

from __future__ import annotations

from engine.experiment.choices import SideName
from engine.experiment.discrepancies.base import listed, plain
from engine.experiment.settings import Activation, Settings
from engine.run.start_units import units_of_layers

REACHED = {
    Activation.SIGMOID: (0.0, 1.0, "from 0 to 1"),
    Activation.SOFTMAX: (0.0, 1.0, "from 0 to 1"),
    Activation.TANH: (-1.0, 1.0, "from −1 to 1"),
    Activation.RELU: (0.0, float("inf"), "never below 0"),
}
"""The least and the greatest output, and how a sentence says so."""

PLACES = {SideName.NUMPY: "by hand", SideName.PYTORCH: "in PyTorch"}


def cannot_work(settings: Settings) -> tuple[str, ...]:
    """A sentence for each thing that keeps this experiment from learning, with what would be right."""
    return (*_targets(settings), *_softmax_of_one(settings), *_layers(settings))


def _targets(settings: Settings) -> list[str]:
    data, activation = settings.data, settings.output_activation
    if activation not in REACHED:
        return []
    low, high, said = REACHED[activation]
    least, greatest = float(data.Y.min()), float(data.Y.max())
    if low <= least and greatest <= high:
        return []
    return [
        f"The targets of {data.name} go from {plain(least)} to {plain(greatest)}, and {activation.value} outputs are "
        f"{said}: some cannot be reached. The output activation identity reaches all."
    ]


def _softmax_of_one(settings: Settings) -> list[str]:
    if settings.output_activation is not Activation.SOFTMAX or settings.data.outputs > 1:
        return []
    return [
        "A softmax of one output is always 1: nothing is learnt. The output activation sigmoid is made for a single "
        "column."
    ]


def _layers(settings: Settings) -> list[str]:
    """Hidden layers none of whose units pass a gradient on, by what they are."""
    found: dict[tuple[int, int, str], list[str]] = {}
    for name in SideName:
        for i, units in enumerate(units_of_layers(settings, name)[:-1], start=1):
            for what, count in (("saturated", units.saturated), ("dead", units.dead)):
                if count == units.units:
                    found.setdefault((i, count, what), []).append(PLACES[name])
    return [
        f"{'The only unit' if count == 1 else f'All {count:,} units'} of layer {i} {'is' if count == 1 else 'are'} "
        f"{what} at the start {listed(places)}: {'hardly any' if what == 'saturated' else 'no'} gradient passes. "
        f"Inputs from 0 to 1 (input_scale) or other first weights may help."
        for (i, count, what), places in found.items()
    ]
