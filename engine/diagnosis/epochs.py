"""How the recorded batches make epochs: when a row of the data comes again."""

from __future__ import annotations

from engine.diagnosis.recording import Recording
from engine.types import FloatArray


def batches_of_epoch(recording: Recording) -> int:
    """How many steps pass until the data begin anew; all of them where they do not."""
    seen: set[bytes] = set()
    for step, (X, Y) in enumerate(zip(recording.inputs, recording.targets, strict=True)):
        rows = _rows(X, Y)
        if step and not seen.isdisjoint(rows):
            return step
        seen.update(rows)
    return recording.steps


def _rows(X: FloatArray, Y: FloatArray) -> list[bytes]:
    return [x.tobytes() + y.tobytes() for x, y in zip(X, Y, strict=True)]
