"""A table of classes as lines of text: for each sample the target's class, and what each side answers and how surely.

Samples on which the sides differ come first. Names are data: they are only ever shortened, never read.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from engine.experiment.choices import SideName
from engine.run.class_answers import ClassAnswers, SideAnswers
from tui_app.text.columns import DECIMALS, NO_NUMBER, Column, Layout, Way, counts, fit, fixed_ways, names
from tui_app.text.lines import DIFFERENT, DIM, HIDES, Line

WRONG = "×"
"""Before the answer of a side that is not the target's class."""

SHORTEST_NAMES = (24, 16, 12, 7)
"""Classes are shortened so far before a column goes."""


def differ_sign(ascii: bool) -> str:
    """Before a sample on which the sides differ."""
    return "!=" if ascii else "≠"


class ClassRows:
    """The rows of so many samples, whose classes have these names."""

    def __init__(self, class_names: Sequence[str], samples: int, ascii: bool = False) -> None:
        self._names, self._sign = class_names, differ_sign(ascii)
        self._columns = _columns(class_names, samples, self._sign)
        self._layouts: dict[int, Layout] = {}

    def heading(self, width: int) -> Line:
        """Above the rows."""
        return [(self._layout(width).heading(), DIM)]

    def row(self, answers: ClassAnswers, index: int, width: int) -> Line:
        """The sample that is so far down."""
        sample = int(answers.order[index])
        target = int(answers.targets[sample])
        values: dict[str, object] = {"sample": sample + 1, "target": self._names[target]}
        if answers.differs(sample):
            values["differs"] = self._sign
        for side, answered in zip(SideName, (answers.numpy, answers.pytorch), strict=True):
            values |= self._answer(side.label, answered, sample, target)
        roles = {"differs": DIFFERENT} | {_wrong(side.label): HIDES for side in SideName}
        return [(text, roles.get(name, "")) for name, text in self._layout(width).cells(values).items()]

    def _answer(self, label: str, answered: SideAnswers, sample: int, target: int) -> dict[str, object]:
        number = int(answered.classes[sample])
        return {
            _wrong(label): WRONG if number != target else None,
            label: self._names[number] if number >= 0 else NO_NUMBER,
            _probability(label): answered.probabilities[sample],
        }

    def _layout(self, width: int) -> Layout:
        if width not in self._layouts:
            self._layouts[width] = fit(self._columns, width)
        return self._layouts[width]


def _columns(class_names: Sequence[str], samples: int, sign: str) -> list[Column]:
    longest = max(map(cell_len, class_names))
    # First the digits go: a class that is cut may look like another.
    ways = tuple(names(min(longest, most)) for most in (*[longest] * len(DECIMALS), *SHORTEST_NAMES))
    columns = [
        Column("differs", "", (Way(cell_len(sign), str),)),
        Column("sample", "sample", counts(samples), drop=2),
        Column("target", "target", ways, drop=3, flexible=True),
    ]
    for side in SideName:
        columns += [
            Column(_wrong(side.label), "", (Way(cell_len(WRONG), str),)),
            Column(side.label, side.label, ways, flexible=True),
            Column(_probability(side.label), "p", fixed_ways(), drop=1),
        ]
    return columns


def _wrong(label: str) -> str:
    return f"wrong {label}"


def _probability(label: str) -> str:
    return f"p {label}"
