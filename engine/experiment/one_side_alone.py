"""Values that one side alone can have, and why the other cannot."""

from __future__ import annotations

from enum import Enum

from engine.experiment.choices import Precision, SideName, TargetShape

HAND_WRITTEN_ALONE: dict[Enum, str] = {Precision.MIXED: "PyTorch refuses to multiply float32 by float64"}
"""The values that PyTorch's side cannot have, and why."""

PYTORCH_ALONE: dict[Enum, str] = {
    TargetShape.FLAT: "by hand the error is then a matrix (N, N), which no gradient of the weights can be made of"
}
"""The values that the hand-written side cannot have, and why."""

ALONE = {SideName.NUMPY: PYTORCH_ALONE, SideName.PYTORCH: HAND_WRITTEN_ALONE}
"""What each side cannot have, and why."""


def cannot_have(side: SideName, field: str, value: Enum) -> str:
    """Why that side cannot have it and what it can have, in a sentence; `value` is one of `ALONE[side]`."""
    possible = " or ".join(str(one.value) for one in type(value) if one not in ALONE[side])
    return f"{side.value}.{field} cannot be '{value.value}': {ALONE[side][value]}; it is {possible}."
