"""How lists of the named experiments are laid out, printed and in the dialog."""

from __future__ import annotations

from engine.experiment.named_experiment import Preset

HEADING = "You probably learnt it from:"
"""Stands above the families of hand-written networks."""

NAME_WIDTH = 16
"""Cells of a name and the gap behind it."""

KEEPS = "On the data, layers, epochs and seed that are set."
BRINGS_BACK = "On the data, layers, epochs and seed that were set before the family's."
BRINGS = "With data, layers, epochs and seed of its own in the place of the family's."


def about(preset: Preset, is_a_familys: bool, has_own: bool) -> str:
    """What the dialog says of the selected one: a family's own words, or what becomes of data and layers. The present
    ones may be a family's, which may have taken the place of one's own.
    """
    if preset.words or not is_a_familys:
        return preset.words or KEEPS
    return BRINGS_BACK if has_own else BRINGS
