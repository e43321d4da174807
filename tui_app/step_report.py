"""An opened step as text on standard output: every operation, the first that differs, and tensors asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.operations import Operation
from engine.trace import StepTrace
from tui_app import step_lines
from tui_app.lines import print_lines
from tui_app.widgets.status_line import describe

MOST_COLUMNS = 100


def print_trace(trace: StepTrace, whole: Sequence[str], console: Console) -> None:
    """Print the step; the tensors of the operations named in `whole` too."""
    width = min(console.width, MOST_COLUMNS)
    console.print(Text(f"mlp-tui trace  {describe(trace.settings)}", style="bold"))
    console.print(Text(step_lines.summary(trace), style="dim"))
    console.print()
    marked = (trace.first, trace.meant)
    rows = [step_lines.row(one, index in marked, width) for index, one in enumerate(trace.operations)]
    print_lines([step_lines.heading(width), *rows], console)
    console.print()
    print_lines(step_lines.reason_lines(trace), console)
    for operation in trace.operations:
        if operation.place.name in whole:
            console.print()
            _print_tensors(operation, console)


def _print_tensors(operation: Operation, console: Console) -> None:
    table = Table(title=f"{operation.place.name}: {operation.formula}", title_justify="left", box=None, pad_edge=False)
    for heading in ("element", "by hand", "PyTorch", "Δ"):
        table.add_column(heading, justify="right", no_wrap=True)
    for index in np.ndindex(operation.numpy.shape):
        ours, theirs = float(operation.numpy[index]), float(operation.pytorch[index])
        place = ",".join(str(one + 1) for one in index)
        table.add_row(place, repr(ours), repr(theirs), "0" if ours == theirs else f"{ours - theirs:+.1e}")
    console.print(table)
