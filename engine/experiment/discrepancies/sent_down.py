"""What the backward pass sends to the layer below: δ, or the error from before the activation's derivative."""

from __future__ import annotations

from engine.experiment.choices import SentDown
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording
from engine.experiment.settings import Settings

CHOICES = (
    Choice(SentDown.DELTA, "delta", "δ·Wᵀ", "δ, the gradient at z, times the weights"),
    Choice(
        SentDown.ERROR,
        "error",
        "e·Wᵀ",
        "the gradient at the layer's output times the weights: the activation's derivative is missing on the way",
    ),
)


def _matters(settings: Settings) -> bool:
    return bool(settings.hidden)


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "There is one layer, and nothing below it: it has no effect here, nothing to change."
    below = len(settings.hidden)
    return (
        f"{below} of {below + 1} layers get their error from above. σ′ is at most 0.25, so an error that skips it is "
        "at least 4 times as large for each sigmoid layer that it has passed."
    )


WORDING = Wording(
    phrase={SentDown.DELTA: "δ", SentDown.ERROR: "the error at its output"}.__getitem__,
    differ="A hand-written layer sends down {by_hand}, PyTorch's {pytorch}.",
    equal="a layer of both sends down {both}; otherwise only one side would follow the gradient",
    numbers=_numbers,
    formula="∂L/∂a₁ = δ₂·W₂ᵀ with δ₂ = ∂L/∂a₂ ∘ σ′; the slip: ∂L/∂a₂·W₂ᵀ",
    theory=lambda settings: (
        "The chain rule passes every function on the way. In e2.dot(W2.T) the last layer's activation is skipped for "
        "all layers below, though its own weights still get δ. The network learns all the same, with hidden layers "
        "that follow another direction: that a loss falls does not prove a gradient right."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="sent_down",
    title="Sent down",
    summary="whether δ or the error before the activation's derivative is sent to the layer below",
    group=Group.BACKWARD,
    order=92,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=5,
)
