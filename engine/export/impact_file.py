"""A measured impact as a JSON document and as CSV, with numbers that read back to the same bits."""

from __future__ import annotations

import csv
import io
from typing import Any

from engine.experiment.choices import SideName
from engine.export.document_format import FORMAT
from engine.export.run_file import settings_document
from engine.impact.effects import against_the_answer, conclusion, effects, so_far, usable_seeds
from engine.impact.study import Impact, Measure

CSV_HEADER = (
    "seed",
    "differences",
    *(measure.value for measure in Measure),
    "numpy_epochs",
    "pytorch_epochs",
    "held",
    "finished",
)


def impact_document(impact: Impact) -> dict[str, Any]:
    """Everything: the plan, the effects by every measure, and the gap of every combination at every seed.

    Where a combination diverges the distance of its weights is NaN, as Python's json writes it. What is not
    `finished` has no conclusion.
    """
    plan = impact.plan
    return {
        "format": FORMAT,
        "settings": settings_document(plan.settings),
        "differences": [discrepancy.field for discrepancy in plan.differences],
        "toward": {field: side.value for field, side in plan.sides.items()},
        "threshold": plan.threshold,
        "seeds": list(impact.seeds),
        "diverged_seeds": list(impact.diverged),
        "epochs": impact.epochs,
        "finished": impact.finished,
        "so_far": None if impact.finished else so_far(impact),
        "planned_seeds": list(plan.seeds),
        "runs": impact.runs,
        "sampled_orders": len(plan.members.orders),
        "seconds": impact.seconds,
        "measures": {measure.value: _measure_document(impact, measure) for measure in Measure},
        "combinations": _combinations(impact),
    }


def _measure_document(impact: Impact, measure: Measure) -> dict[str, Any]:
    if not usable_seeds(impact, measure).any():
        return {"meaning": measure.meaning(impact.plan.settings), "effects": [], "interactions": []}
    found = effects(impact, measure)
    return {
        "meaning": measure.meaning(impact.plan.settings),
        "whole": found.whole,
        "rest": found.rest,
        "conclusion": conclusion(found),
        "answer": against_the_answer(found),
        "effects": [
            {
                "difference": effect.discrepancy.field,
                "moves": effect.discrepancy.moves.name.lower(),
                "answers_rank": effect.discrepancy.answers_order,
                "shapley": effect.shapley.tolist(),
                "standard_error": effect.standard_error,
                "alone": effect.alone.tolist(),
                "removed": effect.removed.tolist(),
                "first": effect.first,
                "worse_when_mended": effect.worse_when_matched,
                "shapley_with_weights_held": None if effect.weights_held is None else effect.weights_held.tolist(),
            }
            for effect in found.ranked
        ],
        "interactions": [
            {"differences": [pair.first.field, pair.second.field], "value": pair.value} for pair in found.pairs
        ],
    }


def _combinations(impact: Impact) -> list[dict[str, Any]]:
    epochs = impact.epochs_to_threshold
    return [
        {
            "differences": _names(impact, combination),
            **{measure.value: impact.games[measure][place].tolist() for measure in Measure},
            **{f"{side.value}_epochs": epochs[side][place].astype(int).tolist() for side in SideName},
        }
        for place, combination in enumerate(impact.plan.members.combinations)
    ]


def _names(impact: Impact, combination: int) -> list[str]:
    return [one.field for index, one in enumerate(impact.plan.differences) if combination >> index & 1]


def impact_csv(impact: Impact) -> str:
    """A line for every combination and seed; `held` is 1 where a missing bias leaves the weights as with one,
    `finished` 0 where the measurement was stopped.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    epochs = impact.epochs_to_threshold
    for held, games in enumerate((impact.games, impact.weights_held)):
        if games is None:
            continue
        for row, combination in enumerate(impact.plan.members.combinations):
            for place, seed in enumerate(impact.seeds):
                gaps = [repr(float(games[measure][row, place])) for measure in Measure]
                ends = ["" if held else int(epochs[side][row, place]) for side in SideName]
                writer.writerow([seed, "+".join(_names(impact, combination)), *gaps, *ends, held, int(impact.finished)])
    return file.getvalue()
