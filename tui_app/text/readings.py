"""A reading of a program's training in a few words: its loss, its learning rate."""

from __future__ import annotations

from engine.diagnosis.gradients import Reading
from engine.experiment.choices import Objective
from engine.experiment.discrepancies import find_setting
from engine.experiment.discrepancies.base import Discrepancy, plain
from engine.experiment.schedules import ScheduleKind
from engine.experiment.side import Side


def loss_of(reading: Reading) -> str:
    """'(p−y)², Σ'."""
    side = reading.side
    parts = [find_setting("objective").label(side.objective)]
    for field in ("loss_input", "reduction"):
        if field == "reduction" or side.objective is not Objective.SQUARED_ERROR:
            parts.append(find_setting(field).label(getattr(side, field)))
    return ", ".join(parts)


def reading_of(reading: Reading) -> str:
    """'(p−y)², Σ, learning rate 1, momentum 0.9'."""
    momentum = reading.side.sgd_momentum
    rate = f"{loss_of(reading)}, learning rate {plain(reading.side.learning_rate)}"
    return f"{rate}, momentum {momentum}" if momentum.coefficient else rate


def schedule_of(side: Side) -> str:
    """'step:every=10,factor=0.5', or the words for one that has a number for each step."""
    given = side.schedule.kind is ScheduleKind.GIVEN
    return find_setting("schedule").wording.phrase(side.schedule) if given else str(side.schedule)


def told_apart(one: Reading, other: Reading) -> str:
    """The settings in which another reading differs: 'epsilon at: under the root, not beside it'."""
    from engine.experiment.discrepancies import SIDE_SETTINGS

    def said(setting: Discrepancy, side: Side) -> str:
        value = getattr(side, setting.field)
        return setting.wording.phrase(value) if setting.field == "schedule" else setting.label(value)

    parts = [
        f"{setting.title.lower()}: {said(setting, other.side)}, not {said(setting, one.side)}"
        for setting in SIDE_SETTINGS
        if getattr(one.side, setting.field) != getattr(other.side, setting.field)
    ]
    return "; ".join(parts)
