"""The smallest terminal that the explorer works in, and what stands in a smaller one."""

from __future__ import annotations

from textual.geometry import Size

LEAST = (60, 20)
"""Columns and lines."""


def too_small(size: Size) -> bool:
    """Whether a terminal is smaller."""
    return size.width < LEAST[0] or size.height < LEAST[1]


def too_small_text(size: Size) -> str:
    """What is needed."""
    return f"mlp-tui needs {LEAST[0]}x{LEAST[1]}; this terminal is {size.width}x{size.height}."
