"""What came of a run, finished or not: what a report or an export is made of."""

from __future__ import annotations

from dataclasses import dataclass

from engine.comparison import Comparison, ParameterPair
from engine.history import Curves
from engine.settings import Settings
from engine.verdict import Verdict


@dataclass(frozen=True)
class Result:
    """Settings, curves, parameters at the start and now, and how far apart the sides are."""

    settings: Settings
    curves: Curves
    initial_parameters: tuple[ParameterPair, ...]
    parameters: tuple[ParameterPair, ...]
    comparison: Comparison
    verdict: Verdict
