"""An opened step as text on standard output: every operation, the first that differs, and tensors asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from engine.experiment.choices import SideName
from engine.number_text import number
from engine.step.operations import Operation
from engine.step.trace import StepTrace
from tui_app.text import step_lines
from tui_app.text.columns import NONE, Column, fit, measured, signed_ways
from tui_app.text.lines import print_lines
from tui_app.text.marks import Drawing, console_drawing
from tui_app.text.status_text import describe

MOST_COLUMNS = 100
LABELS = tuple(side.label for side in SideName)


def print_trace(trace: StepTrace, whole: Sequence[str], console: Console) -> None:
    """Print the step; the tensors of the operations named in `whole` too."""
    width = min(console.width, MOST_COLUMNS)
    console.print(Text(f"mlp-tui trace  {describe(trace.settings)}", style="bold"))
    console.print(Text(step_lines.summary(trace), style="dim"))
    console.print()
    ascii = console_drawing(console) is Drawing.ASCII
    rows = step_lines.StepRows(trace.operations, (trace.first, trace.meant), ascii)
    print_lines([rows.heading(width), *(rows.row(index, width) for index in range(len(trace.operations)))], console)
    console.print()
    print_lines(step_lines.reason_lines(trace), console)
    for operation in trace.operations:
        if operation.place.name in whole:
            console.print()
            console.print(Text(f"{operation.place.name}: {operation.formula}", style="italic"))
            for line in tensor_lines(operation, console.width):
                console.print(Text(line))


def tensor_lines(operation: Operation, width: int) -> list[str]:
    """Both tensors whole, an element a line under a heading: every bit where there is room."""
    sides = dict(zip(LABELS, (operation.numpy, operation.pytorch), strict=True))
    sides.pop(operation.lacking, None)
    rows: list[dict[str, Any]] = []
    shape = max(operation.numpy.shape, operation.pytorch.shape)
    for index in np.ndindex(shape):
        values = {label: float(tensor[index]) for label, tensor in sides.items() if not index or index[0] < len(tensor)}
        gap = {"gap": _difference(*values.values())} if operation.has_gaps and len(values) == 2 else {}
        rows.append(
            {"element": ",".join(str(one + 1) for one in index) or "1", **dict.fromkeys(LABELS, NONE), **values, **gap}
        )
    writers: list[Callable[[float], str]] = [repr, partial(number, digits=8), partial(number, digits=4)]
    columns = [
        Column("element", "element", measured([str], [row["element"] for row in rows]), drop=3),
        *(
            Column(label, label, measured(writers, map(float, sides[label].flat) if label in sides else []), drop=1)
            for label in LABELS
        ),
        Column("gap", "Δ", signed_ways(), drop=2),
    ]
    layout = fit(columns, width)
    return [line.rstrip() for line in (layout.heading(), *(layout.line(row) for row in rows))]


def _difference(ours: float, theirs: float) -> float:
    return 0.0 if ours == theirs else ours - theirs
