"""Whether the samples that batches leave over are a smaller batch, or are left out."""

from __future__ import annotations

from engine.experiment.batch_rules import ALL, LastBatch
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side
from engine.experiment.settings import Settings
from engine.experiment.side import Side

CHOICES = (
    Choice(LastBatch.KEEP, "keep", "kept", "the samples that are left are a smaller batch"),
    Choice(LastBatch.DROP, "drop", "dropped", "DataLoader(drop_last=True): an epoch goes without them"),
)


def _left(settings: Settings, side: Side) -> int:
    return 0 if isinstance(side.batch, str) else settings.data.samples % side.batch


def _matters(settings: Settings) -> bool:
    N = settings.data.samples
    return any(side.batch != ALL and _left(settings, side) not in (0, N) for side in (settings.numpy, settings.pytorch))


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "No batch is smaller than the others: it has no effect here, nothing to change."
    left = (f"{_left(settings, side):,}" for side in (settings.numpy, settings.pytorch))
    return f"Samples left over by full batches, of {settings.data.samples:,}: {each_side(*left)}."


WORDING = Wording(
    phrase={LastBatch.KEEP: "a smaller batch", LastBatch.DROP: "left out"}.__getitem__,
    differ="What full batches leave over is {by_hand} by hand, {pytorch} in PyTorch.",
    equal="on both what full batches leave over is {both}; otherwise one side would take one more step in an epoch",
    numbers=_numbers,
    formula="updates in an epoch: N/B, rounded up where the last is kept, down where it is dropped",
    theory=lambda settings: (
        "DataLoader keeps a smaller last batch unless it is given drop_last=True; a loop over range(N // B) drops it. "
        "With a mean over the batch the few samples of a small one count for more than the others: its step is as long "
        "as that of a full batch. In shuffled order other samples are left out in every epoch, otherwise always the "
        "same ones."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="last_batch",
    title="Last batch",
    summary="whether the samples that full batches leave over are a smaller batch, or are left out",
    group=Group.DATA,
    order=33,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=8,
    alike=lambda settings: settings.batches(settings.numpy) == settings.batches(settings.pytorch),
)
