"""Which number of an epoch is logged: the mean of its batches, the last batch's, or the whole set's after it."""

from __future__ import annotations

from engine.experiment.batch_rules import EpochLoss
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side
from engine.experiment.settings import Settings

CHOICES = (
    Choice(EpochLoss.MEAN, "mean-of-batches", "mean", "the mean of the batches' losses: total / len(loader)"),
    Choice(EpochLoss.LAST, "last-batch", "last batch", "the loss of the epoch's last batch alone"),
    Choice(EpochLoss.WHOLE, "whole-set", "whole set", "the loss of all samples after the epoch: one more forward pass"),
)


def _numbers(settings: Settings) -> str:
    counts = (f"{settings.batches(side).count:,}" for side in (settings.numpy, settings.pytorch))
    return f"Batches in an epoch: {each_side(*counts)}; samples {settings.data.samples:,}."


WORDING = Wording(
    phrase={
        EpochLoss.MEAN: "the mean of its batches' losses",
        EpochLoss.LAST: "its last batch's loss",
        EpochLoss.WHOLE: "the loss of all samples after it",
    }.__getitem__,
    differ="Of an epoch the hand-written code logs {by_hand}, PyTorch {pytorch}.",
    equal="both log of an epoch {both}; otherwise their curves could be of different things",
    numbers=_numbers,
    formula="mean: ΣL(batch)/batches, each with the weights it met; whole set: L(X, Y) after the epoch",
    theory=lambda settings: (
        "The batches of an epoch are measured while the weights move: their mean is that of many weights, and in early "
        "epochs larger than the loss that the epoch ends with. The last batch's loss jumps from epoch to epoch with "
        "the samples that happen to be in it. The weights are the same whichever is logged."
    ),
)


def _alike(settings: Settings) -> bool:
    """With one batch the mean is the last."""
    sides = settings.numpy, settings.pytorch
    one = all(settings.batches(side).count == 1 for side in sides)
    return one and all(side.epoch_loss is not EpochLoss.WHOLE for side in sides)


DISCREPANCY = Discrepancy(
    field="epoch_loss",
    title="Epoch loss",
    summary="which loss of an epoch is logged: the mean of its batches', the last batch's, or the whole set's after it",
    group=Group.LOG,
    order=82,
    moves=Moves.PLOT,
    choices=CHOICES,
    wording=WORDING,
    since=8,
    alike=_alike,
)
