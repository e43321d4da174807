"""What the engine thread can be told. `worker.py` carries it out between two chunks of training."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings import Settings


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
class Step:
    """Train `count` epochs, then pause."""

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


Command = Restart | Pause | Resume | Step | SetSpeed | Stop | Scrub | Watch
