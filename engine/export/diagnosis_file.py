"""A diagnosis as JSON. What was found, each difference with its evidence, and the proof, step by step."""

from __future__ import annotations

import math
from typing import Any

from engine.diagnosis.cause_lines import lines_of
from engine.diagnosis.diagnosis import Cause, Diagnosis
from engine.diagnosis.gradients import Reading
from engine.diagnosis.probe import ProbeResult
from engine.diagnosis.recording import PROOF_STEPS, Recording
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import SIDE_SETTINGS
from engine.export.document_format import FORMAT
from engine.export.run_file import settings_document
from engine.networks.places import Place


def diagnosis_document(diagnosis: Diagnosis) -> dict[str, Any]:
    """Numbers that are not finite are null; the settings are a run's, which the explorer can start from."""
    recording, reading = diagnosis.recording, diagnosis.reading
    sizes = [recording.weight(i, 0).shape for i in range(len(recording.layers))]
    return {
        "format": FORMAT,
        "program": recording.program,
        "verdict": diagnosis.conclusion.value,
        "nothing_to_change": diagnosis.is_parity,
        "steps": recording.steps,
        "samples": [len(X) for X in recording.inputs],
        "layer_sizes": [sizes[0][0], *(fan_out for _, fan_out in sizes)],
        "layers": [
            {
                "weight": layer.weight,
                "transposed": layer.transposed,
                "bias": layer.bias,
                "column_of_ones": layer.ones,
                "activation": None if reading is None else reading.activations[i].value,
                "line": recording.lines.get(layer.weight),
                **_cell(recording, layer.weight),
            }
            for i, layer in enumerate(recording.layers)
        ],
        "settings": None if diagnosis.settings is None else settings_document(diagnosis.settings),
        "repeats": diagnosis.repeats,
        "differences": [_cause(diagnosis, cause) for cause in diagnosis.causes],
        "same_run": [_reading(one) for one in diagnosis.equals],
        "as_near": [_differing(diagnosis.reading, one) for one in diagnosis.undecided if diagnosis.reading],
        "probe": None if diagnosis.probe is None else _probe(diagnosis.probe),
        "logged": [{"name": one.name, **_values(one.fields)} for one in diagnosis.logged],
        "gradient_ratios": {_name(place): ratio for place, ratio in diagnosis.ratios.items()},
        "proof": None if diagnosis.gaps is None else _proof(diagnosis),
        "unexplained": [_name(place) for place in diagnosis.unexplained],
        "notes": list(recording.notes),
    }


def _cell(recording: Recording, name: str) -> dict[str, Any]:
    """Of a notebook, the cell and the line there instead of the line of all code."""
    line = recording.lines.get(name)
    if line is None or not recording.cells:
        return {}
    cell, own = recording.cells[line - 1]
    return {"cell": cell, "line": own}


def _cell_and_line(recording: Recording, line: int) -> Any:
    """Of a plain program the line alone."""
    return list(recording.cells[line - 1]) if recording.cells else line


def _name(place: Place) -> str:
    return place.name


def _values(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(value, "value", value) for name, value in fields.items()}


def _reading(reading: Reading) -> dict[str, Any]:
    fields = ("objective", "loss_input", "derivative_at", "reduction", "learning_rate", "momentum")
    by_field = {one.field: one for one in SIDE_SETTINGS}
    return {field: by_field[field].name(getattr(reading.side, field)) for field in fields}


def _differing(taken: Reading, other: Reading) -> dict[str, str]:
    """The other's values of the settings in which the two differ."""
    differing = [one for one in SIDE_SETTINGS if getattr(taken.side, one.field) != getattr(other.side, one.field)]
    return {one.field: one.name(getattr(other.side, one.field)) for one in differing}


def _probe(probe: ProbeResult) -> dict[str, Any]:
    """What the second run settles; its sizes are null where there is none."""
    before, after = ({"samples": N, "outputs": C} for N, C in zip(probe.samples, probe.outputs, strict=True))
    return {
        "before": before if probe.has_run else None,
        "after": after if probe.has_run else None,
        "refused": probe.refused or None,
        "goes_on": probe.has_run and probe.is_taken,
        "kept": [_reading(one) for one in probe.kept],
        "ruled_out": [
            {**_reading(one.reading), "gap": one.gap if math.isfinite(one.gap) else None} for one in probe.ruled_out
        ],
        "factors": [
            {
                "tensors": [_name(place) for place in one.places],
                "before": one.before,
                "after": one.after,
                "is": list(one.forms),
                "is_not": list(one.others),
                "is_constant": one.is_constant,
            }
            for one in probe.factors
        ],
        "left_as_it_was": list(probe.left_as_it_was),
    }


def _cause(diagnosis: Diagnosis, cause: Cause) -> dict[str, Any]:
    effect = cause.effect if math.isfinite(cause.effect) else None
    assert diagnosis.settings is not None
    discrepancy, settings = cause.discrepancy, diagnosis.settings
    theirs, meant = (discrepancy.name(discrepancy.value(settings, side)) for side in SideName)
    return {
        "field": cause.field,
        "title": discrepancy.title,
        "theirs": theirs,
        "pytorch": meant,
        "effect": effect,
        "plotted_number_only": cause.is_plotted,
        "lines": [_cell_and_line(diagnosis.recording, line) for line in lines_of(diagnosis, cause.field)],
        "explanation": discrepancy.explain(settings).what,
    }


def _proof(diagnosis: Diagnosis) -> dict[str, Any]:
    assert diagnosis.gaps is not None
    rival = diagnosis.rival if math.isfinite(diagnosis.rival) else None
    return {
        "steps": min(PROOF_STEPS, len(diagnosis.gaps)),
        "largest_gap": float(diagnosis.proved_gap),
        "gaps": [float(gap) for gap in diagnosis.gaps],
        "nearest_other_reading": rival,
    }
