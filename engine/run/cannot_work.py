"""What is trained in vain: targets that the outputs cannot reach, and layers that pass no gradient on at the start.

Settings that cannot be at all are refused by `settings.py`; these can be, and are spoken of in a sentence each.
"""

from __future__ import annotations

import numpy as np

from engine.experiment.choices import DerivativeAt, InputScale, SentDown, SideName, SoftmaxForm
from engine.experiment.discrepancies.base import listed, plain
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import LEFT_OVER, Activation, Settings
from engine.experiment.side import is_fused
from engine.run.start_units import StartUnits, units_of_layers

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
    if not (low <= least and greatest <= high):
        return [
            f"The targets of {data.name} go from {_whole(least)} to {_whole(greatest)}, and {activation.value} outputs "
            f"are {said}: some cannot be reached. The output activation identity reaches all."
        ]
    if activation is Activation.SOFTMAX and np.any(np.abs(data.Y.sum(axis=1) - 1) > LEFT_OVER) and data.outputs > 1:
        return [
            f"The targets of {data.name} do not sum to 1 in each row, and softmax outputs do: some cannot be reached. "
            "The output activation sigmoid reaches all."
        ]
    return []


def _whole(number: float) -> str:
    """With all its digits where fewer are another number."""
    return plain(number) if float(f"{number:.6g}") == number else repr(number)


def _softmax_of_one(settings: Settings) -> list[str]:
    if settings.output_activation is not Activation.SOFTMAX or settings.data.outputs > 1:
        return []
    over_classes = (SoftmaxForm.STABLE, SoftmaxForm.PLAIN)
    places = [PLACES[name] for name in SideName if settings.side(name).softmax_form in over_classes]
    where = f" {places[0]}" if len(places) == 1 else ""
    return [
        f"A softmax of one output is always 1: nothing is learnt{where}. The output activation sigmoid is made for a "
        "single column."
    ]


def _layers(settings: Settings) -> list[str]:
    """Layers none of whose units pass a gradient on: those of a kind in one sentence."""
    sides: dict[tuple[int, str], list[SideName]] = {}
    for name in SideName:
        for i, what in _blocked(settings, name).items():
            sides.setdefault((i, what), []).append(name)
    alike: dict[tuple[str, tuple[SideName, ...]], list[int]] = {}
    for (i, what), names in sides.items():
        alike.setdefault((what, tuple(names)), []).append(i)
    return [_said(settings, layers, what, names) for (what, names), layers in alike.items()]


def _said(settings: Settings, layers: list[int], what: str, names: tuple[SideName, ...]) -> str:
    units = settings.layer_sizes[layers[0]]
    if len(layers) > 1:
        in_a_row = layers == list(range(layers[0], layers[-1] + 1)) and len(layers) > 2
        which = f"{layers[0]} to {layers[-1]}" if in_a_row else listed(list(map(str, layers)))
        subject = f"All units of layers {which} are"
    else:
        subject = (
            f"The only unit of layer {layers[0]} is" if units == 1 else f"All {units:,} units of layer {layers[0]} are"
        )
    passes = "hardly any" if what == "saturated" else "no"
    raw = any(settings.side(name).input_scale is InputScale.RAW for name in names)
    helps = " input_scale=0-to-1 may help." if what == "saturated" and raw and not settings.data.spans_unit else ""
    return f"{subject} {what} at the start {listed([PLACES[name] for name in names])}: {passes} gradient passes.{helps}"


def _blocked(settings: Settings, name: SideName) -> dict[int, str]:
    """By layer, what all its units are at the start where that keeps the gradient from passing."""
    found = _all_of_a_kind(settings, name, units_of_layers(settings, name))
    # What holds of some samples may not hold of all.
    return found and _all_of_a_kind(settings, name, units_of_layers(settings, name, settings.data.samples))


def _all_of_a_kind(settings: Settings, name: SideName, layers: tuple[StartUnits, ...]) -> dict[int, str]:
    side = settings.side(name)
    if side.sent_down is SentDown.ERROR:
        return {}
    derivatives = of_layers(side.derivative_at, len(settings.activations))
    found: dict[int, str] = {}
    for i, (units, derivative) in enumerate(zip(layers, derivatives, strict=False), start=1):
        # A fused loss has no derivative of the output's activation; other forms of one let other gradients pass.
        if derivative is not DerivativeAt.OUTPUT or (i == len(derivatives) and is_fused(side)):
            continue
        for what, count in (("saturated", units.saturated), ("dead", units.dead)):
            if count == units.units:
                found[i] = what
    return found
