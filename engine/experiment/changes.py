"""What tells two experiments apart, in a few words: how the run before is named beside the present one."""

from __future__ import annotations

from engine.experiment.choices import SideName
from engine.experiment.discrepancies import CATALOGUE
from engine.experiment.settings import Settings

SHARED = {
    "hidden": "layers",
    "activation": "activation",
    "output_activation": "output activation",
    "epochs": "epochs",
    "seed": "seed",
    "device": "device",
    "threads": "threads",
}
"""What both sides share, as it is called; the data are left out, since runs on other data are not compared."""

NAMED = 2
"""Changes that are named; more are counted."""


def changes(before: Settings, after: Settings) -> tuple[str, ...]:
    """The names of all settings that are not the same."""
    shared = [words for field, words in SHARED.items() if getattr(before, field) != getattr(after, field)]
    own = [
        one.title.lower()
        for one in CATALOGUE
        if any(one.value(before, side) != one.value(after, side) for side in SideName)
    ]
    return (*own, *shared)


def changed_words(before: Settings, after: Settings) -> str:
    """'bias', 'gradient, learning rate', 'gradient, bias and 3 more'."""
    names = changes(before, after)
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
