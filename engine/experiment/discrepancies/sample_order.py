"""In which order an epoch takes the samples: as they are, as PyTorch's DataLoader shuffles them, or as NumPy does."""

from __future__ import annotations

from engine.experiment.batch_rules import SampleOrder
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording
from engine.experiment.settings import Settings

CHOICES = (
    Choice(SampleOrder.IN_ORDER, "in-order", "in order", "as they are in the data, in every epoch"),
    Choice(
        SampleOrder.DATALOADER,
        "dataloader",
        "DataLoader",
        "DataLoader(shuffle=True): from PyTorch's stream, after what nn.Linear has drawn",
    ),
    Choice(
        SampleOrder.PERMUTATION,
        "permutation",
        "permutation",
        "np.random.permutation: from NumPy's stream, after the start if that is drawn from it",
    ),
    Choice(SampleOrder.GIVEN, "given", "given", "those of a program that was diagnosed, or a file's"),
)


def _matters(settings: Settings) -> bool:
    return settings.data.samples > 1


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "The data are a single sample: it has no effect here, nothing to change."
    both = settings.numpy, settings.pytorch
    text = f"{settings.data.samples:,} samples."
    if all(settings.batches(side).count == 1 for side in both):
        return f"{text} One batch holds them all, so that their order changes only how sums are rounded."
    if settings.numpy.bias != settings.pytorch.bias and SampleOrder.DATALOADER in {side.order for side in both}:
        text += " The bias differs, too: nn.Linear then draws more, and DataLoader's orders are others."
    if all(side.order is SampleOrder.IN_ORDER for side in both):
        return f"{text} Every epoch has the same batches."
    if all(side.order in (SampleOrder.IN_ORDER, SampleOrder.GIVEN) for side in both):
        orders = settings.given.orders if settings.given else None
        count = 0 if orders is None else len(orders)
        epochs = f"{count:,} epoch{'s' if count != 1 else ''}"
        return f"{text} Orders of {epochs} are given; after them the first comes again."
    return f"{text} Where it is shuffled, each epoch draws an order of its own from the seed's stream."


WORDING = Wording(
    phrase={
        SampleOrder.IN_ORDER: "in the order of the data",
        SampleOrder.DATALOADER: "in DataLoader's order",
        SampleOrder.PERMUTATION: "in the order of np.random.permutation",
        SampleOrder.GIVEN: "in orders that are given",
    }.__getitem__,
    differ="The hand-written code takes the samples {by_hand}, PyTorch {pytorch}.",
    equal="both take the samples {both}; otherwise their batches would hold other samples",
    numbers=_numbers,
    formula="DataLoader: of four 32-bit words an epoch the fourth seeds a stream of its own; "
    "for i from 0 to N − 2: j = word mod (N − i), samples i and i + j change places",
    theory=lambda settings: (
        "Shuffled differently, two runs see other batches, and from the first update on their weights are others, with "
        "one seed too: torch.manual_seed and np.random.seed start the same words, and what is made of them is not the "
        "same. PyTorch's stream goes on where nn.Linear left it, so that a bias, or a start in float64, shifts every "
        "order after it. DataLoader's order can be had in NumPy, word for word: this program's hand-written side does."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="order",
    title="Sample order",
    summary="in which order an epoch takes the samples: as they are, DataLoader's, or np.random.permutation's",
    group=Group.DATA,
    order=32,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=8,
)
