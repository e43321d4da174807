"""The options that describe an experiment, the same for the explorer and for `mlp-tui run`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import rich_click as click

from engine.data import BUILT_IN
from engine.data_files import load
from engine.discrepancies import find
from engine.errors import InputError, SettingsError
from engine.presets import PRESETS, preset
from engine.settings import Activation, Settings, SideName

Command = TypeVar("Command", bound=Callable[..., Any])

ACTIVATIONS = [activation.value for activation in Activation]


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


EXPERIMENT_OPTIONS = (
    click.option(
        "--preset",
        "preset_name",
        metavar="P",
        default="asked",
        show_default=True,
        help=f"Start from a named experiment: {', '.join(PRESETS)}.",
    ),
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
        "--hidden", metavar="N,N", help="Sizes of the hidden layers, such as 5,4; 'none' for no hidden layer."
    ),
    click.option("--activation", metavar="KIND", help=f"After each hidden layer: {', '.join(ACTIVATIONS)}."),
    click.option("--output-activation", metavar="KIND", help="After the last layer: the same choices."),
    click.option("--epochs", type=int, metavar="N", help="How many epochs to train; 5000 unless said."),
    click.option("--seed", type=int, metavar="N", help="Seed of both sides' initial weights; 0 unless said."),
    click.option("--learning-rate", "--lr", metavar="X", help="Learning rate of both sides."),
    click.option("--device", metavar="D", help="Where PyTorch computes: cpu (unless said), cuda, cuda:1, mps."),
)


def experiment_options(command: Command) -> Command:
    """Give a command all options that describe an experiment."""
    for option in reversed(EXPERIMENT_OPTIONS):
        command = option(command)
    return command


def settings_from(
    preset_name: str,
    assignments: tuple[str, ...],
    data: str | None,
    targets: str | None,
    hidden: str | None,
    activation: str | None,
    output_activation: str | None,
    epochs: int | None,
    seed: int | None,
    learning_rate: str | None,
    device: str | None,
) -> Settings:
    """The settings that the options describe; raises `InputError`."""
    settings = preset(preset_name)
    if targets and not data:
        raise InputError("--targets names columns of a CSV file; name the file with --data.")
    changes: dict[str, Any] = {
        "data": load(data, _split(targets)) if data else None,
        "hidden": _hidden(hidden) if hidden is not None else None,
        "activation": activation,
        "output_activation": output_activation,
        "epochs": epochs,
        "seed": seed,
        "device": device,
    }
    settings = replace(settings, **{field: value for field, value in changes.items() if value is not None})
    if learning_rate is not None:
        settings = assign(settings, f"both.learning_rate={learning_rate}")
    for assignment in assignments:
        settings = assign(settings, assignment)
    return settings


def assign(settings: Settings, assignment: str) -> Settings:
    """Carry out one `--set`; raises `SettingsError`."""
    place, equals, value = assignment.partition("=")
    side_name, dot, field = place.strip().partition(".")
    sides = {"numpy": [SideName.NUMPY], "pytorch": [SideName.PYTORCH], "both": list(SideName)}
    if not equals or not dot or side_name not in sides:
        raise SettingsError(
            f"--set cannot be '{assignment}'; it is numpy.SETTING=VALUE, pytorch.SETTING=VALUE or both.SETTING=VALUE."
        )
    discrepancy = find(field.strip())
    for side in sides[side_name]:
        settings = discrepancy.set(settings, side, discrepancy.parse(value.strip(), side))
    return settings


def _hidden(text: str) -> tuple[int, ...]:
    if text.strip().lower() in ("", "none", "0"):
        return ()
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise SettingsError(f"--hidden cannot be '{text}'; it is sizes such as 5 or 5,4, or none.") from None
