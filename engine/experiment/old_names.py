"""What settings were called before. Old names are read for good, in what is typed and in files, and never written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import InputError

PRESENT_NAMES = {"gradient_scale": "reduction"}
"""By the old name."""

SHORT_NAMES = {"start": "initial_weights", "logged": "loss_report"}
"""What may be typed instead."""


def present_name(field: str) -> str:
    """What a setting is called now; '-' and ' ' are read as '_'."""
    field = field.replace("-", "_").replace(" ", "_")
    return (PRESENT_NAMES | SHORT_NAMES).get(field, field)


def with_present_names(document: Mapping[str, Any]) -> dict[str, Any]:
    """A file's settings under their present names; raises `InputError` where one has both of its names."""
    for old, present in PRESENT_NAMES.items():
        if old in document and present in document:
            raise InputError(f"has both '{old}' and '{present}', which are one setting; take '{old}' out.")
    return {PRESENT_NAMES.get(field, field): value for field, value in document.items()}
