"""What a model's `state()` looks like: its parameters in PyTorch's orientation, then, once it has them, as many
velocities. The models themselves make and take it.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.types import FloatArray

Shape = tuple[int, ...]


def check_state(state: Sequence[FloatArray], shapes: Sequence[Shape]) -> None:
    """Refuse a state of a network with other parameters; raises `ValueError`."""
    found = [tuple(array.shape) for array in state]
    wanted = [tuple(shape) for shape in shapes]
    if found not in (wanted, wanted + wanted):
        raise ValueError(
            f"a state with arrays of {_said(found)} is another network's: this one has parameters of {_said(wanted)}, "
            "and as many velocities or none"
        )


def _said(shapes: Sequence[Shape]) -> str:
    """'5x2, 5, 1x5, 1'."""
    return ", ".join("x".join(map(str, shape)) or "no dimension" for shape in shapes) or "none"
