"""Whether an epoch's loss is that of the weights it began with or of those it ends with."""

from __future__ import annotations

from dataclasses import replace

from engine.experiment.batch_rules import EpochLoss
from engine.experiment.choices import LogMoment
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording
from engine.experiment.settings import Settings

CHOICES = (
    Choice(LogMoment.BEFORE, "before-update", "before", "the loss that the gradient was computed from"),
    Choice(LogMoment.AFTER, "after-update", "after", "the loss of the updated weights: one more forward pass"),
)


def _whole_sets(settings: Settings) -> list[bool]:
    """Of each side, whether it logs the whole set's loss after the epoch."""
    return [side.epoch_loss is EpochLoss.WHOLE for side in (settings.numpy, settings.pytorch)]


def _matters(settings: Settings) -> bool:
    return not all(_whole_sets(settings))


def _moments(settings: Settings) -> list[LogMoment]:
    """Of each side, when it logs: that of the whole set is the loss after the epoch's last update."""
    sides = settings.numpy, settings.pytorch
    return [
        LogMoment.AFTER if whole else side.log_moment for whole, side in zip(_whole_sets(settings), sides, strict=True)
    ]


def _numbers(settings: Settings) -> str:
    epochs = settings.epochs
    if not _matters(settings):
        return "Both log the loss of the whole set after the epoch: it has no effect here, nothing to change."
    if any(_whole_sets(settings)):
        side = "By hand" if _whole_sets(settings)[0] else "In PyTorch"
        return f"{side} the whole set's loss is logged, after the epoch: there this has no effect."
    if settings.in_batches:
        return "With batches it is the moment of each batch's loss, before or after its own update."
    numpy, pytorch = _moments(settings)
    if numpy is pytorch:
        return f"Each of the {epochs:,} losses is compared with that of the same weights."
    if epochs == 1:
        return "The one loss of this run is that of the first weights on one side, of the last on the other."
    after = "by hand" if numpy is LogMoment.AFTER else "in PyTorch"
    return (
        f"The curve {after} is one epoch ahead: its losses 1 to {epochs - 1:,} are the other's losses 2 to {epochs:,} "
        "when nothing else differs."
    )


def _alike(settings: Settings) -> bool:
    """Where one batch is the whole set, its loss after the update is that after the epoch."""
    numpy, pytorch = _moments(settings)
    return any(_whole_sets(settings)) and not settings.in_batches and numpy is pytorch


PHRASES = {LogMoment.BEFORE: "before the update", LogMoment.AFTER: "after the update"}

WORDING = Wording(
    phrase=PHRASES.__getitem__,
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

OF_BATCHES = replace(
    WORDING,
    differ="A batch's loss is logged {by_hand} by hand, {pytorch} in PyTorch.",
    equal="for both a batch's loss is that {both}; otherwise one would be of weights that have already moved by it",
    formula="before: L(X[batch], Y[batch]; W); after: the same with the W that the batch's update has made",
    theory=lambda settings: (
        "The batches of an epoch are measured while the weights move: each by the weights before its own update, or by "
        "those after it, which have just been fitted to it and do better on it. The weights are the same. Two runs "
        "that are equal in every bit then show a gap in every epoch."
    ),
)


def _wording(settings: Settings) -> Wording:
    return OF_BATCHES if settings.in_batches or any(_whole_sets(settings)) else WORDING


DISCREPANCY = Discrepancy(
    field="log_moment",
    title="Log moment",
    summary="whether the loss is logged before or after the update",
    group=Group.LOG,
    order=80,
    moves=Moves.PLOT,
    choices=CHOICES,
    wording=WORDING,
    wording_in=_wording,
    since=2,
    alike=_alike,
)
