"""What the engine thread shows: one frozen, numbered picture of a run. Made by `worker.py`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.experiment.devices import DeviceUse
from engine.experiment.settings import Settings
from engine.run.accuracy import AccuracyCurves, Scores
from engine.run.comparison import Comparison, ParameterPair
from engine.run.divergence import Cause
from engine.run.history import Curves
from engine.run.predictions import Predictions
from engine.run.scrubbing import EpochState
from engine.run.validation import ValidationCurves
from engine.run.verdict import Verdict
from engine.step.growth import Growth
from engine.step.trace import StepTrace
from engine.worker.faults import Fault
from engine.worker.jobs import ImpactState
from engine.worker.pace import UNKNOWN_PACE, Pace


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


@dataclass(frozen=True, eq=False)
class PreviousRun:
    """The run before this one, on the same data; `changed` names what was changed since."""

    changed: str
    curves: Curves


@dataclass(frozen=True, eq=False)
class Refusal:
    """Settings that cannot be trained here, and why; the run before goes on being shown."""

    settings: Settings
    message: str


@dataclass(frozen=True)
class Snapshot:
    """All the screen needs to know of a run at one moment. `number` grows with every snapshot."""

    number: int
    settings: Settings
    state: State
    epoch: int = 0
    batch: int = 0
    """How many of the next epoch's are trained on."""
    batches: int = 1
    """Of an epoch."""
    pace: Pace = UNKNOWN_PACE
    speed_limit: float | None = None
    curves: Curves | None = None
    previous: PreviousRun | None = None
    initial_parameters: tuple[ParameterPair, ...] = ()
    parameters: tuple[ParameterPair, ...] = ()
    accuracy: AccuracyCurves | None = None
    validation: ValidationCurves | None = None
    measured_each: int = 0
    """Epochs between two measurements of accuracy and validation; 0 where there are none."""
    scores: Scores | None = None
    """How both sides answer now, where there are classes."""
    comparison: Comparison | None = None
    verdict: Verdict | None = None
    predictions: Predictions | None = None
    scrubbed: EpochState | None = None
    step: StepTrace | None = None
    step_failed: str | None = None
    """Why the step that is asked for cannot be opened, if a fault is in the way."""
    growth: Growth | None = None
    impact: ImpactState | None = None
    cause: Cause | None = None
    """Of the divergence, if there is one; found little by little."""
    devices: tuple[str, ...] = ()
    """Those that this machine has; none until PyTorch is there."""
    device: DeviceUse | None = None
    refusal: Refusal | None = None
    fault: Fault | None = None
    """Of the work beside the run that failed last, if any did."""
    error: str | None = None

    @property
    def taken(self) -> int:
        """How many batches are trained on."""
        return self.epoch * self.batches + self.batch
