"""What a named weight decay λ is multiplied by: it follows from how the penalty is written."""

from __future__ import annotations

from engine.experiment.discrepancies.base import (
    Choice,
    Discrepancy,
    Group,
    Moves,
    Wording,
    batch_words,
    decay_words,
    has_decay,
)
from engine.experiment.settings import Settings
from engine.experiment.side import decay_rates
from engine.experiment.update_rules import DecayFactor

CHOICES = (
    Choice(DecayFactor.ONCE, "lambda", "λ", "λ·w, the gradient of ½·λ·Σw²: torch.optim's weight_decay=λ"),
    Choice(DecayFactor.TWICE, "twice-lambda", "2·λ", "2·λ·w, the gradient of λ·Σw²: the ½ is missing"),
    Choice(
        DecayFactor.PER_SAMPLE,
        "lambda-per-sample",
        "λ/N",
        "λ/N·w, the gradient of λ/(2·N)·Σw²: the penalty is divided like the loss",
    ),
)


def _numbers(settings: Settings) -> str:
    if not has_decay(settings):
        return "Neither side has a weight decay: it has no effect here, nothing to change."
    return f"{batch_words(settings)}. The weight decay that acts: {decay_words(settings)}."


WORDING = Wording(
    phrase={DecayFactor.ONCE: "λ", DecayFactor.TWICE: "2·λ", DecayFactor.PER_SAMPLE: "λ/N"}.__getitem__,
    differ="A weight decay named λ acts as {by_hand} by hand, as {pytorch} in PyTorch.",
    equal="a weight decay named λ acts as {both} on both; otherwise equal numbers would pull unequally",
    numbers=_numbers,
    formula="∂(½·λ·Σw²)/∂w = λ·w; ∂(λ·Σw²)/∂w = 2·λ·w; ∂(λ/(2·N)·Σw²)/∂w = λ/N·w",
    theory=lambda settings: (
        "torch.optim's weight_decay is what stands before w in the gradient, whatever the loss is divided by. A "
        "penalty that is added to a loss by hand has that factor only if it is ½·λ·Σw²: without the ½ it pulls twice "
        "as hard, and inside a mean over N samples N times less."
    ),
    matters=has_decay,
)


DISCREPANCY = Discrepancy(
    field="decay_factor",
    title="Decay factor",
    summary="whether a named weight decay λ acts as λ, 2·λ or λ/N",
    group=Group.UPDATE,
    order=114,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=6,
    alike=lambda settings: (
        len({decay_rates(side, settings.batch_samples(side))[0] for side in (settings.numpy, settings.pytorch)}) == 1
        and settings.numpy.weight_decay == settings.pytorch.weight_decay
    ),
)
