"""The built-in data sets by the names that a user types. What is in them is `made_data.py`'s and `uci_data.py`'s."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import DataError
from engine.experiment.data import Dataset
from engine.experiment.made_data import (
    circles,
    clusters,
    linear,
    logical_and,
    logical_or,
    moons,
    noise,
    regression,
    spirals,
    three_arms,
    xor,
    xor_ones,
)
from engine.experiment.uci_data import breast_cancer, digits, iris, wine
from engine.shown_text import shown

BUILT_IN: dict[str, Callable[[], Dataset]] = {
    "xor": xor,
    "and": logical_and,
    "or": logical_or,
    "circles": circles,
    "moons": moons,
    "spirals": spirals,
    "regression": regression,
    "linear": linear,
    "clusters": clusters,
    "xor-ones": xor_ones,
    "three-arms": three_arms,
    "noise": noise,
    "iris": iris,
    "wine": wine,
    "breast-cancer": breast_cancer,
    "digits": digits,
}
"""The computed ones first."""


def built_in(name: str) -> Dataset:
    """The built-in data set called `name`; raises `DataError` when there is none."""
    if name not in BUILT_IN:
        raise DataError(f"There is no data set '{shown(name)}'; built in are {', '.join(BUILT_IN)}.")
    return BUILT_IN[name]()
