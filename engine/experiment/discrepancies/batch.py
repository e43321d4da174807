"""How many samples an update is made of: all, one, or a batch."""

from __future__ import annotations

from engine.experiment.batch_rules import ALL, LARGEST_BATCH, BatchSize
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side
from engine.experiment.settings import Settings
from engine.number_text import read_whole

CHOICES = (
    Choice(ALL, "all", "all", "one update an epoch, on all samples"),
    Choice(1, "1", "1", "one update for each sample: stochastic gradient descent in the narrow sense"),
    Choice(32, "32", "32", "one update for each 32 samples"),
)


def _matters(settings: Settings) -> bool:
    return settings.data.samples > 1


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "The data are a single sample: it has no effect here, nothing to change."
    counts = (f"{settings.batches(side).count:,}" for side in (settings.numpy, settings.pytorch))
    return f"Of {settings.data.samples:,} samples. Updates in an epoch: {each_side(*counts)}."


def _read(text: str) -> BatchSize:
    number = read_whole(text)
    if not 1 <= number <= LARGEST_BATCH:
        raise ValueError(text)
    return number


WORDING = Wording(
    phrase=lambda batch: "all samples" if batch == ALL else f"{batch:,} sample{'s' if batch != 1 else ''}",
    differ="An update by hand is made of {by_hand}, in PyTorch of {pytorch}.",
    equal="an update of both is made of {both}; otherwise one side would take more steps in an epoch",
    numbers=_numbers,
    formula="W ← W − η·∂L(X[batch], Y[batch])/∂W for each batch of an epoch",
    theory=lambda settings: (
        "An epoch is one pass over the data, an update one step of the weights. Smaller batches take more steps in an "
        "epoch, each along the gradient of fewer samples. A mean over the batch makes each of them as long as one over "
        "all samples would be; a sum shrinks with the batch, as if the learning rate did. A loop over single "
        "samples that sums their gradients before it moves the weights is one batch of them."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="batch",
    title="Batch size",
    summary="how many samples an update is made of",
    group=Group.DATA,
    order=31,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=8,
    parse_other=_read,
    other=f"all, or a whole number from 1 to {LARGEST_BATCH:,}",
    alike=lambda settings: settings.batches(settings.numpy) == settings.batches(settings.pytorch),
)
