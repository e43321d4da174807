"""Lines of a program as a report names them: those of a notebook by their cells."""

from __future__ import annotations

from collections.abc import Sequence


def written_lines(lines: Sequence[int], cells: Sequence[tuple[int, int]]) -> str:
    """'line 5', 'lines 3 and 5', 'cell 2, lines 1 and 4, and cell 3, line 2'; `cells` has each line's cell and its line
    there, and is empty where there are none.
    """
    if not cells:
        return _numbered(sorted(set(lines)))
    found: dict[int, list[int]] = {}
    for line in sorted(set(lines)):
        cell, own = cells[min(line, len(cells)) - 1]
        found.setdefault(cell, []).append(own)
    return ", and ".join(f"cell {cell}, {_numbered(own)}" for cell, own in found.items())


def _numbered(lines: Sequence[int]) -> str:
    numbers = [f"{line}" for line in lines]
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    return f"lines {', '.join(numbers[:-1])} and {numbers[-1]}"
