"""An opened step as lines of text: a row for each operation, and why the first that differs does."""

from __future__ import annotations

from engine.operations import Operation
from engine.trace import StepTrace
from tui_app.lines import DIFFERENT, DIM, FIRST, ROUNDED, SAME, STRONG, Line

ROUNDING = 1e-5
"""A relative gap below this is shown as rounding."""

NUMBERS_WIDTH = 41
WIDEST_NAME = 48


def heading(width: int) -> Line:
    """Above the rows."""
    room = _name_width(width)
    return [(f"   {'operation':{room}}{'shape':>9}{'differ':>8}{'max |Δ|':>8}{'rel.':>8}{'ULP':>8}", DIM)]


def row(operation: Operation, first: bool, width: int, selected: bool = False) -> Line:
    """One operation; `first` marks the first that differs."""
    room = _name_width(width)
    name = operation.formula
    if operation.lacking:
        owner = "NumPy" if operation.lacking == "PyTorch" else "PyTorch"
        name = f"{name.split(' = ')[0]}, {owner}'s"
    if len(name) >= room:
        name = f"{name[: room - 2]}…"
    shape = "x".join(map(str, operation.numpy.shape)) or "1"
    sign = "≠" if first else "=" if not operation.differs else " "
    mark = f"{'▸' if selected else ' '}{sign}"
    if not operation.differs:
        return [(f"{mark} {name:{room}}{shape:>9}{'':>8}{'0':>8}{'0':>8}{'0':>8}", SAME)]
    role = ROUNDED if operation.max_relative < ROUNDING else DIFFERENT
    gaps = f"{operation.max_absolute:>8.0e}{operation.max_relative:>8.0e}{ulps(operation):>8}"
    differing = f"{operation.different:>8,}{gaps}"
    return [(f"{mark} {name:{room}}", FIRST if first else ""), (f"{shape:>9}", DIM), (differing, role)]


def _name_width(width: int) -> int:
    return max(12, min(WIDEST_NAME, width - NUMBERS_WIDTH - 3))


def ulps(operation: Operation) -> str:
    """The largest distance in ULPs of the coarser type; '<1' where only the finer one tells the values apart."""
    if operation.max_ulp == 0:
        return "<1" if operation.differs else "0"
    return f"{operation.max_ulp:,}" if operation.max_ulp < 1_000_000 else f"{operation.max_ulp:.0e}"


def summary(trace: StepTrace) -> str:
    """Which step it is, and from where it starts."""
    return f"step of epoch {trace.epoch:,}, {'matched start' if trace.matched_start else 'own start'}"


def reason_lines(trace: StepTrace) -> list[Line]:
    """The first operation that differs, and why."""
    operation, reason = trace.first_operation, trace.reason
    if operation is None or reason is None:
        return [[("Every bit of every operation of this step is equal.", STRONG)]]
    lines: list[Line] = [[(f"First: {operation.formula}. {reason.headline}.", STRONG)], [(reason.text, "")]]
    if trace.meant is not None and trace.meaning is not None:
        formula = trace.operations[trace.meant].formula
        lines += [[(f"Beyond rounding: {formula}. {trace.meaning.headline}.", STRONG)], [(trace.meaning.text, "")]]
    return lines
