"""An opened step as a JSON document, with numbers that read back to the same bits."""

from __future__ import annotations

from typing import Any

from engine.export.document_format import FORMAT
from engine.export.run_file import settings_document
from engine.step.operations import Operation
from engine.step.reasons import Reason
from engine.step.trace import StepTrace


def trace_document(trace: StepTrace) -> dict[str, Any]:
    """Every operation with both tensors and their gaps, and why the first that differs does."""
    first = trace.first_operation
    return {
        "format": FORMAT,
        "settings": settings_document(trace.settings),
        "epoch": trace.epoch,
        "batch": trace.batch,
        "matched_start": trace.matched_start,
        "first": None if first is None else first.place.name,
        "reason": _reason_document(trace.reason),
        "first_beyond_rounding": None if trace.beyond is None else trace.operations[trace.beyond].place.name,
        "its_reason": _reason_document(trace.beyond_reason),
        "operations": [_operation_document(operation) for operation in trace.operations],
    }


def _reason_document(reason: Reason | None) -> dict[str, Any] | None:
    if reason is None:
        return None
    return {
        "kind": reason.kind.value,
        "headline": reason.headline,
        "text": reason.text,
        "differences": [discrepancy.field for discrepancy in reason.discrepancies],
        "tried": reason.tried,
    }


def _operation_document(operation: Operation) -> dict[str, Any]:
    gaps = {
        "max_absolute": operation.max_absolute,
        "max_relative": operation.max_relative,
        "max_ulp": operation.max_ulp,
    }
    return {
        "name": operation.place.name,
        "formula": operation.formula,
        "lacking": operation.lacking or None,
        "different": operation.different,
        **{name: value if operation.has_gaps else None for name, value in gaps.items()},
        "numpy": operation.numpy.tolist(),
        "pytorch": operation.pytorch.tolist(),
    }
