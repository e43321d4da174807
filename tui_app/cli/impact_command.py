"""`mlp-tui impact`: how much each difference matters, without a screen."""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

import click as plain_click
import rich_click as click
from click.core import ParameterSource

from engine.errors import InputError
from engine.experiment.toward import toward as sides_toward
from engine.impact.fitted import FittedStudy, Told
from engine.impact.study import BLOCK_EPOCHS, SEEDS, THRESHOLD, Impact, Measure, plan
from engine.shown_text import shown
from tui_app.cli.number_options import NUMBER, WHOLE
from tui_app.cli.options import experiment_options, settings_from
from tui_app.cli.printing import check_targets, output_console, progress, say_what_cannot_work, wants_ascii, write_text
from tui_app.terminal.endings import INTERRUPTED, end


@click.command()
@experiment_options
@click.option(
    "--differences",
    metavar="A,B",
    help="Which, the rest matched; those of the settings unless said, or 'all'.",
)
@click.option("--seeds", type=WHOLE, default=SEEDS, metavar="N", help=f"How many, from --seed on; {SEEDS} unless said.")
@click.option(
    "--measure",
    "measure_name",
    default=Measure.AREA.value,
    metavar="M",
    help=f"What the gap is: {', '.join(measure.value for measure in Measure)}, or all; area unless said.",
)
@click.option(
    "--threshold",
    type=NUMBER,
    default=THRESHOLD,
    metavar="X",
    help=f"Of the measure 'epochs'; {THRESHOLD} unless said.",
)
@click.option(
    "--toward",
    default="pytorch",
    metavar="SIDE",
    help="Match toward pytorch (unless said) or numpy, or some toward another side: numpy,bias=pytorch; or 'answer': "
    "bias and reduction toward numpy, the others toward pytorch.",
)
@click.option("--json", "json_file", metavar="FILE", help="Write everything that was measured ('-': stdout).")
@click.option("--csv", "csv_file", metavar="FILE", help="Write the gap of every combination and seed ('-': stdout).")
@click.option("--force", is_flag=True, help="Let --json and --csv replace files that exist.")
def impact(
    differences: str | None,
    seeds: int,
    measure_name: str,
    threshold: float,
    toward: str,
    json_file: str | None,
    csv_file: str | None,
    force: bool,
    **options: Any,
) -> None:
    """Measure how much each difference matters: every combination of them, over many seeds.

    Each difference's share is its Shapley value: its effect averaged over all orders of matching. The shares add up
    to the whole gap. More than ten differences are matched in a sample of orders, and each share has its standard
    error. Before it starts it says how long it takes; where that is over two minutes and neither --seeds nor --epochs
    is given, fewer of them are measured. Ctrl-C stops early and keeps what is measured so far.

    Examples:
    - `mlp-tui impact`
    - `mlp-tui impact --toward answer`
    - `mlp-tui impact --differences bias,reduction --seeds 5 --measure weights`
    - `mlp-tui impact --preset no-bias --json impact.json --csv impact.csv`
    """
    from engine.export.impact_file import impact_csv, impact_document
    from engine.networks.torch_threads import limited
    from tui_app.text.impact_lines import left_out, scope

    settings, ascii = settings_from(**options), wants_ascii(options)
    names = [name.strip() for name in (differences or "").split(",") if name.strip()]
    measures = _measures(measure_name)
    if json_file == csv_file == "-":
        raise InputError("--json and --csv cannot both be '-'; name a file for one of them.")
    check_targets(json_file, csv_file, force=force, source=settings.data.source)
    say_what_cannot_work(settings, ascii)
    planned = plan(settings, names, seeds, sides_toward(toward, "--toward"), threshold)
    with limited(settings):
        if "all" in names and (omitted := left_out(planned)):
            click.echo(f"mlp-tui: {omitted}", err=True)
        measured, interrupted = _measure(FittedStudy(planned, _told()))
    if measured is None:
        end("interrupted before anything was measured.", INTERRUPTED)
    if "-" not in (json_file, csv_file):
        _print(measured, measures)
    elif not measured.finished:
        click.echo(scope(measured, stopped=True), err=True)
    write_text(json.dumps(impact_document(measured)) + "\n", json_file, force)
    write_text(impact_csv(measured), csv_file, force)
    if interrupted:
        sys.exit(INTERRUPTED)


def _measures(name: str) -> list[Measure]:
    """One, or all; raises `InputError`."""
    if name in (measure.value for measure in Measure):
        return [Measure(name)]
    if name != "all":
        known = ", ".join(measure.value for measure in Measure)
        raise InputError(f"--measure cannot be '{shown(name)}'; it is one of {known}, or all of them: all.")
    return list(Measure)


def _told() -> Told:
    """What was typed."""
    source = plain_click.get_current_context().get_parameter_source
    return Told(*(source(name) is ParameterSource.COMMANDLINE for name in ("seeds", "epochs")))


def _measure(study: FittedStudy) -> tuple[Impact | None, bool]:
    """What was measured, and whether Ctrl-C ended it: between two steps, so that no epoch is half counted."""
    from tui_app.text.impact_lines import expectation

    interrupted: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        interrupted.append(number)
        signal.signal(signal.SIGINT, before)  # a second Ctrl-C does not wait

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with progress("timing the first epochs", None):
            while study.expected is None and not (study.finished or interrupted):
                study.step(BLOCK_EPOCHS)
        if study.expected is not None and not interrupted:
            click.echo(f"mlp-tui: {expectation(study.plan, study.expected)}", err=True)
        with progress("measuring", 1.0) as report:
            while not (study.finished or interrupted):
                study.step(BLOCK_EPOCHS)
                report(study.share)
    finally:
        signal.signal(signal.SIGINT, before)
    return study.impact(), bool(interrupted)


def _print(measured: Impact, measures: list[Measure]) -> None:
    from tui_app.text.impact_report import print_impact

    print_impact(measured, measures, output_console())
