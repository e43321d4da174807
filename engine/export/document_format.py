"""Which fields the JSON documents have, of a run, a step, an impact and a diagnosis, and since which format. Their
values' meaning is `run_file.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import InputError
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import SIDE_SETTINGS
from engine.shown_text import shown

FORMAT = 13
"""Of the documents that are written. Those without a number are of format 1. Since format 3 `gradient_scale` is called
`reduction`; `old_names.py` reads both. Since format 4 a side has an `objective`, and what concerns a layer may be a
list. Since format 5 data can have classes, and a side has a `loss_input`, a `softmax_form` and slips of the backward
pass. Since format 6 a side has a `target_shape`, a `zero_grad`, a `decayed` and a `decay_factor`. Since format 7 a side
has an `input_scale`. Since format 8 it has a `batch`, an `order`, a `last_batch`, an `epoch_loss`, a `schedule`, a
`clipping`, an `optimizer`, a `bias_correction` and an `epsilon_at`. Since format 9 it has `moments` and a
`logged_penalty`, data have `input_columns`, `missing` and rows `held_out`, and those of over a million numbers stay in
a `file` of their own. Since format 10 settings have what is `given`: first weights, and orders of the samples. Since
format 11 a side has a `loss_epsilon` and a `negative_slope`. Since format 12 a side's `decayed` may be none, and a
list. Since format 13 its `derivative_at` may be `one-at-zero`, its
`logged_penalty` `twice`, its `loss_report` `cross-entropy-per-sample`.
"""

RUN = dict.fromkeys(("settings", *(side.value for side in SideName), "comparison"), 1)
STEP = dict.fromkeys(
    ("epoch", "batch", "matched_start", "first", "reason", "first_beyond_rounding", "its_reason", "operations"), 1
)
IMPACT = dict.fromkeys(
    (
        "differences",
        "toward",
        "threshold",
        "seeds",
        "diverged_seeds",
        "epochs",
        "finished",
        "so_far",
        "planned_seeds",
        "runs",
        "sampled_orders",
        "seconds",
        "measures",
        "combinations",
    ),
    1,
)
DIAGNOSIS = dict.fromkeys(
    (
        "program",
        "verdict",
        "nothing_to_change",
        "steps",
        "samples",
        "layer_sizes",
        "layers",
        "repeats",
        "differences",
        "same_run",
        "as_near",
        "probe",
        "logged",
        "gradient_ratios",
        "proof",
        "unexplained",
        "notes",
    ),
    10,
)
DOCUMENT = frozenset({"format", *RUN, *STEP, *IMPACT, *DIAGNOSIS})
"""All have settings; what else each of them has is for other programs."""

SETTINGS = {
    **dict.fromkeys(("data", "hidden", "activation", "output_activation", "epochs", "seed", "device"), 1),
    "threads": 2,
    "given": 10,
    **dict.fromkeys((side.value for side in SideName), 1),
}
"""The first format in which no document lacks the field. One of an older format may: the value is then what it was
before there was a choice.
"""

DATA = {
    **dict.fromkeys(("name", "source", "targets", "X", "Y"), 1),
    "header": 2,
    "classes": 5,
    **dict.fromkeys(("input_columns", "missing", "held_out", "file"), 9),
}

HELD_OUT = dict.fromkeys(("share", "X", "Y"), 9)
"""Of rows that are not trained on, where there are some."""

FILE = dict.fromkeys(("sha256", "classes"), 9)
"""Of the file that large data stay in, and whether its targets were asked for as classes."""

GIVEN = dict.fromkeys(("weights", "biases", "orders"), 10)
"""Of what a side starts from; weights (fan_in, fan_out) and biases by layer."""

SIDE = {discrepancy.field: discrepancy.since for discrepancy in SIDE_SETTINGS}


def format_of(document: Mapping[str, Any]) -> int:
    """The document's format; raises `InputError` for one that is not known here."""
    found = document.get("format", 1)
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise InputError(f"its format cannot be {shown(repr(found))}; it is a whole number from 1 to {FORMAT}.")
    if found > FORMAT:
        raise InputError(
            f"its format is {shown(found)}, and this program knows formats up to {FORMAT}; "
            "open it with the mlp-tui that wrote it, or a newer one."
        )
    unknown = set(document) - DOCUMENT
    if unknown:
        raise InputError(f"'{shown(min(unknown))}' is no field of format {found}; take it out.")
    return int(found)


def check_fields(document: Any, fields: Mapping[str, int], version: int, name: str) -> None:
    """Refuse what is no object, lacks a field or has an unknown one; raises `InputError` naming it."""
    if not isinstance(document, dict):
        raise InputError(f"'{name}' cannot be {shown(repr(document), 40)}; it is an object with {', '.join(fields)}.")
    for field in document:
        if field not in fields:
            raise InputError(f"'{shown(field)}' is no field of '{name}'; its fields are {', '.join(fields)}.")
    for field, since in fields.items():
        if field not in document and since <= version:
            raise InputError(f"'{name}' has no '{field}'; its fields are {', '.join(fields)}.")
