"""Whether the penalty that weight decay is the gradient of is part of the logged loss."""

from __future__ import annotations

from engine.experiment.choices import LoggedPenalty
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, decay_words, has_decay
from engine.experiment.settings import Settings

CHOICES = (
    Choice(LoggedPenalty.LEFT_OUT, "left-out", "left out", "the loss of the data alone"),
    Choice(
        LoggedPenalty.ADDED,
        "added",
        "added",
        "beside it ½·λ·Σw² of all that decays: the penalty whose gradient weight decay is",
    ),
    Choice(LoggedPenalty.TWICE, "twice", "λ·Σw²", "beside it λ·Σw²: twice the penalty whose gradient weight decay is"),
)


def _numbers(settings: Settings) -> str:
    if not has_decay(settings):
        return "Neither side has a weight decay: it has no effect here, nothing to change."
    return f"The weight decay that acts: λ = {decay_words(settings)}."


WORDING = Wording(
    phrase={
        LoggedPenalty.LEFT_OUT: "the loss of the data alone",
        LoggedPenalty.ADDED: "the penalty as well",
        LoggedPenalty.TWICE: "twice the penalty as well",
    }.__getitem__,
    differ="The hand-written code logs {by_hand}, PyTorch {pytorch}.",
    equal="both log {both}; otherwise one curve would lie above the other",
    numbers=_numbers,
    formula="logged: L + ½·λ·Σw², L + λ·Σw², or L",
    theory=lambda settings: (
        "Code that writes its penalty out mostly adds it to the loss that it prints. weight_decay in torch.optim is in "
        "the gradient alone, and no loss shows it. The two curves are then apart by ½·λ·Σw², which grows with the "
        "weights, while these are the same on both sides. A loss with λ·Σw² beside a gradient with λ·w shows twice the "
        "penalty that is trained: the derivative of λ·Σw² is 2·λ·w."
    ),
    matters=has_decay,
)


def _alike(settings: Settings) -> bool:
    """A side without a decay has no penalty to add."""
    sides = settings.numpy, settings.pytorch
    return not any(side.weight_decay.rate and side.logged_penalty is not LoggedPenalty.LEFT_OUT for side in sides)


DISCREPANCY = Discrepancy(
    field="logged_penalty",
    title="Penalty",
    summary="whether the penalty that weight decay is the gradient of is part of the logged loss",
    group=Group.LOG,
    order=84,
    moves=Moves.PLOT,
    choices=CHOICES,
    wording=WORDING,
    since=9,
    alike=_alike,
)
