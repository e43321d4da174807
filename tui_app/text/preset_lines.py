"""How lists of the named experiments are laid out, printed and in the dialog."""

from __future__ import annotations

from engine.experiment.named_experiment import Preset

HEADING = "You probably learnt it from:"
"""Stands above the families of hand-written networks."""

NAME_WIDTH = 16
"""Cells of a name and the gap behind it."""

KEEPS = "On the data, layers, epochs and seed that are set."


def about(preset: Preset) -> str:
    """What the dialog says of the selected one: a family's own words."""
    return preset.words or KEEPS
