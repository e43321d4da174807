"""The data that the options name, and the options that name the data of an experiment again."""

from __future__ import annotations

import rich_click as click

from engine.errors import InputError, SettingsError
from engine.experiment.asked import Missing
from engine.experiment.built_in_data import BUILT_IN
from engine.experiment.choices import parse_choice
from engine.experiment.class_labels import classes_to_say
from engine.experiment.data import Dataset
from engine.experiment.data_files import load
from engine.shown_text import shown


def split(text: str | None) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def data_of(
    data: str | None,
    targets: str | None,
    inputs: str | None,
    header: str | None,
    missing: str | None,
    classes: bool | None,
) -> Dataset | None:
    """What --data names, none without it; what had to be guessed is said on standard error. Raises `InputError`."""
    if header not in (None, "yes", "no"):
        raise SettingsError(f"--header cannot be '{shown(header)}'; it is yes or no.")
    rows = Missing.REFUSE if missing is None else parse_choice(Missing, missing, "--missing")
    if data is None:
        _refuse_without_data(targets, inputs, header, missing, classes)
        return None
    loaded = load(data, split(targets), None if header is None else header == "yes", classes, split(inputs), rows)
    for note in loaded.notes:
        click.echo(f"mlp-tui: {note}", err=True)
    return loaded


def _refuse_without_data(
    targets: str | None, inputs: str | None, header: str | None, missing: str | None, classes: bool | None
) -> None:
    for option, names in (("--targets", targets), ("--inputs", inputs)):
        if names:
            raise InputError(f"{option} names columns of a CSV file; name the file with --data.")
    for option, word in (("--header", header), ("--missing", missing)):
        if word is not None:
            raise InputError(f"{option} goes with a CSV file; name the file with --data.")
    if classes is not None:
        raise InputError(f"{_classes_word(classes)} goes with a file of your own; name the file with --data.")


def _classes_word(classes: bool) -> str:
    return "--classes" if classes else "--no-classes"


def data_words(data: Dataset) -> list[str]:
    """The options that name these data; raises `InputError` where none can."""
    if data.source is None and data.name not in BUILT_IN:
        raise InputError(
            f"No option names the data set '{data.name}'; write the run with --json and open it by --from."
        )
    words = ["--data", data.source or data.name]
    words += ["--targets", ",".join(data.targets)] if data.targets else []
    words += ["--inputs", ",".join(data.input_columns)] if data.input_columns else []
    words += [] if data.header is None else ["--header", "yes" if data.header else "no"]
    words += [] if data.missing is Missing.REFUSE else ["--missing", data.missing.value]
    classes = classes_to_say(data)
    return words if classes is None else [*words, _classes_word(classes)]
