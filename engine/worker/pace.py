"""How fast a run goes: epochs a second, and what an epoch takes on each side, over the last second or so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.experiment.choices import SideName


@dataclass(frozen=True)
class Pace:
    """All 0 until it is known. Seconds are what one epoch's step takes."""

    epochs_per_second: float = 0.0
    seconds: Mapping[SideName, float] = field(default_factory=lambda: dict.fromkeys(SideName, 0.0))


UNKNOWN_PACE = Pace()


class PaceMeter:
    """Told after each chunk of training; `pace` is the latest."""

    def __init__(self) -> None:
        self.pace = UNKNOWN_PACE
        self._epochs = 0.0
        self._since: float | None = None
        self._seconds_then: dict[SideName, float] = {}

    def add(self, epochs: float, now: float, seconds: Mapping[SideName, float]) -> None:
        """So many more epochs up to now, or a part of one; `seconds` are what each side's steps have taken in all."""
        if self._since is None:
            self._begin(now, seconds)
            return
        self._epochs += epochs
        elapsed = now - self._since
        if self._epochs and elapsed > 0 and (elapsed >= 0.5 or self.pace.epochs_per_second == 0):
            spent = {side: (seconds[side] - self._seconds_then[side]) / self._epochs for side in SideName}
            self.pace = Pace(self._epochs / elapsed, spent)
        if elapsed >= 1:
            self._begin(now, seconds)

    def go_on(self, now: float, seconds: Mapping[SideName, float]) -> None:
        """After a pause, which does not count."""
        if self._since is not None:
            self._begin(now, seconds)

    def _begin(self, now: float, seconds: Mapping[SideName, float]) -> None:
        self._epochs, self._since, self._seconds_then = 0.0, now, dict(seconds)
