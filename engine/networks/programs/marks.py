"""The lines of both programs that a difference decides, found by comparing programs: with it, and with it matched.

A line that only moves into a loop, or out of one, is the same line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import dedent

from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import Discrepancy, remaining
from engine.experiment.settings import Settings
from engine.networks.programs.base import Script
from engine.networks.programs.numpy_script import numpy_script
from engine.networks.programs.pytorch_script import pytorch_script

PROGRAMS = {SideName.NUMPY: numpy_script, SideName.PYTORCH: pytorch_script}

Edit = tuple[range, range]
"""Places of lines that go, and of those of the other program that come there."""

LOOP = "for epoch in range("


def marked_lines(settings: Settings, side: SideName) -> frozenset[int]:
    """The lines of a side's program, from 0, that change or go when a remaining difference is matched there: as few as
    leave only what stands in each of those programs, in the same order.
    """
    program = PROGRAMS[side](settings)
    others = [_matched_program(settings, discrepancy, side) for discrepancy in remaining(settings)]
    marked = {line for other in others for gone, _ in _edits(program, other) for line in gone}
    # Of two lines that change places, one difference may have given the one, another difference the other.
    for line in sorted(marked):
        kept = [one for place, one in enumerate(_unindented(program)) if place == line or place not in marked]
        if all(_holds(_unindented(other), kept) for other in others):
            marked.remove(line)
    return frozenset(marked)


def lines_to_change(settings: Settings, discrepancy: Discrepancy, side: SideName) -> str:
    """What to write in a side's program, and what to delete there, to give it the other side's value; a line for each
    layer stands once. Where it is not possible, why, as a comment; empty where there is nothing to change.
    """
    if not discrepancy.acts(settings):
        return ""
    try:
        matched = discrepancy.match(settings, side.other)
    except SettingsError as error:
        return f"# not possible: {error}"
    present, other = PROGRAMS[side](settings), PROGRAMS[side](matched)
    return "\n".join(_once_for_all_layers(_instructions(present, other), len(settings.activations)))


def _unindented(program: Script) -> list[str]:
    return [line.strip() for line in program.lines]


def _holds(lines: Sequence[str], some: Sequence[str]) -> bool:
    """Whether all of `some` are among the lines, in their order."""
    remaining_lines = iter(lines)
    return all(line in remaining_lines for line in some)


def _matched_program(settings: Settings, discrepancy: Discrepancy, side: SideName) -> Script:
    try:
        return PROGRAMS[side](discrepancy.match(settings, side.other))
    except SettingsError:
        return PROGRAMS[side](settings)


def _edits(present: Script, other: Script) -> Iterator[Edit]:
    """As few lines as can be: what stays is a longest common subsequence of both."""
    here = there = 0
    common = _common(_unindented(present), _unindented(other))
    for stays_here, stays_there in [*common, (len(present.lines), len(other.lines))]:
        if stays_here > here or stays_there > there:
            yield range(here, stays_here), range(there, stays_there)
        here, there = stays_here + 1, stays_there + 1


def _common(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The places in both of the lines of a longest common subsequence; a block stays together where it can."""
    longest = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in reversed(range(len(one))):
        row, below = longest[i], longest[i + 1]
        for j in reversed(range(len(other))):
            row[j] = below[j + 1] + 1 if one[i] == other[j] else max(below[j], row[j + 1])
    i = j = 0
    while i < len(one) and j < len(other):
        if one[i] == other[j]:
            yield i, j
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1


def _instructions(present: Script, other: Script) -> Iterator[str]:
    places = list(_edits(present, other))
    going = _dedented(present, [gone for gone, _ in places])
    edits = list(zip(going, _dedented(other, [new for _, new in places]), strict=True))
    all_gone = {line.strip() for gone, _ in edits for line in gone}
    written = {_head(line) for _, new in edits for line in new}
    for gone, new in edits:
        # What is written anew under the same name, or only moves, need not be named.
        deleted = (line.strip() for line in _without_bodies(gone))
        yield from (f"# delete: {line.removeprefix('# ')}" for line in deleted if _head(line) not in written)
        for line in _without_bodies(new):
            if line.lstrip().startswith("for ") and not line.startswith("for epoch "):
                yield f"{line}  # around the step"
            else:
                yield f"{line}  # moves here" if line.strip() in all_gone and not line.endswith(":") else line


def _dedented(program: Script, blocks: Sequence[range]) -> Iterator[list[str]]:
    """The lines of each block, dedented: those of the training loop all alike, as they are parts of one another."""
    loop = next(place for place, line in enumerate(program.lines) if line.startswith(LOOP))
    lines = [[program.lines[place] for place in block if program.lines[place].strip()] for block in blocks]
    inside = [line for block, found in zip(blocks, lines, strict=True) if block.start > loop for line in found]
    depth = min((len(line) - len(line.lstrip()) for line in inside), default=0)
    for block, found in zip(blocks, lines, strict=True):
        yield [line[depth:] for line in found] if block.start > loop else dedent("\n".join(found)).splitlines()


def _without_bodies(lines: list[str]) -> Iterator[str]:
    """The first line of each function or class alone: it stands in the program whole."""
    inside = False
    for line in lines:
        if not line.startswith(" "):
            inside = line.startswith(("def ", "class "))
            if inside:
                yield f"{line} ..."
        if not inside:
            yield line


def _head(line: str) -> str:
    """What a line sets or calls: 'W1 +=', 'losses.append('; a comment is only itself."""
    if line.strip().startswith("#"):
        return line.strip()
    return re.split(r"(?<==) |(?<=[(])", line.strip(), maxsplit=1)[0]


LAYER = r"(?<=\b[WbVUSRz])\d+|(?<=layer)\d+|(?<=delta)\d+|(?<=\bd[Wb])\d+|(?<=model\[)\d+|(?<=[( ,])\d+(?=[,)])"
"""Where a line says which layer it is for, or how large that is."""


OF_EACH_STEP = re.compile(r"(first|second|rate) = ")
"""What each layer's update makes anew and alike."""


def _once_for_all_layers(lines: Iterator[str], layers: int) -> list[str]:
    """One line where several are alike but for the layer, and one deletion where several are the same."""
    found: dict[str, list[str]] = {}
    for place, line in enumerate(lines):
        alike = re.sub(LAYER, "#", re.sub(r"\bX(?=\.T|, W)", "layer0", line))
        once = alike != line or line.startswith("# delete: ") or OF_EACH_STEP.match(line) is not None
        found.setdefault(alike if once else f"{place} {line}", []).append(line)
    return [f"{alike[0]}{_more_layers(len(set(alike)), layers)}" for alike in found.values()]


def _more_layers(count: int, layers: int) -> str:
    """What is said beside a line of one layer that stands for so many."""
    if count == 1:
        return ""
    more = f"and {count - 1} more layer{'s' if count > 2 else ''}"
    return f"  # {'each layer' if count == layers else more}"
