"""The command `mlp-tui`: the explorer by itself, and what works without a screen.

Standard output carries data; everything else goes to standard error. How a command ends lives in `endings.py`.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import rich_click as click
from click.core import ParameterSource

from engine.errors import InputError
from engine.experiment.settings import Settings
from engine.paths import typed_path
from engine.shown_text import printable
from tui_app.cli.diagnose_command import diagnose
from tui_app.cli.differences_command import differences
from tui_app.cli.impact_command import impact
from tui_app.cli.number_options import NUMBER
from tui_app.cli.options import command_line, experiment_options, settings_from
from tui_app.cli.presets_command import presets
from tui_app.cli.printing import (
    check_targets,
    output_console,
    progress,
    say,
    say_what_cannot_work,
    say_written,
    wants_ascii,
)
from tui_app.cli.trace_command import trace
from tui_app.importing import importing
from tui_app.terminal.endings import FAILED, REFUSED, end, ended_well
from tui_app.terminal.signals import Ending, end_on_termination, let_through
from tui_app.text.ascii import locale_is_utf8, prepare_streams

click.rich_click.TEXT_MARKUP = "markdown"


class _Group(click.RichGroup):
    """Every command ends with an exit status and at most one sentence on standard error, never with a traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """As click's; the help, too, has only what the locale can show."""
        prepare_streams(None if locale_is_utf8() else "ascii")
        return super().main(*args, **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the options that stand before a command."""
        with ended_well():
            return super().make_context(*args, **kwargs)

    def invoke(self, context: click.Context) -> Any:
        """Read the command's own options, and carry it out."""
        with ended_well(context):
            return super().invoke(context)


@click.group(cls=_Group, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@experiment_options
@click.version_option(None, "--version", "-V", package_name="mlp-tui", prog_name="mlp-tui")
@click.pass_context
def main(context: click.RichContext, /, **options: Any) -> None:
    """Why does a network written by hand in NumPy not do what PyTorch does?

    Without a command: the explorer, live in this terminal. Two networks train in lockstep; every difference between
    them is a switch. Press ? in it for help.

    Without a screen: `mlp-tui run --preset answer`. For a program of your own: `mlp-tui diagnose my_network.py`.
    """
    if context.invoked_subcommand is not None:
        if isinstance(context.obj, Ending):
            end_on_termination()
        let_through()
        _refuse_options_before_command(context)
        return
    if isinstance(context.obj, Ending):
        context.obj.watch()
    explore_here(settings_from(**options), wants_ascii(options), context.obj)


def _refuse_options_before_command(context: click.RichContext) -> None:
    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name
        and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
        and parameter.opts[0] != "--version"
    ]
    if given:
        command = context.invoked_subcommand
        end(
            f"{given[0]} stands before '{command}'; options go after the command: mlp-tui {command} {given[0]} ...",
            REFUSED,
        )


def explore_here(settings: Settings, ascii: bool = False, ending: Ending | None = None) -> None:
    """Show the explorer, or say why this is no place for it."""
    # Textual is imported here and not above: the other commands do without it.
    with importing():
        from tui_app.terminal.driver import why_no_terminal

    reason = why_no_terminal()
    if reason is not None:
        end(f"the explorer needs a terminal, but {reason}; without one, use 'mlp-tui run'.", REFUSED)
    with importing():
        from tui_app.app import explore

    sys.exit(explore(settings, ascii, ending))


@main.command()
@experiment_options
@click.option("--json", "json_file", metavar="FILE", help="Write settings, losses, parameters and gaps ('-': stdout).")
@click.option("--force", is_flag=True, help="Let --json replace a file that exists.")
@click.option("--fail-over", type=NUMBER, metavar="X", help="Exit with status 1 if the largest loss gap is over X.")
@click.option("--quiet", "-q", is_flag=True, help="Print the verdict alone.")
def run(json_file: str | None, force: bool, fail_over: float | None, quiet: bool, **options: Any) -> None:
    """Train both networks without a screen and print curves, weights, differences and the verdict.

    Examples:
    - `mlp-tui run --preset answer`
    - `mlp-tui run --preset course`
    - `mlp-tui run --preset exact --data regression --fail-over 1e-14`
    - `mlp-tui run --set both.precision=float64 --hidden 8,4 --json run.json`
    """
    from engine.export.run_file import run_document, write_run

    settings, ascii = settings_from(**options), wants_ascii(options)
    if fail_over is not None and not fail_over >= 0:
        raise InputError(f"--fail-over cannot be {fail_over}; it is a number from 0 on.")
    check_targets(json_file, force=force, source=settings.data.source)
    say_what_cannot_work(settings, ascii)
    result = _train(settings)
    if json_file == "-":
        click.echo(json.dumps(run_document(result)))
    else:
        _print(result, quiet, ascii)
        if json_file is not None:
            write_run(result, typed_path(json_file), force)
            say_written(json_file)
    if fail_over is not None:
        gap = math.inf if result.divergence else result.comparison.losses.max_absolute
        if gap > fail_over:
            end(f"the largest loss gap is {gap:.3g}, over {fail_over:g}.", FAILED)


def _train(settings: Settings) -> Any:
    import engine

    with progress("training", settings.epochs) as report:
        return engine.train(settings, lambda one: report(one.epoch))


def _print(result: Any, quiet: bool, ascii: bool) -> None:
    from tui_app.text.report import print_run

    if quiet:
        say(result.verdict.headline, ascii)
    else:
        print_run(result, output_console())


@main.command()
@click.argument("folder", metavar="DIR")
@experiment_options
@click.option("--force", is_flag=True, help="Replace files that exist.")
def export(folder: str, force: bool, **options: Any) -> None:
    """Train, and write everything into a folder: both programs, losses, parameters and a report.

    `numpy_mlp.py` and `pytorch_mlp.py` run alone, with only NumPy or torch, and print the same losses bit for bit.
    """
    from engine.export.exports import export_files, export_names
    from engine.export.files import check_folder, check_spared, write_folder
    from engine.run.training import result_of

    settings, target, ascii = settings_from(**options), typed_path(folder), wants_ascii(options)
    names = export_names(settings)
    check_folder(target, names, force)
    check_spared(settings.data.source, [target / name for name in names])
    say_what_cannot_work(settings, ascii)
    try:
        command = command_line(settings)
    except InputError:
        command = "mlp-tui --from run.json"
    files = export_files(result_of(_train(settings)), command)
    write_folder(target, files, force)
    for name in files:
        click.echo(printable(str(target / name)))


main.add_command(diagnose)
main.add_command(differences)
main.add_command(impact)
main.add_command(presets)
main.add_command(trace)
