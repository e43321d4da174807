"""What the engine thread shows: one frozen, numbered picture of a run. Made by `worker.py`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.comparison import Comparison, ParameterPair
from engine.growth import Growth
from engine.history import Curves
from engine.jobs import ImpactState
from engine.predictions import Predictions
from engine.scrubbing import EpochState
from engine.settings import Settings
from engine.trace import StepTrace
from engine.verdict import Verdict


class State(Enum):
    """What the engine is doing."""

    LOADING = "loading"
    """PyTorch is being imported, or the models built."""
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    DIVERGED = "diverged"
    FAILED = "failed"
    """An exception ended the run; `Snapshot.error` says which. A restart begins anew."""


@dataclass(frozen=True)
class Snapshot:
    """All the screen needs to know of a run at one moment. `number` grows with every snapshot."""

    number: int
    settings: Settings
    state: State
    epoch: int = 0
    epochs_per_second: float = 0.0
    speed_limit: float | None = None
    curves: Curves | None = None
    previous: Curves | None = None
    initial_parameters: tuple[ParameterPair, ...] = ()
    parameters: tuple[ParameterPair, ...] = ()
    comparison: Comparison | None = None
    verdict: Verdict | None = None
    predictions: Predictions | None = None
    scrubbed: EpochState | None = None
    step: StepTrace | None = None
    growth: Growth | None = None
    impact: ImpactState | None = None
    error: str | None = None
