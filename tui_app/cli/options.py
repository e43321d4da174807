"""The options that describe an experiment, the same for the explorer and for `mlp-tui run`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any, TypeVar

import rich_click as click

from engine.errors import InputError, SettingsError
from engine.experiment.built_in_data import BUILT_IN
from engine.experiment.choices import Objective, SideName, parse_choice
from engine.experiment.discrepancies import CATALOGUE, find_setting
from engine.experiment.given import uses_given
from engine.experiment.held_out import hold_out, read_share, with_all_rows
from engine.experiment.objectives import with_objective
from engine.experiment.optimizers import ADAMW_DECAY, LEARNING_RATES
from engine.experiment.per_layer import typed
from engine.experiment.presets import PRESETS, preset
from engine.experiment.settings import ELEMENTWISE, Activation, Settings
from engine.export.run_file import read_settings
from engine.number_text import typed_whole
from engine.paths import typed_path
from engine.shown_text import shown
from tui_app.cli.data_options import data_of, data_words
from tui_app.cli.number_options import WHOLE
from tui_app.cli.shell_words import shell_line

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_PRESET = "asked"

ACTIVATIONS = [activation.value for activation in ELEMENTWISE]
OUTPUT_ACTIVATIONS = [activation.value for activation in Activation]
OBJECTIVES = [objective.value for objective in Objective]


ADAMW = re.compile(r"adamw(?=:|$)", re.IGNORECASE)
"""Adam with a weight decay of its own."""

SHARED = {
    "--activation": "activation",
    "--output-activation": "output_activation",
    "--epochs": "epochs",
    "--seed": "seed",
    "--device": "device",
    "--threads": "threads",
}
"""Options that replace one field of the settings."""

ascii_option = click.option(
    "--ascii/--no-ascii",
    "ascii_only",
    default=None,
    help="Write no character beyond ASCII, or any; as the locale has it unless said.",
)

EXPERIMENT_OPTIONS = (
    click.option(
        "--preset",
        "preset_name",
        metavar="P",
        help=f"Start from a named experiment: {', '.join(PRESETS)}; asked unless said.",
    ),
    click.option("--from", "run_file", metavar="FILE", help="Start from the settings of a run that --json wrote."),
    click.option(
        "--set",
        "assignments",
        metavar="SIDE.SETTING=VALUE",
        multiple=True,
        help="Change one side: numpy.bias=yes, pytorch.learning_rate=0.6, or both.precision=float64. "
        "`mlp-tui differences` lists settings and values. May be given many times.",
    ),
    click.option("--data", metavar="NAME|FILE", help=f"{', '.join(BUILT_IN)}, or a .csv or .npz file."),
    click.option("--targets", metavar="A,B", help="A CSV's target columns, by name or number; the last by default."),
    click.option(
        "--inputs",
        metavar="A,B|all",
        help="A CSV's input columns, by name or number; all others by default, but for a first one that only counts "
        "the rows.",
    ),
    click.option(
        "--header", metavar="yes|no", help="Whether a CSV's first line names its columns; as it looks unless said."
    ),
    click.option(
        "--missing",
        metavar="refuse|drop",
        help="What becomes of a CSV's rows that lack a value: refuse, unless said; drop leaves out each with an empty "
        "cell, ?, NA or NaN.",
    ),
    click.option(
        "--classes/--no-classes",
        "classes",
        default=None,
        help="Take a file's targets as classes: texts, whole numbers, or columns of a single 1 among zeros; or never. "
        "Texts and such columns are unless said.",
    ),
    click.option(
        "--validation",
        metavar="SHARE",
        help="Hold out a share of the rows, such as 0.2, the same on both sides: nothing is trained on them, and their "
        "loss and accuracy are shown; none unless said.",
    ),
    click.option(
        "--hidden", metavar="N,N", help="Sizes of the hidden layers, such as 5,4; 'none' for no hidden layer."
    ),
    click.option(
        "--activation",
        metavar="KIND",
        help=f"After the hidden layers: {', '.join(ACTIVATIONS)}; or one for each layer: relu,tanh.",
    ),
    click.option("--output-activation", metavar="KIND", help=f"After the last layer: {', '.join(OUTPUT_ACTIVATIONS)}."),
    click.option(
        "--objective",
        metavar="KIND",
        help=f"What both sides are trained on: {', '.join(OBJECTIVES)}; outputs and logged loss go with it.",
    ),
    click.option("--epochs", type=WHOLE, metavar="N", help="How many epochs to train; 5000 unless said."),
    click.option("--seed", type=WHOLE, metavar="N", help="Seed of both sides' initial weights; 0 unless said."),
    click.option("--learning-rate", "--lr", metavar="X", help="Learning rate of both sides."),
    click.option("--batch-size", metavar="N|all", help="Samples of a batch, on both sides; all unless said."),
    click.option(
        "--optimizer",
        metavar="RULE",
        help="Of both sides: sgd, adam, adamw, rmsprop, adagrad, or with numbers: adam:epsilon=1e-7; "
        "at torch.optim's learning rate unless --learning-rate is given.",
    ),
    click.option("--device", metavar="D", help="Where PyTorch computes: cpu (unless said), cuda, cuda:1, mps."),
    click.option(
        "--threads",
        metavar="N|auto",
        help="Threads of NumPy and of PyTorch each; chosen by the network's size and the cores unless said.",
    ),
    ascii_option,
)


def experiment_options(command: Command) -> Command:
    """Give a command all options that describe an experiment."""
    for option in reversed(EXPERIMENT_OPTIONS):
        command = option(command)
    return command


def settings_from(
    preset_name: str | None,
    run_file: str | None,
    assignments: tuple[str, ...],
    data: str | None,
    targets: str | None,
    inputs: str | None,
    header: str | None,
    missing: str | None,
    classes: bool | None,
    validation: str | None,
    hidden: str | None,
    activation: str | None,
    output_activation: str | None,
    objective: str | None,
    epochs: int | None,
    seed: int | None,
    learning_rate: str | None,
    batch_size: str | None,
    optimizer: str | None,
    device: str | None,
    threads: str | None,
    **_: object,
) -> Settings:
    """The settings that the options describe; raises `InputError`."""
    if preset_name is not None and run_file is not None:
        raise InputError("--preset and --from both say where to start; name one of them.")
    own = data_of(data, targets, inputs, header, missing, classes)
    settings = (
        preset(DEFAULT_PRESET if preset_name is None else preset_name)
        if run_file is None
        else read_settings(typed_path(run_file), own)
    )
    given = {
        "data": own,
        "hidden": hidden_sizes(hidden) if hidden is not None else None,
        "activation": activation,
        "output_activation": output_activation,
        "epochs": epochs,
        "seed": seed,
        "device": device,
    }
    changes: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    if validation is not None:
        changes["data"] = hold_out(changes.get("data", settings.data), read_share(validation))
    if threads is not None:
        changes["threads"] = thread_count(threads)
    if objective is not None:
        settings = replace(settings, data=changes.pop("data", settings.data))
        settings = with_objective(settings, parse_choice(Objective, objective, "objective"))
    if optimizer is not None:
        assignments = (*_of_optimizer(optimizer, learning_rate is None), *assignments)
    if learning_rate is not None:
        assignments = (f"both.learning_rate={learning_rate}", *assignments)
    if batch_size is not None:
        assignments = (f"both.batch={batch_size}", *assignments)
    return assign(settings, *assignments, **changes)


def _of_optimizer(text: str, sets_rate: bool) -> list[str]:
    """What an optimizer's name stands for on both sides."""
    rule = ADAMW.sub("adam", text.strip(), count=1)
    assigned = [f"both.optimizer={rule}"]
    if rule != text.strip():
        assigned.append(f"both.weight_decay={ADAMW_DECAY}")
    rate = LEARNING_RATES.get(rule.partition(":")[0].lower())
    if sets_rate and rate is not None:
        assigned.append(f"both.learning_rate={rate!r}")
    return assigned


def assign(settings: Settings, *assignments: str, **shared: Any) -> Settings:
    """Carry out these `--set`s, and these changes of what both sides share; raises `SettingsError`.

    All at once: one alone may not be possible with what was there before.
    """
    values: dict[SideName, dict[str, Any]] = {side: {} for side in SideName}
    for assignment in assignments:
        for side, field, value in _assigned(assignment):
            values[side][field] = value
    numpy, pytorch = (replace(settings.side(side), **changes) for side, changes in values.items())
    return replace(settings, numpy=numpy, pytorch=pytorch, **shared)


def _assigned(assignment: str) -> Iterator[tuple[SideName, str, Any]]:
    """What one `--set` gives to which side; raises `SettingsError`."""
    place, equals, value = assignment.partition("=")
    side_name, dot, field = place.strip().partition(".")
    sides = {"numpy": [SideName.NUMPY], "pytorch": [SideName.PYTORCH], "both": list(SideName)}
    if not equals or not dot or side_name not in sides:
        raise SettingsError(
            f"--set cannot be '{shown(assignment)}'; it is numpy.SETTING=VALUE, pytorch.SETTING=VALUE or "
            "both.SETTING=VALUE."
        )
    setting = find_setting(field.strip())
    for side in sides[side_name]:
        yield side, setting.field, setting.parse(value.strip(), side)


def hidden_sizes(text: str) -> tuple[int, ...]:
    """Typed as 5 or 5,4, or none; raises `SettingsError`."""
    if text.strip().lower() in ("", "none", "0"):
        return ()
    try:
        return tuple(typed_whole("hidden", part) for part in text.split(","))
    except SettingsError:
        raise SettingsError(f"--hidden cannot be '{shown(text)}'; it is sizes such as 5 or 5,4, or none.") from None


def command_line(settings: Settings, command: str | None = None, more: Sequence[str] = ()) -> str:
    """The command that opens these settings again: the nearest preset, and what differs from it. `command` is another
    one than the explorer, `more` its own options.

    Raises `InputError` for data, weights and orders that no option can name.
    """
    if uses_given(settings):
        raise InputError("No option names weights or orders that are given; a file that --json wrote has them.")
    lines = [_from_preset(name, settings) for name in PRESETS]
    fewest_changes = min(lines, key=lambda words: sum(word.startswith("--") and word != "--preset" for word in words))
    return shell_line(["mlp-tui", *([command] if command else []), *fewest_changes, *more])


def _from_preset(name: str, settings: Settings) -> list[str]:
    start = PRESETS[name].settings
    words = [] if name == DEFAULT_PRESET else ["--preset", name]
    if with_all_rows(settings.data) != start.data:
        words += data_words(settings.data)
    if settings.data.held_out is not None:
        words += ["--validation", repr(settings.data.held_out.share)]
    for option, field in SHARED.items():
        value = getattr(settings, field)
        if value != getattr(start, field):
            words += [option, typed(value) if isinstance(value, (Enum, tuple)) else str(value)]
    if settings.hidden != start.hidden:
        words += ["--hidden", ",".join(map(str, settings.hidden)) or "none"]
    for discrepancy in CATALOGUE:
        values = [discrepancy.value(settings, side) for side in SideName]
        if values == [discrepancy.value(start, side) for side in SideName]:
            continue
        if values[0] == values[1]:
            words += ["--set", f"both.{discrepancy.field}={discrepancy.name(values[0])}"]
            continue
        for side, value in zip(SideName, values, strict=True):
            if value != discrepancy.value(start, side):
                words += ["--set", f"{side.value}.{discrepancy.field}={discrepancy.name(value)}"]
    return words


def thread_count(text: str) -> int | None:
    """A number, or none for what is chosen by size."""
    if text.strip().lower() in ("", "auto"):
        return None
    try:
        return typed_whole("threads", text)
    except SettingsError as error:
        raise SettingsError(str(error).replace("whole number.", "whole number, or auto.")) from None
