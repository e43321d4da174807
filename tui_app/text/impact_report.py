"""A measured impact as text on standard output: ranked bars, pairs, and what follows."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from engine.impact.effects import Effects, effects, usable_seeds
from engine.impact.study import Impact, Measure
from tui_app.text import impact_lines
from tui_app.text.impact_rows import ImpactRows
from tui_app.text.lines import print_lines
from tui_app.text.status_text import describe

MOST_COLUMNS = 100


def print_impact(impact: Impact, measures: list[Measure], console: Console) -> None:
    """Print the effects by each measure."""
    plan = impact.plan
    console.print(Text(f"mlp-tui impact  {describe(plan.settings)}", style="bold"))
    # What a run takes is known of whole runs only.
    rate = f", {impact.seconds / impact.runs * 1000:.2f} ms a run" if impact.finished else ""
    scope = f"{impact_lines.scope(impact, stopped=True)}, {impact.seconds:.1f} s{rate}"
    console.print(Text(scope, style="dim"))
    console.print(Text(plan.toward.sentence(plan.differences), style="dim"))
    for measure in measures:
        console.print()
        if usable_seeds(impact, measure).any():
            _print_measure(impact, effects(impact, measure), console)
        else:
            console.print(Text(measure.meaning(plan.settings), style="bold"))
            console.print(impact_lines.nothing_left(impact))
    console.print()
    print_lines([impact_lines.epochs_line(impact)], console)


def _print_measure(impact: Impact, found: Effects, console: Console) -> None:
    width = min(console.width, MOST_COLUMNS)
    console.print(Text(found.measure.meaning(impact.plan.settings), style="bold"))
    rows = ImpactRows(found)
    print_lines([impact_lines.gap_line(found), rows.heading(width)], console)
    print_lines([rows.row(index, width) for index in range(len(found.ranked))], console)
    for effect in found.ranked:
        if effect.shapley.any():
            console.print()
            print_lines(impact_lines.details(effect, found), console)
    console.print()
    print_lines(impact_lines.pairs(found), console)
    console.print()
    print_lines(impact_lines.prose(impact, found), console)
