"""A difference explained with what only a network can tell: the catalogue's explanation, and what was computed."""

from __future__ import annotations

from dataclasses import replace

from engine.experiment.discrepancies import Discrepancy, Explanation
from engine.experiment.settings import Settings
from engine.run.start_units import start_text


def explained(discrepancy: Discrepancy, settings: Settings) -> Explanation:
    """Of the first weights also what they do to this network's units."""
    explanation = discrepancy.explain(settings)
    if not discrepancy.only_start:
        return explanation
    return replace(explanation, numbers=f"{explanation.numbers} {start_text(settings)}".strip())
