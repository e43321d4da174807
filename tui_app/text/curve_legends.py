"""The lines of text above the charts of the losses and of their gap, on the screen and in print.

Names and their glyphs are always there; where the line is narrow, other parts give way and digits get fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from engine.experiment.choices import SideName
from engine.number_text import number
from engine.run.accuracy import AccuracyCurves, Scores
from engine.run.classes import same_class_words
from engine.run.history import Curve, Curves
from engine.run.validation import ValidationCurves
from tui_app.text.lines import STRONG, Line
from tui_app.text.marks import (
    FAINT_MARK,
    GAP_MARK,
    HAND_MARK,
    PINNED_MARKS,
    PYTORCH_MARK,
    VALIDATION_MARKS,
    Drawing,
    legend_glyph,
)

HAND, PYTORCH, GAP, BEFORE, NOTE = "hand", "pytorch", "gap", "before", "note"
VALIDATION = ("hand, validation", "PyTorch, validation")
PINNED = ("pinned 1", "pinned 2", "pinned 3")
"""Roles of pieces, beside those of all lines."""

SIDE_ROLES = ((HAND, HAND_MARK), (PYTORCH, PYTORCH_MARK))

DIGITS = 10
"""Of a reading at the cursor, where the line is wide enough."""

GROUP_DIGITS = 3
"""Of what a group of epochs spans."""


@dataclass(frozen=True)
class LossChart:
    """What the legend of the losses tells: whose report is signed, and which axis was asked for.

    `changed` names what was changed since the run before, if that is drawn.
    """

    curves: Curves
    signed: tuple[bool, bool]
    log: bool
    changed: str = ""

    @property
    def log_drawn(self) -> bool:
        """Whether the axis is logarithmic: not where a report is signed."""
        return self.log and not any(self.signed)


def loss_legend(chart: LossChart, drawing: Drawing, width: int) -> Line:
    """Which curve is whose, and, of one that may be negative, its least value and epoch."""
    note = "linear axis: error·loss can be negative" if any(chart.signed) and chart.log else ""
    title = "loss, log scale" if chart.log_drawn else "loss"
    return _first_that_fits(
        (
            [
                (head, ""),
                *_entries(chart, _least(chart, whole), drawing, before),
                *([(f"  {remark}", NOTE)] if remark else []),
            ]
            for head, whole, remark, before in (
                (title, True, note, f"before: {chart.changed}"),
                (title, True, note and "linear: can be negative", f"before: {chart.changed}"),
                (title, True, "", f"before: {chart.changed}"),
                (title, True, "", "before"),
                ("", True, "", "before"),
                ("", False, "", "before"),
                ("", False, "", ""),
            )
        ),
        width,
    )


def _least(chart: LossChart, whole: bool) -> list[str]:
    """What follows each name: nothing where a curve can only be positive."""
    texts = []
    for curve, signed in zip((chart.curves.numpy, chart.curves.pytorch), chart.signed, strict=True):
        known = curve.least_epoch and (signed or curve.least < 0)
        at = f" at {curve.least_epoch:,}" if whole else ""
        texts.append(f", least {number(curve.least)}{at}" if known else "")
    return texts


def _entries(chart: LossChart, after_names: list[str], drawing: Drawing, before: str) -> Iterator[tuple[str, str]]:
    for side, (role, mark), text in zip(SideName, SIDE_ROLES, after_names, strict=True):
        yield from _entry(f"{side.label}{text}", role, mark, drawing)
    if chart.changed and before:
        yield from _entry(before, BEFORE, FAINT_MARK, drawing)


def _entry(text: str, role: str, mark: str, drawing: Drawing) -> Line:
    return [(f"  {legend_glyph(mark, drawing)} ", role), (text, "")]


def gap_legend(log: bool, pins: Sequence[str], drawing: Drawing) -> Line:
    """The gap's glyph, and those of the pinned runs with their names."""
    title = "gap |Δloss|, log scale" if log else "gap |Δloss|"
    line = [(title, ""), (f"  {legend_glyph(GAP_MARK, drawing)}", GAP)]
    for name, role, mark in zip(pins, PINNED, PINNED_MARKS, strict=False):
        line += _entry(name, role, mark, drawing)
    return line


def loss_reading(epoch: int, losses: tuple[float, float] | Curves, drawing: Drawing, width: int) -> Line:
    """Both losses at the cursor: numbers where they are known, else what the curves say of that part."""
    head = f"epoch {epoch:,}"
    if isinstance(losses, Curves):
        curves = (losses.numpy, losses.pytorch)
        if any(curve.at(epoch) is None for curve in curves):
            return [(f"{head}: not trained yet", STRONG), *_readings(["", ""], drawing)]
        texts = (
            [reading(curve, epoch, digits, whole) for curve in curves]
            for whole in (True, False)
            for digits in range(DIGITS, 1, -1)
        )
    else:
        texts = ([number(loss, digits) for loss in losses] for digits in range(DIGITS, 1, -1))
    return _first_that_fits(([(head, STRONG), *_readings(both, drawing)] for both in texts), width)


def _readings(texts: list[str], drawing: Drawing) -> Iterator[tuple[str, str]]:
    for side, (role, mark), text in zip(SideName, SIDE_ROLES, texts, strict=True):
        yield from _entry(f"{side.label} {text}".rstrip(), role, mark, drawing)


def accuracy_legend(
    curves: AccuracyCurves,
    scores: Scores,
    cursor: int | None,
    drawing: Drawing,
    width: int,
    validation: ValidationCurves | None = None,
) -> Line:
    """Which curve is whose, with the accuracy of now, or of the last point up to the cursor; that of the rows held out;
    and how many are alike.
    """
    noted = 0 if cursor is None else _points_to(curves.epochs, cursor)
    if noted:
        values = float(curves.numpy[noted - 1]), float(curves.pytorch[noted - 1])
        title, same = f"accuracy at epoch {curves.epochs[noted - 1]:,}", ""
    else:
        values = scores.numpy, scores.pytorch
        title, same = "accuracy", f"  {same_class_words(scores.same, scores.samples)}"
    texts = [number(value, 3) for value in values]
    named, of_held_out = list(_readings(texts, drawing)), _accuracy_held_out(validation, cursor, drawing)
    return _first_that_fits(
        (
            [(head, ""), *named, *further, (tail, "")]
            for head, further, tail in (
                (title, of_held_out, same),
                (title, of_held_out, ""),
                ("", of_held_out, ""),
                (title, [], ""),
                ("", [], ""),
            )
        ),
        width,
    )


def _accuracy_held_out(curves: ValidationCurves | None, cursor: int | None, drawing: Drawing) -> Line:
    if curves is None or curves.numpy_accuracy is None or curves.pytorch_accuracy is None:
        return []
    noted = _points_to(curves.epochs, cursor)
    if not noted:
        return []
    line: Line = [("  validation", "")]
    for accuracies, role, mark in zip(
        (curves.numpy_accuracy, curves.pytorch_accuracy), VALIDATION, VALIDATION_MARKS, strict=True
    ):
        line += _entry(number(float(accuracies[noted - 1]), 3), role, mark, drawing)
    return line


def _points_to(epochs: NDArray[np.int64], cursor: int | None) -> int:
    """How many of the measured epochs are not past the cursor; all without one."""
    return len(epochs) if cursor is None else int(np.searchsorted(epochs, cursor, side="right"))


def validation_legend(curves: ValidationCurves, each: int, cursor: int | None, drawing: Drawing, width: int) -> Line:
    """Which curve is whose, with the loss of the last point, or of the last up to the cursor; how many rows are held
    out, and how often they are measured.
    """
    noted = _points_to(curves.epochs, cursor)
    title = f"validation at epoch {curves.epochs[noted - 1]:,}" if cursor is not None and noted else "validation"
    often = "each epoch" if each == 1 else f"each {each:,} epochs"
    rows = f"{curves.samples:,} row{'s' if curves.samples > 1 else ''}"
    return _first_that_fits(
        (
            [(head, ""), *_validation_entries(curves, noted, digits, drawing), (tail, "")]
            for head, digits, tail in (
                (title, 4, f"  {rows}, {often}"),
                (title, 3, f"  {rows}"),
                (title, 3, ""),
                ("validation", 3, ""),
                ("validation", 2, ""),
                ("", 2, ""),
            )
        ),
        width,
    )


def _validation_entries(
    curves: ValidationCurves, noted: int, digits: int, drawing: Drawing
) -> Iterator[tuple[str, str]]:
    for side, role, mark, losses in zip(
        SideName, VALIDATION, VALIDATION_MARKS, (curves.numpy, curves.pytorch), strict=True
    ):
        text = f" {number(float(losses[noted - 1]), digits)}" if noted else ""
        yield from _entry(f"{side.label}{text}", role, mark, drawing)


def gap_reading(text: str, drawing: Drawing) -> Line:
    """The gap at the cursor."""
    return [("gap |Δloss|", ""), *_entry(text, GAP, GAP_MARK, drawing)]


def reading(curve: Curve, epoch: int, digits: int, whole: bool = True) -> str:
    """A value, or the least and the greatest of the group of epochs that holds this one, or about what they are."""
    ends = curve.at(epoch)
    if ends is None:
        return "not trained yet"
    if ends[0] == ends[1]:
        return number(ends[0], digits)
    low, high = (number(end, min(digits, GROUP_DIGITS)) for end in ends)
    return f"{low} to {high}" if whole and low != high else f"≈ {low}"


def _first_that_fits(lines: Iterable[Line], width: int) -> Line:
    """The richest of these lines that is not too wide, else the last."""
    chosen: Line = []
    for line in lines:
        chosen = _without_leading_space(line)
        if sum(cell_len(text) for text, _ in chosen) <= width:
            break
    return chosen


def _without_leading_space(line: Line) -> Line:
    filled = [piece for piece in line if piece[0]]
    return [(filled[0][0].lstrip(), filled[0][1]), *filled[1:]]
