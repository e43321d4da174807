"""What came of a run, finished or not: what a report or an export is made of."""

from __future__ import annotations

from dataclasses import dataclass

from engine.experiment.settings import Settings
from engine.run.comparison import Comparison, ParameterPair
from engine.run.history import Curves
from engine.run.verdict import Verdict


@dataclass(frozen=True)
class Result:
    """Settings, curves, parameters at the start and now, and how far apart the sides are."""

    settings: Settings
    curves: Curves
    initial_parameters: tuple[ParameterPair, ...]
    parameters: tuple[ParameterPair, ...]
    comparison: Comparison
    verdict: Verdict
