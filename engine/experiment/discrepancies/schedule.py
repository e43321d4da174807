"""How the learning rate changes while a run goes on."""

from __future__ import annotations

from dataclasses import replace

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.schedules import NO_SCHEDULE, Schedule, ScheduleKind
from engine.experiment.settings import Settings
from engine.experiment.side import Side

CHOICES = (
    Choice(Schedule(), "none", "none", "the learning rate stays what it is"),
    Choice(
        Schedule(ScheduleKind.STEP, every=100, factor=0.5),
        "step:every=100,factor=0.5",
        "½ each 100",
        "halved every 100 epochs: torch.optim.lr_scheduler.StepLR(optimizer, 100, 0.5)",
    ),
    Choice(
        Schedule(ScheduleKind.INVERSE, decay=0.01),
        "inverse:decay=0.01",
        "0.01 decay",
        "divided by 1 + 0.01·k in epoch k",
    ),
    Choice(
        Schedule(ScheduleKind.INVERSE, decay=0.01, per_batch=True),
        "inverse:decay=0.01,per=batch",
        "by batch",
        "divided by 1 + 0.01·k at update k: as Keras's old decay counts",
    ),
    Choice(
        Schedule(ScheduleKind.COSINE),
        "cosine",
        "cosine",
        "along half a cosine from the whole rate to 0 at the end of the run: CosineAnnealingLR",
    ),
)


def _phrase(schedule: Schedule) -> str:
    by = "updates" if schedule.per_batch else "epochs"
    if schedule.kind is ScheduleKind.STEP:
        earlier = f", the first time after {schedule.every - schedule.offset:,}" if schedule.offset else ""
        return f"times {plain(schedule.factor)} every {schedule.every:,} {by}{earlier}"
    if schedule.kind is ScheduleKind.INVERSE:
        return f"divided by 1 + {plain(schedule.decay)}·{by}"
    if schedule.kind is ScheduleKind.COSINE:
        length = f"{schedule.length:,} {by}" if schedule.length else f"the run's {by}"
        return f"along a cosine over {length}"
    if schedule.kind is ScheduleKind.GIVEN:
        least, most = (plain(one) for one in (min(schedule.factors), max(schedule.factors)))
        return f"times a given number of each of {len(schedule.factors):,} {by}, {least} to {most}"
    return "constant"


def _length(settings: Settings, side: Side) -> int:
    """What it counts, in the whole run."""
    return settings.epochs * (settings.batches(side).count if side.schedule.per_batch else 1)


def _in_effect(settings: Settings, side: Side) -> Schedule:
    """What it comes to in this run: none where it ends before anything changes."""
    schedule, length = side.schedule, _length(settings, side)
    never = schedule.kind is ScheduleKind.STEP and (schedule.every - schedule.offset >= length or schedule.factor == 1)
    if never or length == 1 or (schedule.kind is ScheduleKind.INVERSE and not schedule.decay):
        return NO_SCHEDULE
    by_batch = schedule.per_batch and settings.batches(side).count > 1
    given = 0 if schedule.length == length else schedule.length
    return replace(schedule, per_batch=by_batch, length=given)


def _at_end(settings: Settings, side: Side) -> str:
    """The learning rate of the last step."""
    length = _length(settings, side)
    return plain(side.schedule.rate_at(side.learning_rate, length - 1, length), 3)


def _numbers(settings: Settings) -> str:
    ends = each_side(*(_at_end(settings, side) for side in (settings.numpy, settings.pytorch)))
    text = f"The learning rate of the last step of {settings.epochs:,} epochs: {ends}."
    forms = {side.sgd_momentum.form.holds_rate for side in (settings.numpy, settings.pytorch)}
    if len(forms) == 2:
        text += " The sides' momentum has other forms, whose steps are no longer the same once the rate changes."
    return text


WORDING = Wording(
    phrase=_phrase,
    differ="The learning rate is {by_hand} by hand, {pytorch} in PyTorch.",
    equal="on both the learning rate is {both}; otherwise later steps would be of other lengths",
    numbers=_numbers,
    formula="step: η·factor^((k + offset) div every); inverse: η/(1 + decay·k); cosine: η·(1 + cos(π·k/length))/2; "
    "given: η·factors[k]; k from 0",
    theory=lambda settings: (
        "A schedule makes the steps shorter as a run goes on. Counted in updates it goes on as often in an epoch as "
        "there are batches, in epochs once: the same decay is then another schedule. PyTorch's momentum gathers plain "
        "gradients and multiplies by the present rate; the textbook's has the rates in its velocity as they were, and "
        "a smaller rate takes its time. The two take the same steps only while the rate stays."
    ),
)


DISCREPANCY = Discrepancy(
    field="schedule",
    title="Schedule",
    summary="how the learning rate changes while a run goes on: by steps, as 1/(1 + decay·k), along a cosine",
    group=Group.UPDATE,
    order=56,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=8,
    parse_other=Schedule.parse,
    alike=lambda settings: _in_effect(settings, settings.numpy) == _in_effect(settings, settings.pytorch),
    other="none, step:every=100,factor=0.5, inverse:decay=0.01, cosine or given:factors=1/0.5, with per=batch to count "
    "updates",
)
