"""Whether an epoch's loss is that of the weights it began with or of those it ends with."""

from __future__ import annotations

from engine.experiment.batch_rules import EpochLoss
from engine.experiment.choices import LogMoment
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording
from engine.experiment.settings import Settings

CHOICES = (
    Choice(LogMoment.BEFORE, "before-update", "before", "the loss that the gradient was computed from"),
    Choice(LogMoment.AFTER, "after-update", "after", "the loss of the updated weights: one more forward pass"),
)


def _matters(settings: Settings) -> bool:
    return any(side.epoch_loss is not EpochLoss.WHOLE for side in (settings.numpy, settings.pytorch))


def _numbers(settings: Settings) -> str:
    epochs = settings.epochs
    if not _matters(settings):
        return "Both log the loss of the whole set after the epoch: it has no effect here, nothing to change."
    if settings.in_batches:
        return "With batches it is the moment of each batch's loss, before or after its own update."
    if settings.numpy.log_moment is settings.pytorch.log_moment:
        return f"Each of the {epochs:,} losses is compared with that of the same weights."
    if epochs == 1:
        return "The one loss of this run is that of the first weights on one side, of the last on the other."
    after = "by hand" if settings.numpy.log_moment is LogMoment.AFTER else "in PyTorch"
    return (
        f"The curve {after} is one epoch ahead: its losses 1 to {epochs - 1:,} are the other's losses 2 to {epochs:,} "
        "when nothing else differs."
    )


WORDING = Wording(
    phrase={LogMoment.BEFORE: "before the update", LogMoment.AFTER: "after the update"}.__getitem__,
    differ="The loss is logged {by_hand} by hand, {pytorch} in PyTorch.",
    equal="both log the loss {both}; otherwise one curve would be one epoch ahead",
    numbers=_numbers,
    formula="before: loss(k) = L(W(k − 1)); after: loss(k) = L(W(k))",
    theory=lambda settings: (
        "Logged before the update, the loss of an epoch is that of the weights it begins with; logged after, of those "
        "it ends with. The weights are the same. Two runs that are equal in every bit then show a gap in every epoch, "
        "as large as what one step changes."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="log_moment",
    title="Log moment",
    summary="whether the loss is logged before or after the update",
    group=Group.LOG,
    order=80,
    moves=Moves.PLOT,
    choices=CHOICES,
    wording=WORDING,
    since=2,
)
