"""An opened step as a JSON document, with numbers that read back to the same bits."""

from __future__ import annotations

from typing import Any

from engine.run_file import settings_document
from engine.trace import Operation, StepTrace


def trace_document(trace: StepTrace) -> dict[str, Any]:
    """Every operation with both tensors and their gaps, and why the first that differs does."""
    first, reason = trace.first_operation, trace.reason
    return {
        "settings": settings_document(trace.settings),
        "epoch": trace.epoch,
        "matched_start": trace.matched_start,
        "first": None if first is None else first.place.name,
        "reason": None
        if reason is None
        else {
            "kind": reason.kind.value,
            "headline": reason.headline,
            "text": reason.text,
            "differences": [discrepancy.field for discrepancy in reason.discrepancies],
            "tried": reason.tried,
        },
        "operations": [_operation_document(operation) for operation in trace.operations],
    }


def _operation_document(operation: Operation) -> dict[str, Any]:
    return {
        "name": operation.place.name,
        "formula": operation.formula,
        "lacking": operation.lacking or None,
        "different": operation.different,
        "max_absolute": operation.max_absolute,
        "max_relative": operation.max_relative,
        "max_ulp": operation.max_ulp,
        "numpy": operation.numpy.tolist(),
        "pytorch": operation.pytorch.tolist(),
    }
