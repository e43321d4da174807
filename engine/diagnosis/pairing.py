"""Whether a program's inputs and targets stay together from epoch to epoch."""

from __future__ import annotations

from engine.diagnosis.recording import Recording

LEAST_ROWS = 6
"""That must come again, for chance not to part them."""

SHUFFLED_APART = (
    "The same row of inputs meets another row of targets from epoch to epoch: the two are shuffled apart, and the "
    "network can learn no more than the mean of the targets. Take one order for both."
)


def are_shuffled_apart(recording: Recording) -> bool:
    """Whether most rows of inputs that come again do so beside other targets."""
    met: dict[bytes, set[bytes]] = {}
    times: dict[bytes, int] = {}
    for X, Y in zip(recording.inputs, recording.targets, strict=True):
        for x, y in zip(X, Y, strict=True):
            row = x.tobytes()
            met.setdefault(row, set()).add(y.tobytes())
            times[row] = times.get(row, 0) + 1
    again = [row for row, count in times.items() if count > 1]
    apart = [row for row in again if len(met[row]) > 1]
    return len(again) >= LEAST_ROWS and 2 * len(apart) > len(again)
