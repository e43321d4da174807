"""A run as one JSON document: settings, losses, parameters and gaps, with numbers that read back to the same bits."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputError
from engine.experiment.choices import SideName
from engine.experiment.data import Dataset
from engine.experiment.discrepancies import SIDE_SETTINGS, remaining
from engine.experiment.given import Given, GivenLayer
from engine.experiment.old_names import with_present_names
from engine.experiment.reading import read_text
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.export.data_document import data_document, document_data
from engine.export.document_format import FORMAT, GIVEN, SETTINGS, SIDE, check_fields, format_of
from engine.export.files import write_whole
from engine.networks.threads import threads_of
from engine.run.comparison import compare_parameters
from engine.run.training import Run, SideRun
from engine.shown_text import shown


def settings_document(settings: Settings) -> dict[str, Any]:
    """The settings as plain values; the data are in it whole, so that the run can be repeated without the file, unless
    they are over a million numbers.
    """
    return {
        "data": data_document(settings.data),
        "hidden": list(settings.hidden),
        "activation": _plain(settings.activation),
        "output_activation": settings.output_activation.value,
        "epochs": settings.epochs,
        "seed": settings.seed,
        "device": settings.device,
        "threads": threads_of(settings),
        "given": None if settings.given is None else _given_document(settings.given),
        **{
            side.value: {setting.field: _plain(setting.value(settings, side)) for setting in SIDE_SETTINGS}
            for side in SideName
        },
    }


def _given_document(given: Given) -> dict[str, Any]:
    return {
        "weights": [layer.weight.tolist() for layer in given.layers],
        "biases": [None if layer.bias is None else layer.bias.tolist() for layer in given.layers],
        "orders": None if given.orders is None else given.orders.tolist(),
    }


def run_document(run: Run) -> dict[str, Any]:
    """The whole run. After a divergence parameters may hold NaN or Infinity, written as Python's json writes them."""
    return {
        "format": FORMAT,
        "settings": settings_document(run.settings),
        "numpy": _side_document(run.numpy) | _measured_document(run, SideName.NUMPY),
        "pytorch": _side_document(run.pytorch) | _measured_document(run, SideName.PYTORCH),
        "comparison": {
            "losses": asdict(run.comparison.losses),
            "weights": asdict(run.comparison.weights),
            "initial_parameters": [asdict(gap) for gap in compare_parameters(run.settings, run.initial_parameters)],
            "parameters": [asdict(gap) for gap in compare_parameters(run.settings, run.parameters)],
            "differences_left": [discrepancy.field for discrepancy in remaining(run.settings)],
            "verdict": run.verdict.level.value,
            "headline": run.verdict.headline,
            "divergence": run.divergence and run.divergence.message,
            "divergence_ended_by": run.cause and [discrepancy.field for discrepancy in run.cause.ends_it],
            **({} if run.accuracy is None else {"accuracy_epochs": run.accuracy.epochs.tolist()}),
            **({} if run.validation is None else {"validation_epochs": run.validation.epochs.tolist()}),
            **({} if run.scores is None else {"same_class": run.scores.same}),
        },
    }


def write_run(run: Run, target: str | Path, replace_existing: bool = False) -> None:
    """Write the document to the file `target`, whole or not at all; raises `InputError` when it cannot be."""
    write_whole(Path(target), json.dumps(run_document(run)) + "\n", replace_existing)


def read_settings(path: Path, data: Dataset | None = None) -> Settings:
    """The settings of a written run, step or impact, the data included, from their own file where they are many; on
    other `data` if they are given. Raises `InputError`.
    """
    wanted = "it must be a file that 'mlp-tui run --json' wrote"
    text = read_text(path)
    try:
        return _document_settings(json.loads(text), wanted, path, data)
    except json.JSONDecodeError as error:
        raise InputError(f"{shown(path)}: is not JSON ({error}); {wanted}.") from None
    except InputError as error:
        raise InputError(f"{shown(path)}: {error}") from None
    except RecursionError:
        raise InputError(f"{shown(path)}: is nested too deeply; {wanted}.") from None
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{shown(path)}: holds numbers or rows that cannot be read; {wanted}.") from None


def _document_settings(document: Any, wanted: str, path: Path, data: Dataset | None) -> Settings:
    if not isinstance(document, dict):
        raise InputError(f"is no JSON object; {wanted}.")
    if document.get("settings") is None:
        raise InputError(f"has no 'settings'; {wanted}.")
    version, settings = format_of(document), document["settings"]
    check_fields(settings, SETTINGS, version, "settings")
    named = {side.value: _named_side(settings[side.value]) for side in SideName}
    for name, side in named.items():
        check_fields(side, SIDE, version, name)
    own = document_data(settings["data"], version, path) if data is None else data
    return _settings(settings | named, own)


def _named_side(document: Any) -> Any:
    """A side's fields by their present names."""
    return with_present_names(document) if isinstance(document, dict) else document


def _settings(document: dict[str, Any], data: Dataset) -> Settings:
    """A setting that is younger than the file is as it was before there was a choice: the default."""
    numpy, pytorch = (Side(**document[side.value]) for side in SideName)
    shared = ("hidden", "activation", "output_activation", "epochs", "seed", "device")
    own = {field: document[field] for field in shared}
    given = _document_given(document.get("given"))
    return Settings(data, numpy, pytorch, threads=document.get("threads"), given=given, **own)


def _document_given(document: Any) -> Given | None:
    if document is None:
        return None
    check_fields(document, GIVEN, FORMAT, "given")
    orders = document["orders"]
    pairs = zip(document["weights"], document["biases"], strict=True)
    layers = tuple(GivenLayer(np.array(W), None if b is None else np.array(b)) for W, b in pairs)
    return Given(layers, None if orders is None else np.array(orders))


def _side_document(side: SideRun) -> dict[str, Any]:
    return {
        "losses": side.losses.tolist(),
        "initial_parameters": [parameter.tolist() for parameter in side.initial_parameters.values()],
        "parameters": [parameter.tolist() for parameter in side.parameters.values()],
    }


def _measured_document(run: Run, side: SideName) -> dict[str, Any]:
    """The side's accuracy at the `accuracy_epochs`, and what it did on the rows held out at the `validation_epochs`;
    nothing where there are no classes, or no such rows.
    """
    numpy, found, validation = side is SideName.NUMPY, {}, run.validation
    if run.accuracy is not None:
        found["accuracy"] = (run.accuracy.numpy if numpy else run.accuracy.pytorch).tolist()
    if validation is not None:
        found["validation_losses"] = (validation.numpy if numpy else validation.pytorch).tolist()
        accuracies = validation.numpy_accuracy if numpy else validation.pytorch_accuracy
        found |= {} if accuracies is None else {"validation_accuracy": accuracies.tolist()}
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, (bool, int, float)) else str(value)
