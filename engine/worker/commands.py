"""What the engine thread can be told. `worker.py` carries it out between two chunks of training."""

from __future__ import annotations

from dataclasses import dataclass

from engine.experiment.settings import Settings
from engine.impact.study import Plan


@dataclass(frozen=True)
class Restart:
    """Begin anew with these settings; paused if `paused`."""

    settings: Settings
    paused: bool = False


@dataclass(frozen=True)
class Pause:
    """Stop training after the present chunk."""


@dataclass(frozen=True)
class Resume:
    """Go on training."""


@dataclass(frozen=True)
class StepEpochs:
    """Train to the end of `count` epochs, then pause; with none to train, pause at once."""

    count: int = 1


@dataclass(frozen=True)
class StepBatches:
    """Train on `count` batches, not past the end of an epoch, then pause; with none, pause at once."""

    count: int = 1


@dataclass(frozen=True)
class SetSpeed:
    """At most so many epochs a second; none is as fast as can be."""

    epochs_per_second: float | None


@dataclass(frozen=True)
class Stop:
    """End the thread."""


@dataclass(frozen=True)
class Scrub:
    """Go to an epoch of the run in progress and show what was there; none goes back to the present."""

    epoch: int | None


@dataclass(frozen=True)
class Watch:
    """Whether snapshots carry predictions."""

    predictions: bool


@dataclass(frozen=True)
class OpenStep:
    """Open up the step of a batch of an epoch; without an epoch, the one at which the runs first part."""

    epoch: int | None = None
    matched_start: bool = False
    batch: int = 1


@dataclass(frozen=True)
class CloseStep:
    """Stop looking into steps; what is open stays open."""


@dataclass(frozen=True)
class MeasureImpact:
    """Measure how much each difference of the plan matters."""

    plan: Plan


@dataclass(frozen=True)
class CancelImpact:
    """Stop measuring, and keep what is measured."""


Command = (
    Restart
    | Pause
    | Resume
    | StepEpochs
    | StepBatches
    | SetSpeed
    | Stop
    | Scrub
    | Watch
    | OpenStep
    | CloseStep
    | MeasureImpact
    | CancelImpact
)
