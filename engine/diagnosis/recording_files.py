"""An .npz of the recorder, or one that is written like it, as a `Recording`.

The archive is read by `recording_archives.py`, who is who is found by `recorded_names.py`; the format is described in
`recorder.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.recorded_names import Found, fan_out, find_names
from engine.diagnosis.recording import LayerNames, Recording
from engine.diagnosis.recording_archives import Entries, read_entries
from engine.diagnosis.targets import as_rows
from engine.errors import DataError
from engine.shown_text import shown
from engine.types import FloatArray

MOST_WEIGHTS = 2_000_000


def load_recording(path: Path, names: Mapping[str, str] | None = None) -> Recording:
    """The steps of a recorded run; the last call of the recorder only gives the state after the last step.

    `names` gives roles (x, y, W1, b1, …) their arrays. Raises `InputError`.
    """
    entries = read_entries(path)
    shapes = {name: [entry.shape for entry in one] for name, one in entries.items()}
    found = find_names(shown(path), shapes, names or {})
    layers = tuple(LayerNames(one.weight, one.transposed, one.bias, one.ones) for one in found.layers)
    arrays = {name: _stacked(path, name, entries[name]) for name in _parameters(layers)}
    _check_size(path, arrays)
    _check_numbers(path, {name: entries[name] for name in (found.inputs, found.targets)})
    inputs = tuple(
        _rows(path, found.inputs, one, found.columns, _width(found, shapes)) for one in entries[found.inputs][:-1]
    )
    outputs = fan_out(found.layers[-1], {name: one[0] for name, one in shapes.items()})
    targets = tuple(_targets(path, found, entries, step, len(one), outputs) for step, one in enumerate(inputs))
    logged, constants, left = _scalars(entries, {found.inputs, found.targets, *arrays})
    notes = (f"Not part of the network, and left out: {shown(', '.join(left))}.",) if left else ()
    return Recording(arrays, inputs, targets, layers, logged, constants, program=str(path), notes=notes, was_run=False)


def _parameters(layers: tuple[LayerNames, ...]) -> list[str]:
    return [name for layer in layers for name in (layer.weight, layer.bias) if name is not None]


def _stacked(path: Path, name: str, entries: Entries) -> FloatArray:
    """(T, …); weights that are one neuron's vector become a column."""
    if len({entry.shape for entry in entries}) > 1:
        raise DataError(f"{shown(path)}: {shown(name)} changes its shape from step to step; a weight keeps it.")
    stacked = np.stack(entries)
    floats: FloatArray = stacked if stacked.dtype.kind == "f" else stacked.astype(np.float64)
    return floats


def _check_size(path: Path, arrays: Mapping[str, FloatArray]) -> None:
    count = sum(array[0].size for array in arrays.values())
    if count > MOST_WEIGHTS:
        raise DataError(f"{shown(path)}: has {count:,} weights; at most {MOST_WEIGHTS:,} are diagnosed.")


def _check_numbers(path: Path, data: Mapping[str, Entries]) -> None:
    """Inputs and targets are numbers in every step, of as many dimensions."""
    for name, entries in data.items():
        for step, one in enumerate(entries, 1):
            if one.size == 0 or one.ndim != entries[0].ndim:
                raise DataError(
                    f"{shown(path)}: {shown(name)} has the shape {one.shape} in step {step}; it should be that of a "
                    f"batch, as in step 1: {entries[0].shape}."
                    if one.size
                    else f"{shown(path)}: {shown(name)} is empty in step {step}; it should hold a batch."
                )
            if not np.isfinite(one).all():
                raise DataError(
                    f"{shown(path)}: {shown(name)} holds what is no number in step {step}; it should be data, without "
                    "NaN and infinity."
                )


def _width(found: Found, shapes: Mapping[str, list[tuple[int, ...]]]) -> int:
    layer = found.layers[0]
    shape = shapes[layer.weight][0]
    shape = shape if len(shape) == 2 else (*shape, 1)
    return (shape[1] if layer.transposed else shape[0]) - layer.ones


def _rows(path: Path, name: str, inputs: NDArray[Any], columns: bool, width: int) -> FloatArray:
    kept = inputs if inputs.dtype == np.float32 else inputs.astype(np.float64)
    if kept.size % width or (kept.ndim == 2 and kept.shape[0 if columns else 1] != width):
        raise DataError(
            f"{shown(path)}: {shown(name)} has the shape {inputs.shape} in one step; the first layer takes {width} "
            "inputs for each sample."
        )
    return np.ascontiguousarray(kept.T if columns else kept.reshape(-1, width))


def _targets(
    path: Path, found: Found, entries: Mapping[str, Entries], step: int, samples: int, outputs: int
) -> FloatArray:
    given = entries[found.targets][step]
    rows = as_rows(given, samples, outputs)
    if rows is None:
        raise DataError(
            f"{shown(path)}: {shown(found.targets)} has the shape {given.shape} in step {step + 1}; beside {samples} "
            f"samples and {outputs} outputs it should be ({samples}, {outputs}), or class numbers ({samples},) from 0 "
            f"to {max(0, outputs - 1)}."
        )
    return rows


def _scalars(
    entries: Mapping[str, Entries], taken: set[str]
) -> tuple[dict[str, FloatArray], dict[str, float], list[str]]:
    """Numbers that change, numbers that do not, and the names of what else there is."""
    logged: dict[str, FloatArray] = {}
    constants: dict[str, float] = {}
    left = []
    for name, one in entries.items():
        if name in taken:
            continue
        if any(entry.size != 1 for entry in one):
            left.append(name)
            continue
        numbers = np.array([float(entry.reshape(())) for entry in one])
        if np.all(numbers == numbers[0]):
            constants[name] = float(numbers[0])
        else:
            logged[name] = numbers[:-1]
    return logged, constants, left
