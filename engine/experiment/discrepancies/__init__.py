"""The catalogue of discrepancies: every module of this package that defines `DISCREPANCY`, in their order.

A new discrepancy is one new file here, plus its field in `Side` and the arithmetic it needs in the two models.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.discrepancies.base import Choice, Discrepancy, Explanation, Group, Moves, Wording
from engine.experiment.old_names import present_name
from engine.experiment.settings import Settings
from engine.shown_text import shown


def _found() -> tuple[Discrepancy, ...]:
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    found = (module.DISCREPANCY for module in modules if hasattr(module, "DISCREPANCY"))
    return tuple(sorted(found, key=lambda discrepancy: discrepancy.order))


SIDE_SETTINGS: tuple[Discrepancy, ...] = _found()
"""Every setting of a side, in the order of the answer."""

CATALOGUE: tuple[Discrepancy, ...] = tuple(one for one in SIDE_SETTINGS if len(one.choices) != 1)
"""Every discrepancy there is: a setting with a single value cannot differ."""


BY_STAGE: tuple[Discrepancy, ...] = tuple(
    one for group in Group for one in sorted(CATALOGUE, key=lambda one: one.order) if one.group is group
)
"""The catalogue from the data to the numbers, as lists of it are read."""


def remaining(settings: Settings) -> tuple[Discrepancy, ...]:
    """The discrepancies on which the two sides differ, and that have an effect."""
    return tuple(discrepancy for discrepancy in CATALOGUE if discrepancy.acts(settings))


def find(field: str) -> Discrepancy:
    """The discrepancy of that field, title or old name ('-', '_' or ' '); raises `SettingsError` naming all."""
    return _find(field, CATALOGUE, "difference")


def find_setting(field: str) -> Discrepancy:
    """As `find`, of all that a side has."""
    return _find(field, SIDE_SETTINGS, "setting")


def _find(field: str, among: tuple[Discrepancy, ...], what: str) -> Discrepancy:
    wanted = present_name(field.lower())
    for discrepancy in among:
        if wanted in (discrepancy.field, discrepancy.title.lower().replace(" ", "_")):
            return discrepancy
    known = ", ".join(discrepancy.field for discrepancy in among)
    raise SettingsError(f"There is no {what} '{shown(field)}'; there are {known}.")


def match_toward(discrepancy: Discrepancy, settings: Settings, toward: SideName) -> tuple[Settings, SideName]:
    """Match toward one side, or toward the other where the first is impossible (PyTorch has no mixed precision).

    Returns the settings and the side whose value both now have.
    """
    try:
        return discrepancy.match(settings, toward), toward
    except SettingsError:
        return discrepancy.match(settings, toward.other), toward.other


def match_all(settings: Settings, toward: SideName) -> Settings:
    """Every discrepancy matched toward one side, also those without an effect."""
    for discrepancy in (one for one in CATALOGUE if not one.matched(settings)):
        settings, _ = match_toward(discrepancy, settings, toward)
    return settings


def differ_again(discrepancy: Discrepancy, settings: Settings, origin: Settings) -> Settings:
    """Make a matched discrepancy differ again: with the values of `origin` if they differ there, else by the next
    value on the hand-written side that has an effect (twice the number, for a number), or on PyTorch's where by hand
    there is no other.
    """
    if not discrepancy.matched(origin):
        for side in SideName:
            settings = discrepancy.set(settings, side, discrepancy.value(origin, side))
        return settings
    value = discrepancy.value(settings, SideName.NUMPY)
    if not discrepancy.choices:
        return discrepancy.set(settings, SideName.NUMPY, 2 * value)
    side = next((one for one in SideName if discrepancy.following(settings, one) != value), SideName.NUMPY)
    parted = following = discrepancy.set(settings, side, discrepancy.following(settings, side))
    for _ in discrepancy.choices:
        if discrepancy.acts(parted):
            return parted
        parted = discrepancy.set(parted, side, discrepancy.following(parted, side))
    return following


__all__ = [
    "BY_STAGE",
    "CATALOGUE",
    "SIDE_SETTINGS",
    "Choice",
    "Discrepancy",
    "Explanation",
    "Group",
    "Moves",
    "Wording",
    "differ_again",
    "find",
    "find_setting",
    "match_all",
    "match_toward",
    "remaining",
]
