"""An opened step as lines of text: a row for each operation, and why the first that differs does."""

from __future__ import annotations

from collections.abc import Container, Sequence

from engine.experiment.choices import SideName
from engine.experiment.settings import Settings
from engine.number_text import MEANINGFUL_ULPS, number
from engine.step.growth import Growth
from engine.step.operations import Operation
from engine.step.trace import StepTrace
from tui_app.text.columns import NO_NUMBER, Column, Layout, fit, measured, names, only_in
from tui_app.text.lines import DIFFERENT, DIM, FIRST, ROUNDED, SAME, STRONG, Line

ROUNDING = 1e-5
"""A relative gap below this is shown as rounding."""

SHORTEST_NAMES = (20, 16)
"""Formulas are shortened so far before a column goes."""

SEPARATOR = " · "

OTHER_SIZE = ("batches of other sizes", "other sizes", "others")
"""Behind an operation whose tensors have other shapes on the two sides."""


class StepRows:
    """The rows of a step's operations. `marked` are the places of those that differ first; in ASCII signs are words."""

    def __init__(self, operations: Sequence[Operation], marked: Container[int | None], ascii: bool = False) -> None:
        self._operations, self._marked = operations, marked
        self._signs = ("==", "!=", "  ") if ascii else ("=", "≠", " ")
        self._layouts: dict[int, Layout] = {}
        self._columns = _columns(operations)

    def heading(self, width: int) -> Line:
        """Above the rows."""
        return [(" " * self._mark_width + self._layout(width).heading(), DIM)]

    def row(self, index: int, width: int, selected: bool = False) -> Line:
        """One operation."""
        operation, first = self._operations[index], index in self._marked
        equal, differs, nothing = self._signs
        alike = not operation.differs and not operation.lacking
        sign = differs if first else equal if alike else nothing
        mark = f"{'▸' if selected else ' '}{sign} "
        cells = self._layout(width).cells(_values(operation))
        name, shape = cells.pop("name", ""), cells.pop("shape", "")
        numbers = "".join(cells.values())
        if operation.lacking:
            note = only_in(SideName.PYTORCH if operation.lacking == SideName.NUMPY.label else SideName.NUMPY)
            numbers = note.rjust(len(numbers)) if len(note) <= len(numbers) else numbers
        elif not operation.same_shape:
            note = next((one for one in OTHER_SIZE if len(one) <= len(numbers)), "")
            numbers = note.rjust(len(numbers))
        if alike:
            return [(f"{mark}{name}{shape}{numbers}", SAME)]
        role = (
            ROUNDED if not operation.lacking and operation.has_gaps and operation.max_relative < ROUNDING else DIFFERENT
        )
        return [(f"{mark}{name}", FIRST if first else ""), (shape, DIM), (numbers, role)]

    @property
    def _mark_width(self) -> int:
        return len(self._signs[0]) + 2

    def _layout(self, width: int) -> Layout:
        if width not in self._layouts:
            self._layouts[width] = fit(self._columns, width - self._mark_width)
        return self._layouts[width]


def _columns(operations: Sequence[Operation]) -> list[Column]:
    rows = [_values(operation) for operation in operations]

    def present(name: str) -> list[object]:
        return [row[name] for row in rows if row.get(name) is not None]

    longest = max((len(str(name)) for name in present("name")), default=0)
    one_digit = [number, lambda value: number(value, 1)]
    return [
        Column("name", "operation", tuple(names(min(longest, most)) for most in (longest, *SHORTEST_NAMES)), 0, True),
        Column("shape", "shape", measured([str], present("shape")), drop=4),
        Column(
            "differ", "differ", measured(["{:,}".format, str, lambda count: number(count, 1)], present("differ")), 3
        ),
        Column("absolute", "max |Δ|", measured(one_digit, present("absolute")), drop=1),
        Column("relative", "rel.", measured(one_digit, present("relative")), drop=5),
        Column("ulp", "ULP", measured([str], present("ulp")), drop=2),
    ]


def _values(operation: Operation) -> dict[str, object]:
    """What stands in its row, by column; gaps to what is not there are none."""
    values: dict[str, object] = {
        "name": operation.formula,
        "shape": _shape(operation),
    }
    if not operation.has_gaps:
        values["differ"] = operation.different or None
    elif not operation.lacking:
        values |= {
            "differ": operation.different or None,
            "absolute": operation.max_absolute,
            "relative": operation.max_relative,
            "ulp": ulps(operation),
        }
    return values


def _shape(operation: Operation) -> str:
    shapes = ("x".join(map(str, tensor.shape)) or "1" for tensor in (operation.numpy, operation.pytorch))
    return "/".join(dict.fromkeys(shapes))


def ulps(operation: Operation) -> str:
    """The largest distance in ULPs of the coarser type, while it says something; '<1' where only the finer type tells
    the values apart.
    """
    if operation.max_ulp == 0:
        return "<1" if operation.differs else "0"
    return f"{operation.max_ulp:,}" if operation.max_ulp < MEANINGFUL_ULPS else NO_NUMBER


def summary(trace: StepTrace) -> str:
    """Which step it is, and from where it starts."""
    batch = batch_words(trace.settings, trace.batch)
    return f"step of epoch {trace.epoch:,}{batch}, {'matched start' if trace.matched_start else 'own start'}"


def first_difference(trace: StepTrace, growth: Growth | None, width: int) -> str:
    """Behind the summary: at which epoch an operation first differs, and which where that step is open."""
    if growth is None or growth.first is None:
        return ""
    epoch, where = max(1, growth.first), []
    batch = batch_words(trace.settings, growth.first_batch)
    if (
        (trace.epoch, trace.batch) == (epoch, growth.first_batch)
        and not trace.matched_start
        and trace.first_operation is not None
    ):
        formula = trace.first_operation.formula
        where = [f", {formula}", f", {formula.partition(' = ')[0]}"]
    forms = [
        f"{SEPARATOR}{words} epoch {epoch:,}{batch}{which}"
        for which in (*where, "")
        for words in ("first operation that differs:", "first to differ:")
    ]
    return next((form for form in forms if len(form) <= width), "")


def batch_words(settings: Settings, batch: int) -> str:
    """Behind an epoch, where it has several."""
    return f", batch {batch:,}" if settings.batches_of_epoch > 1 else ""


def reason_lines(trace: StepTrace) -> list[Line]:
    """The first operation that differs, and why."""
    operation, reason = trace.first_operation, trace.reason
    if operation is None or reason is None:
        return [[("Every bit of every operation of this step is equal.", STRONG)]]
    lines: list[Line] = [[(f"First: {operation.formula}. {reason.headline}.", STRONG)], [(reason.text, "")]]
    if trace.meant is not None and trace.meaning is not None:
        formula = trace.operations[trace.meant].formula
        which = "Beyond rounding" if trace.beyond == trace.meant else "With another reason"
        lines += [[(f"{which}: {formula}. {trace.meaning.headline}.", STRONG)], [(trace.meaning.text, "")]]
    return lines
