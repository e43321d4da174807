"""The loops of a program's text, and whether two places were reached from one of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from engine.diagnosis.capture.trace import Place

Loops = Sequence[tuple[int, int]]
"""The first and the last line of each."""


def loops_of(source: str) -> Loops:
    """None of what is no Python."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):
        return ()
    return [(one.lineno, one.end_lineno or one.lineno) for one in nodes if isinstance(one, (ast.For, ast.While))]


def in_one_loop(one: Place, other: Place, loops: Loops) -> bool:
    """Whether two places are reached from one and the same loop."""
    for (function, line), (other_function, other_line) in zip(reversed(one.calls), reversed(other.calls), strict=False):
        if function != other_function:
            return False
        if any(start <= line <= end and start <= other_line <= end for start, end in loops):
            return True
        if line != other_line:
            return False
    return False
