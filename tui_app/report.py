"""A finished run as text on standard output: curves, weights, differences left, verdict."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.comparison import ParameterPair
from engine.discrepancies import CATALOGUE
from engine.history import Curves, History
from engine.number_text import number
from engine.run import Run
from engine.settings import Settings, SideName
from engine.threads import threads_of
from tui_app import curve_legends
from tui_app.curve_legends import LossChart, gap_legend, loss_legend
from tui_app.lines import PRINT_STYLES, Line
from tui_app.marks import GAP_MARK, HAND_MARK, PYTORCH_MARK, console_drawing
from tui_app.plot import Rgb, Series, draw
from tui_app.widgets.status_line import NAMES, describe, per_second, short_time

NUMPY_COLOR: Rgb = (87, 165, 226)
PYTORCH_COLOR: Rgb = (255, 166, 43)
GAP_COLOR: Rgb = (210, 80, 110)
CHART_HEIGHT = 14
WIDEST_CHART = 120
STYLES = {
    **PRINT_STYLES,
    curve_legends.HAND: "#{:02x}{:02x}{:02x}".format(*NUMPY_COLOR),
    curve_legends.PYTORCH: "#{:02x}{:02x}{:02x}".format(*PYTORCH_COLOR),
    curve_legends.GAP: "#{:02x}{:02x}{:02x}".format(*GAP_COLOR),
    curve_legends.NOTE: "yellow",
}
"""Of the legends' pieces."""

SHOWN_WEIGHTS = 24
"""Elements of one weight that are printed; --json holds them all."""


def print_run(run: Run, console: Console) -> None:
    """Print everything a person wants to know of a run."""
    console.print(Text(f"mlp-tui  {describe(run.settings)}", style="bold"))
    _print_curves(run, console)
    console.print()
    for pair in run.parameters:
        _print_pair(pair, console)
    console.print(differences_table(run.settings))
    console.print()
    console.print(Text(run.verdict.headline, style="bold"))
    console.print(Text(run.verdict.detail))
    console.print(Text(_pace(run), style="dim"))


def _pace(run: Run) -> str:
    """How many epochs, how fast, what each side takes and with how many threads."""
    epochs, threads = len(run.numpy.losses), threads_of(run.settings)
    parts = [f"{epochs:,} epoch{'s' if epochs != 1 else ''} of both in {run.seconds:.2f} s"]
    if epochs and run.seconds:
        times = (f"{name} {short_time(run.step_seconds[side] / epochs)}" for name, side in NAMES.items())
        parts += [per_second(epochs / run.seconds), *times]
    return " · ".join([*parts, f"{threads} thread{'s' if threads > 1 else ''} each"])


def _print_curves(run: Run, console: Console) -> None:
    history = History()
    history.add(run.numpy.losses, run.pytorch.losses)
    curves = history.curves()
    if not history.epochs:
        return
    signed = tuple(run.settings.side(side).loss_report.signed for side in SideName)
    chart = LossChart(curves, (signed[0], signed[1]), log=True)
    drawing, width = console_drawing(console), min(console.width, WIDEST_CHART)
    _print_line(console, loss_legend(chart, drawing, width))
    losses = [
        Series(curve, color, mark=mark, name=side.label)
        for side, curve, color, mark in zip(
            SideName,
            (curves.numpy, curves.pytorch),
            (NUMPY_COLOR, PYTORCH_COLOR),
            (HAND_MARK, PYTORCH_MARK),
            strict=True,
        )
    ]
    text = draw(losses, width, CHART_HEIGHT, chart.log_drawn, drawing=drawing, zero=any(signed))
    console.print(Text.from_ansi(text))
    _print_ends(console, curves)
    if curves.gap.high.any():
        _print_line(console, gap_legend(True, (), drawing))
        text = draw([Series(curves.gap, GAP_COLOR, mark=GAP_MARK)], width, CHART_HEIGHT, True, drawing=drawing)
        console.print(Text.from_ansi(text))


def _print_line(console: Console, line: Line) -> None:
    console.print(Text.assemble(*((text, STYLES[role]) for text, role in line)))


def _print_ends(console: Console, curves: Curves) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "first loss", "last loss"):
        table.add_column(heading, no_wrap=True)
    for side, curve in zip(SideName, (curves.numpy, curves.pytorch), strict=True):
        table.add_row(side.label, repr(curve.first), repr(curve.last))
    console.print(table)


def _print_pair(pair: ParameterPair, console: Console) -> None:
    shape = "x".join(map(str, pair.shape))
    table = Table(title=f"{pair.name} {shape}", title_justify="left", box=None, pad_edge=False)
    for heading in ("by hand", "PyTorch", "Δ"):
        table.add_column(heading, justify="right", no_wrap=True)
    count = math.prod(pair.shape)
    for index in range(min(count, SHOWN_WEIGHTS)):
        values = [None if side is None else float(side.flat[index]) for side in (pair.numpy, pair.pytorch)]
        shown = ["none" if value is None else f"{value:+.8g}" for value in values]
        table.add_row(*shown, _difference(*values))
    console.print(table)
    if count > SHOWN_WEIGHTS:
        console.print(Text(f"… and {count - SHOWN_WEIGHTS:,} more (--json FILE holds them all)", style="dim"))
    console.print()


def _difference(numpy: float | None, pytorch: float | None) -> str:
    if numpy is None or pytorch is None:
        return ""
    gap = numpy - pytorch
    return f"{'+' if gap > 0 else ''}{number(gap)}"


def differences_table(settings: Settings) -> Table:
    """Every setting of the catalogue with both sides' values."""
    table = Table(box=None, pad_edge=False)
    for heading in ("difference", "by hand", "", "PyTorch"):
        table.add_column(heading, no_wrap=True)
    for discrepancy in CATALOGUE:
        values = [discrepancy.name(discrepancy.value(settings, side)) for side in SideName]
        sign = Text("=", "green") if discrepancy.matched(settings) else Text("≠", "bold yellow")
        table.add_row(discrepancy.title, values[0], sign, values[1])
    return table
