"""A finished run as text on standard output: curves, weights, differences left, verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from rich.console import Console
from rich.text import Text

from engine.experiment.choices import SideName
from engine.experiment.discrepancies import CATALOGUE
from engine.experiment.settings import Settings
from engine.networks.threads import threads_of
from engine.number_text import number
from engine.run.accuracy import Scores
from engine.run.comparison import ParameterPair
from engine.run.history import Curves, History
from engine.run.measured_epochs import MeasuredEpochs
from engine.run.training import Run
from engine.run.validation import ValidationCurves
from engine.types import FloatArray
from tui_app.text import curve_legends
from tui_app.text.columns import NONE, Column, fit, fixed_ways, measured, only_in, signed_ways
from tui_app.text.curve_legends import LossChart, gap_legend, loss_legend, validation_legend
from tui_app.text.gaps import gap_value
from tui_app.text.lines import PRINT_STYLES, Line
from tui_app.text.marks import GAP_MARK, HAND_MARK, PYTORCH_MARK, VALIDATION_MARKS, Drawing, console_drawing
from tui_app.text.plot import Rgb, Series, draw
from tui_app.text.status_text import NAMES, describe, per_second, short_time
from tui_app.view_state import Unit

NUMPY_COLOR: Rgb = (87, 165, 226)
PYTORCH_COLOR: Rgb = (255, 166, 43)
GAP_COLOR: Rgb = (210, 80, 110)
VALIDATION_COLORS: tuple[Rgb, Rgb] = ((60, 105, 140), (165, 110, 35))
CHART_HEIGHT = 14
WIDEST_CHART = 120
STYLES = {
    **PRINT_STYLES,
    curve_legends.HAND: "#{:02x}{:02x}{:02x}".format(*NUMPY_COLOR),
    curve_legends.PYTORCH: "#{:02x}{:02x}{:02x}".format(*PYTORCH_COLOR),
    curve_legends.GAP: "#{:02x}{:02x}{:02x}".format(*GAP_COLOR),
    curve_legends.NOTE: "yellow",
    **{
        role: "#{:02x}{:02x}{:02x}".format(*color)
        for role, color in zip(curve_legends.VALIDATION, VALIDATION_COLORS, strict=True)
    },
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
    _print_differences(run.settings, console)
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
    if run.validation is not None and len(run.validation.epochs):
        each = MeasuredEpochs(run.settings).stride
        _print_line(console, validation_legend(run.validation, each, None, drawing, width))
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
    losses += _validation(run.validation, history.epochs)
    text = draw(losses, width, CHART_HEIGHT, chart.log_drawn, drawing=drawing, zero=any(signed))
    console.print(Text.from_ansi(text))
    _print_ends(console, curves, run)
    if curves.gap.high.any():
        _print_line(console, gap_legend(True, (), drawing))
        text = draw([Series(curves.gap, GAP_COLOR, mark=GAP_MARK)], width, CHART_HEIGHT, True, drawing=drawing)
        console.print(Text.from_ansi(text))


def _validation(held_out: ValidationCurves | None, last: int) -> list[Series]:
    """Both sides' curves of the rows held out, where there are some."""
    if held_out is None:
        return []
    found = []
    for losses, color, mark in zip(
        (held_out.numpy, held_out.pytorch), VALIDATION_COLORS, VALIDATION_MARKS, strict=True
    ):
        if (curve := held_out.curve(losses, last)) is not None:
            found.append(Series(curve, color, mark=mark))
    return found


def _print_line(console: Console, line: Line) -> None:
    console.print(Text.assemble(*((text, STYLES[role]) for text, role in line)))


def _print_ends(console: Console, curves: Curves, run: Run) -> None:
    sides = list(zip(SideName, (curves.numpy, curves.pytorch), strict=True))
    ends = [(side.label, curve.first, curve.last) for side, curve in sides]
    for line in end_lines(ends, console.width, _measured(run.scores, run.validation)):
        console.print(Text(line))


def _measured(scores: Scores | None, validation: ValidationCurves | None) -> dict[str, Sequence[float]]:
    """What is measured beside the losses at the end of a run, of each side, by its heading."""
    found: dict[str, Sequence[float]] = {}
    if scores is not None:
        found["accuracy"] = (scores.numpy, scores.pytorch)
    if validation is not None and len(validation.epochs):
        found["validation loss"] = (float(validation.numpy[-1]), float(validation.pytorch[-1]))
        if validation.numpy_accuracy is not None and validation.pytorch_accuracy is not None:
            found["its accuracy"] = (float(validation.numpy_accuracy[-1]), float(validation.pytorch_accuracy[-1]))
    return found


def end_lines(
    ends: list[tuple[str, float, float]], width: int, measured_last: Mapping[str, Sequence[float]] | None = None
) -> list[str]:
    """The first and the last loss of each side, by its name: every bit where there is room; and what was measured last,
    by its heading.
    """
    writers: list[Callable[[float], str]] = [repr, partial(number, digits=8), partial(number, digits=4)]
    columns = [Column("side", "", measured([str], [name for name, *_ in ends]), flexible=True)]
    for place, heading in enumerate(("first loss", "last loss"), start=1):
        columns.append(Column(heading, heading, measured(writers, [end[place] for end in ends]), drop=place))
    rows = [{"side": name, "first loss": first, "last loss": last} for name, first, last in ends]
    for place, (heading, values) in enumerate((measured_last or {}).items(), start=3):
        columns.append(Column(heading, heading, measured([partial(number, digits=4)], values), drop=place))
        rows = [row | {heading: one} for row, one in zip(rows, values, strict=True)]
    layout = fit(columns, width)
    return [line.rstrip() for line in (layout.heading(), *(layout.line(row) for row in rows))]


def _print_pair(pair: ParameterPair, console: Console) -> None:
    shape = "x".join(map(str, pair.shape))
    owner = SideName.NUMPY if pair.pytorch is None else SideName.PYTORCH
    note = "" if pair.both is not None else f", {only_in(owner)}"
    console.print(Text(f"{pair.name} {shape}{note}", style="italic"))
    heading, *rows = pair_lines(pair, console.width)
    console.print(Text(heading, style="bold"))
    for row in rows:
        console.print(Text(row))
    left = math.prod(pair.shape) - SHOWN_WEIGHTS
    if left > 0:
        console.print(Text(f"… and {left:,} more (--json FILE holds them all)", style="dim"))
    console.print()


def pair_lines(pair: ParameterPair, width: int) -> list[str]:
    """The first elements of a weight or bias of both sides, an element a line under a heading."""
    named = list(zip((side.label for side in SideName), (pair.numpy, pair.pytorch), strict=True))
    columns = [
        *(
            Column(label, label, measured([way.write for way in fixed_ways("+")], _shown(side)), drop=1)
            for label, side in named
        ),
        Column("gap", "Δ", signed_ways(), drop=2),
    ]
    layout = fit(columns, width)
    lines = [layout.heading()]
    for index in range(min(math.prod(pair.shape), SHOWN_WEIGHTS)):
        row: dict[str, Any] = {label: NONE if side is None else float(side.flat[index]) for label, side in named}
        if pair.both is not None:
            row["gap"] = gap_value(pair.both[0].flat[index], pair.both[1].flat[index], Unit.ABSOLUTE)
        lines.append(layout.line(row).rstrip())
    return lines


def _shown(side: FloatArray | None) -> list[float]:
    return [] if side is None else [float(value) for value in side.flat[:SHOWN_WEIGHTS]]


def _print_differences(settings: Settings, console: Console) -> None:
    heading, *rows = difference_lines(settings, console.width, console_drawing(console) is Drawing.ASCII)
    console.print(Text(heading, style="bold"))
    for discrepancy, row in zip(CATALOGUE, rows, strict=True):
        console.print(Text(row, style="" if discrepancy.matched(settings) else "yellow"))


def difference_lines(settings: Settings, width: int, ascii: bool = False) -> list[str]:
    """Every setting of the catalogue with both sides' values, as they are typed, under a heading."""
    signs = ("==", "!=") if ascii else ("=", "≠")
    rows = [
        {
            "difference": discrepancy.title,
            "sign": signs[not discrepancy.matched(settings)],
            **{side.label: discrepancy.name(discrepancy.value(settings, side)) for side in SideName},
        }
        for discrepancy in CATALOGUE
    ]
    headings = ("difference", SideName.NUMPY.label, "sign", SideName.PYTORCH.label)
    columns = [
        Column(
            name,
            "" if name == "sign" else name,
            measured([str], [row[name] for row in rows]),
            drop=int(name == "difference"),
            flexible=True,
        )
        for name in headings
    ]
    layout = fit(columns, width)
    return [line.rstrip() for line in (layout.heading(), *(layout.line(row) for row in rows))]
