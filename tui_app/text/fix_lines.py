"""The lines of code that put a difference right, on either side, under their labels."""

from __future__ import annotations

from engine.experiment.choices import SideName
from engine.experiment.discrepancies import Discrepancy
from engine.experiment.settings import Settings
from engine.networks.programs import lines_to_change

LABELS = {SideName.NUMPY: "Change by hand:", SideName.PYTORCH: "or PyTorch:"}


def fix_lines(settings: Settings, discrepancy: Discrepancy) -> tuple[tuple[str, str], ...]:
    """Each side's label and lines; none where there is nothing to change."""
    labelled = ((label, lines_to_change(settings, discrepancy, side)) for side, label in LABELS.items())
    return tuple((label, lines) for label, lines in labelled if lines)
