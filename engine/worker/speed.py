"""A limit on the epochs a second: how many may be trained now, and how long to wait for the next."""

from __future__ import annotations

from collections.abc import Callable

FORGIVEN = 0.2
"""Seconds that a slow machine may fall behind and make up for; more would let it race once it could."""


class SpeedLimit:
    """`epochs_per_second` is none for as fast as can be."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.epochs_per_second: float | None = None
        self._owed = 0.0
        self._last = clock()

    def set(self, epochs_per_second: float | None) -> None:
        """From now on."""
        self.epochs_per_second = epochs_per_second
        self._owed = 0.0

    def begin(self) -> None:
        """Nothing is owed for the time up to now."""
        self._owed, self._last = 0.0, self._clock()

    def allowance(self, most: int) -> tuple[int, float]:
        """How many of so many epochs may be trained now, and how many seconds to wait if none may."""
        limit = self.epochs_per_second
        if limit is None:
            return most, 0.0
        now = self._clock()
        self._owed = min(self._owed + (now - self._last) * limit, max(1.0, FORGIVEN * limit))
        self._last = now
        allowed = min(most, int(self._owed))
        self._owed -= allowed
        return allowed, 0.0 if allowed else max(0.001, (1 - self._owed) / limit)
