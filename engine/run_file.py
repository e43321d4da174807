"""A run as one JSON document: settings, losses, parameters and gaps, with numbers that read back to the same bits."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

from engine.discrepancies import CATALOGUE, remaining
from engine.errors import InputError
from engine.run import Run, SideRun
from engine.settings import Settings, SideName


def settings_document(settings: Settings) -> dict[str, Any]:
    """The settings as plain values; the data are in it whole, so that the run can be repeated without the file."""
    data = settings.data
    return {
        "data": {
            "name": data.name,
            "source": data.source,
            "targets": list(data.targets),
            "X": data.X.tolist(),
            "Y": data.Y.tolist(),
        },
        "hidden": list(settings.hidden),
        "activation": settings.activation.value,
        "output_activation": settings.output_activation.value,
        "epochs": settings.epochs,
        "seed": settings.seed,
        "device": settings.device,
        **{
            side.value: {discrepancy.field: _plain(discrepancy.value(settings, side)) for discrepancy in CATALOGUE}
            for side in SideName
        },
    }


def run_document(run: Run) -> dict[str, Any]:
    """The whole run. After a divergence parameters may hold NaN or Infinity, written as Python's json writes them."""
    return {
        "settings": settings_document(run.settings),
        "numpy": _side_document(run.numpy),
        "pytorch": _side_document(run.pytorch),
        "comparison": {
            **asdict(run.comparison),
            "differences_left": [discrepancy.field for discrepancy in remaining(run.settings)],
            "verdict": run.verdict.level.value,
            "headline": run.verdict.headline,
            "divergence": run.divergence and run.divergence.message,
        },
    }


def write_run(run: Run, target: str, replace_existing: bool = False) -> None:
    """Write the document to the file `target`, whole or not at all; raises `InputError` when it cannot be."""
    write_whole(Path(target), json.dumps(run_document(run)) + "\n", replace_existing)


def check_writable(path: Path, replace_existing: bool) -> None:
    """Refuse a target that could not be written later; raises `InputError`."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file.")
    if path.is_file() and not replace_existing:
        raise InputError(f"{path} exists already; name another file, or say --force to replace it.")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}.")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: the folder {path.parent} cannot be written to.")


def write_whole(path: Path, text: str, replace_existing: bool) -> None:
    """Write beside the target, then rename, so that a full disk leaves no half file; raises `InputError`."""
    check_writable(path, replace_existing)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.exists() and not path.is_file():
            # A pipe or /dev/null has no content to protect and cannot be renamed over.
            path.write_text(text, encoding="utf-8")
            return
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        beside.unlink(missing_ok=True)


def _side_document(side: SideRun) -> dict[str, Any]:
    return {
        "losses": side.losses.tolist(),
        "initial_parameters": [parameter.tolist() for parameter in side.initial_parameters],
        "parameters": [parameter.tolist() for parameter in side.parameters],
    }


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
