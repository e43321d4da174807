"""A finished run as text on standard output: curves, weights, differences left, verdict."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.comparison import ParameterPair, pair_parameters
from engine.discrepancies import CATALOGUE
from engine.history import Curves, History
from engine.run import Run
from engine.settings import Settings, SideName
from tui_app.plot import Rgb, Series, draw
from tui_app.widgets.status_line import describe

NUMPY_COLOR: Rgb = (87, 165, 226)
PYTORCH_COLOR: Rgb = (255, 166, 43)
GAP_COLOR: Rgb = (210, 80, 110)
CHART_HEIGHT = 14
SHOWN_WEIGHTS = 24
"""Elements of one weight that are printed; --json holds them all."""


def print_run(run: Run, console: Console) -> None:
    """Print everything a person wants to know of a run."""
    console.print(Text(f"mlp-tui  {describe(run.settings)}", style="bold"))
    _print_curves(run, console)
    console.print()
    for pair in pair_parameters(run.settings, run.numpy.parameters, run.pytorch.parameters):
        _print_pair(pair, console)
    console.print(differences_table(run.settings))
    console.print()
    console.print(Text(run.verdict.headline, style="bold"))
    console.print(Text(run.verdict.detail))
    rate = len(run.numpy.losses) / run.seconds if run.seconds else 0
    console.print(Text(f"{len(run.numpy.losses):,} epochs of both in {run.seconds:.2f} s ({rate:,.0f}/s)", style="dim"))


def _print_curves(run: Run, console: Console) -> None:
    history = History()
    history.add(run.numpy.losses, run.pytorch.losses)
    curves = history.curves()
    if not history.epochs:
        return
    log = not any(run.settings.side(side).loss_report.signed for side in SideName)
    legend = Text.assemble(
        "loss, log scale" if log else "loss, linear as error·loss is signed",
        ("  ━━ ", _hex(NUMPY_COLOR)),
        "by hand",
        ("  ━━ ", _hex(PYTORCH_COLOR)),
        "PyTorch",
    )
    console.print(legend)
    _print_plot(console, [Series(curves.numpy, NUMPY_COLOR), Series(curves.pytorch, PYTORCH_COLOR)], log)
    _print_ends(console, curves)
    if curves.gap.high.any():
        console.print("gap |Δloss|, log scale")
        _print_plot(console, [Series(curves.gap, GAP_COLOR)], True)


def _print_plot(console: Console, series: list[Series], log: bool) -> None:
    console.print(Text.from_ansi(draw(series, min(console.width, 120), CHART_HEIGHT, log)))


def _print_ends(console: Console, curves: Curves) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "first loss", "last loss"):
        table.add_column(heading, no_wrap=True)
    for side, curve in zip(SideName, (curves.numpy, curves.pytorch), strict=True):
        table.add_row(side.label, repr(curve.first), repr(curve.last))
    console.print(table)


def _print_pair(pair: ParameterPair, console: Console) -> None:
    shape = "x".join(map(str, pair.numpy.shape))
    table = Table(title=f"{pair.name} {shape}", title_justify="left", box=None, pad_edge=False)
    for heading in ("by hand", "PyTorch", "Δ"):
        table.add_column(heading, justify="right", no_wrap=True)
    values = list(zip(pair.numpy.flat, pair.pytorch.flat, strict=True))
    for first, second in values[:SHOWN_WEIGHTS]:
        gap = float(first) - float(second)
        table.add_row(f"{first:+.8g}", f"{second:+.8g}", "0" if gap == 0 else f"{gap:+.1e}")
    console.print(table)
    if len(values) > SHOWN_WEIGHTS:
        console.print(Text(f"… and {len(values) - SHOWN_WEIGHTS:,} more (--json FILE holds them all)", style="dim"))
    console.print()


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


def _hex(color: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
