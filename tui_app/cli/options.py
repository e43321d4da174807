"""The options that describe an experiment, the same for the explorer and for `mlp-tui run`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any, TypeVar

import rich_click as click

from engine.errors import InputError, SettingsError
from engine.experiment.class_labels import classes_to_say
from engine.experiment.data import BUILT_IN, Dataset
from engine.experiment.data_files import load
from engine.experiment.discrepancies import CATALOGUE, find, find_setting
from engine.experiment.per_layer import typed
from engine.experiment.presets import PRESETS, preset
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import SideName
from engine.export.run_file import read_settings
from engine.number_text import typed_whole
from engine.paths import typed_path
from engine.shown_text import shown
from tui_app.cli.number_options import WHOLE
from tui_app.cli.shell_words import shell_line

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_PRESET = "asked"

CLASSES = {None: "auto", True: "yes", False: "no"}
"""Whether targets are classes, as it is typed on the Setup screen."""

ACTIVATIONS = [activation.value for activation in Activation]


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


SHARED = {
    "--activation": "activation",
    "--output-activation": "output_activation",
    "--epochs": "epochs",
    "--seed": "seed",
    "--device": "device",
    "--threads": "threads",
}
"""Options that replace one field of the settings."""

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
        "--header", metavar="yes|no", help="Whether a CSV's first line names its columns; as it looks unless said."
    ),
    click.option(
        "--classes/--no-classes",
        "classes",
        default=None,
        help="Take a file's targets as classes: texts, whole numbers, or columns of a single 1 among zeros; or never. "
        "Texts and such columns are unless said.",
    ),
    click.option(
        "--hidden", metavar="N,N", help="Sizes of the hidden layers, such as 5,4; 'none' for no hidden layer."
    ),
    click.option(
        "--activation",
        metavar="KIND",
        help=f"After the hidden layers: {', '.join(ACTIVATIONS)}; or one for each layer: relu,tanh.",
    ),
    click.option("--output-activation", metavar="KIND", help="After the last layer: the same choices."),
    click.option("--epochs", type=WHOLE, metavar="N", help="How many epochs to train; 5000 unless said."),
    click.option("--seed", type=WHOLE, metavar="N", help="Seed of both sides' initial weights; 0 unless said."),
    click.option("--learning-rate", "--lr", metavar="X", help="Learning rate of both sides."),
    click.option("--device", metavar="D", help="Where PyTorch computes: cpu (unless said), cuda, cuda:1, mps."),
    click.option(
        "--threads",
        metavar="N|auto",
        help="Threads of NumPy and of PyTorch each; chosen by the network's size and the cores unless said.",
    ),
    click.option(
        "--ascii/--no-ascii",
        "ascii_only",
        default=None,
        help="Write no character beyond ASCII, or any; as the locale has it unless said.",
    ),
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
    header: str | None,
    classes: bool | None,
    hidden: str | None,
    activation: str | None,
    output_activation: str | None,
    epochs: int | None,
    seed: int | None,
    learning_rate: str | None,
    device: str | None,
    threads: str | None,
    **_: object,
) -> Settings:
    """The settings that the options describe; raises `InputError`."""
    if preset_name is not None and run_file is not None:
        raise InputError("--preset and --from both say where to start; name one of them.")
    settings = (
        preset(DEFAULT_PRESET if preset_name is None else preset_name)
        if run_file is None
        else read_settings(typed_path(run_file))
    )
    changes: dict[str, Any] = {
        "data": _data(data, targets, header, classes),
        "hidden": _hidden(hidden) if hidden is not None else None,
        "activation": activation,
        "output_activation": output_activation,
        "epochs": epochs,
        "seed": seed,
        "device": device,
    }
    settings = replace(settings, **{field: value for field, value in changes.items() if value is not None})
    if threads is not None:
        settings = replace(settings, threads=_threads(threads))
    if learning_rate is not None:
        settings = assign(settings, f"both.learning_rate={learning_rate}")
    for assignment in assignments:
        settings = assign(settings, assignment)
    return settings


def _data(data: str | None, targets: str | None, header: str | None, classes: bool | None) -> Dataset | None:
    """What --data names, none without it; what had to be guessed of it is said on standard error."""
    if header not in (None, "yes", "no"):
        raise SettingsError(f"--header cannot be '{shown(header)}'; it is yes or no.")
    if data is None:
        if targets:
            raise InputError("--targets names columns of a CSV file; name the file with --data.")
        if header is not None:
            raise InputError("--header goes with a CSV file; name the file with --data.")
        if classes is not None:
            raise InputError(f"{_classes_word(classes)} goes with a file of your own; name the file with --data.")
        return None
    loaded = load(data, _split(targets), None if header is None else header == "yes", classes)
    for note in loaded.notes:
        click.echo(f"mlp-tui: {note}", err=True)
    return loaded


def _classes_word(classes: bool) -> str:
    return "--classes" if classes else "--no-classes"


def assign(settings: Settings, assignment: str) -> Settings:
    """Carry out one `--set`; raises `SettingsError`."""
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
        settings = setting.set(settings, side, setting.parse(value.strip(), side))
    return settings


def _hidden(text: str) -> tuple[int, ...]:
    if text.strip().lower() in ("", "none", "0"):
        return ()
    try:
        return tuple(typed_whole("hidden", part) for part in text.split(","))
    except SettingsError:
        raise SettingsError(f"--hidden cannot be '{shown(text)}'; it is sizes such as 5 or 5,4, or none.") from None


def command_line(settings: Settings, command: str | None = None, more: Sequence[str] = ()) -> str:
    """The command that opens these settings again: the nearest preset, and what differs from it. `command` is another
    one than the explorer, `more` its own options.

    Raises `InputError` for data that no option can name.
    """
    lines = [_from_preset(name, settings) for name in PRESETS]
    fewest_changes = min(lines, key=lambda words: sum(word.startswith("--") and word != "--preset" for word in words))
    return shell_line(["mlp-tui", *([command] if command else []), *fewest_changes, *more])


def _from_preset(name: str, settings: Settings) -> list[str]:
    start = PRESETS[name].settings
    words = [] if name == DEFAULT_PRESET else ["--preset", name]
    if settings.data != start.data:
        words += _data_words(settings)
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


def _data_words(settings: Settings) -> list[str]:
    data = settings.data
    if data.source is None and data.name not in BUILT_IN:
        raise InputError(
            f"No option names the data set '{data.name}'; write the run with --json and open it by --from."
        )
    words = ["--data", data.source or data.name]
    words += ["--targets", ",".join(data.targets)] if data.targets else []
    words += [] if data.header is None else ["--header", "yes" if data.header else "no"]
    classes = classes_to_say(data)
    return words if classes is None else [*words, _classes_word(classes)]


OF_DATA = ("data", "targets", "classes")
"""Fields of the Setup screen that say what is read."""


def setup_fields(settings: Settings) -> dict[str, str]:
    """What the Setup screen lets a person type, as it is now."""
    return {
        "data": settings.data.source or settings.data.name,
        "targets": ",".join(settings.data.targets),
        "classes": CLASSES[classes_to_say(settings.data)],
        "hidden": ",".join(map(str, settings.hidden)) or "none",
        "activation": typed(settings.activation),
        "output_activation": settings.output_activation.value,
        "epochs": str(settings.epochs),
        "seed": str(settings.seed),
        "numpy_rate": repr(settings.numpy.learning_rate),
        "pytorch_rate": repr(settings.pytorch.learning_rate),
        "device": settings.device,
        "threads": "auto" if settings.threads is None else str(settings.threads),
    }


def setup_settings(settings: Settings, fields: dict[str, str]) -> Settings:
    """The settings with what was typed put in; raises `InputError`."""
    before = setup_fields(settings)
    typed = {name: text.strip() for name, text in fields.items()}
    if any(typed[name] != before[name] for name in OF_DATA):
        # Another file is looked at anew; of the same one, what was said of its first line holds.
        header = settings.data.header if typed["data"] == before["data"] else None
        data = load(typed["data"], _split(typed["targets"]), header, _classes(typed["classes"]))
        settings = replace(settings, data=data)
    settings = replace(
        settings,
        hidden=_hidden(typed["hidden"]),
        activation=typed["activation"],  # type: ignore[arg-type]
        output_activation=typed["output_activation"],  # type: ignore[arg-type]
        epochs=typed_whole("epochs", typed["epochs"]),
        seed=typed_whole("seed", typed["seed"]),
        device=typed["device"],
        threads=_threads(typed["threads"]),
    )
    rate = find("learning_rate")
    for side, name in ((SideName.NUMPY, "numpy_rate"), (SideName.PYTORCH, "pytorch_rate")):
        settings = rate.set(settings, side, rate.parse(typed[name], side))
    return settings


def _classes(text: str) -> bool | None:
    """Yes or no, or none for what the file looks like."""
    found = {word: classes for classes, word in CLASSES.items()}
    if text and text not in found:
        raise SettingsError(f"classes cannot be '{shown(text)}'; it is {', '.join(CLASSES.values())}.")
    return found.get(text)


def _threads(text: str) -> int | None:
    """A number, or none for what is chosen by size."""
    if text.strip().lower() in ("", "auto"):
        return None
    try:
        return typed_whole("threads", text)
    except SettingsError as error:
        raise SettingsError(str(error).replace("whole number.", "whole number, or auto.")) from None
