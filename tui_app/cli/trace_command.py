"""`mlp-tui trace`: one training step opened up, without a screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import rich_click as click

from engine.errors import InputError
from engine.number_text import typed_whole
from engine.shown_text import shown
from tui_app.cli.options import experiment_options, settings_from
from tui_app.cli.printing import check_targets, output_console, say_what_cannot_work, wants_ascii, write_text

if TYPE_CHECKING:
    from engine.experiment.settings import Settings
    from engine.step.trace import StepTrace


@click.command()
@experiment_options
@click.option(
    "--epoch", metavar="K", help="The step that makes epoch K; 'first' (unless said): the first that differs."
)
@click.option("--batch", metavar="B", help="With --epoch: the step on batch B of it (unless said, the first).")
@click.option("--matched-start", is_flag=True, help="Give PyTorch NumPy's weights before the step.")
@click.option(
    "--operation", "operations", metavar="NAME", multiple=True, help="Print its tensors: layer1-delta, loss, ..."
)
@click.option("--json", "json_file", metavar="FILE", help="Write every tensor and gap ('-': stdout).")
@click.option("--force", is_flag=True, help="Let --json replace a file that exists.")
def trace(
    epoch: str | None,
    batch: str | None,
    matched_start: bool,
    operations: tuple[str, ...],
    json_file: str | None,
    force: bool,
    **options: Any,
) -> None:
    """Open up one training step: every operation of both sides, the first that differs, and why.

    Examples:
    - `mlp-tui trace --preset exact`
    - `mlp-tui trace --preset answer --epoch 1000 --matched-start`
    - `mlp-tui trace --preset exact --epoch 1 --operation layer1-activation`
    - `mlp-tui trace --data iris --batch-size 32 --epoch 3 --batch 2`
    """
    from engine.export.step_file import trace_document
    from tui_app.text.step_report import print_trace

    settings, ascii = settings_from(**options), wants_ascii(options)
    check_targets(json_file, force=force, source=settings.data.source)
    say_what_cannot_work(settings, ascii)
    traced = _traced(settings, epoch, batch, matched_start)
    names = [operation.place.name for operation in traced.operations]
    for name in operations:
        if name not in names:
            raise InputError(f"--operation cannot be '{shown(name)}'; this step has {', '.join(names)}.")
    if json_file != "-":
        print_trace(traced, operations, output_console())
    write_text(json.dumps(trace_document(traced)) + "\n", json_file, force)


def _traced(settings: Settings, epoch: str | None, batch: str | None, matched_start: bool) -> StepTrace:
    from engine.step.growth import first_difference
    from engine.step.trace import trace_epoch

    if epoch is None or epoch == "first":
        if batch is not None:
            raise InputError("--batch goes with --epoch K: the first step that differs has a batch of its own.")
        first_epoch, first_batch = first_difference(settings) or (1, 1)
        return trace_epoch(settings, max(1, first_epoch), matched_start, first_batch)
    number = _whole("--epoch", epoch, settings.epochs, ", or 'first'")
    return trace_epoch(settings, number, matched_start, _whole("--batch", batch or "1", settings.batches_of_epoch))


def _whole(option: str, text: str, most: int, otherwise: str = "") -> int:
    try:
        number = typed_whole(option, text)
    except InputError:
        number = 0
    if not 1 <= number <= most:
        wanted = f"it is a whole number from 1 to {most:,}{otherwise}" if most > 1 else f"it is 1{otherwise}"
        raise InputError(f"{option} cannot be '{shown(text)}'; {wanted}.")
    return number
