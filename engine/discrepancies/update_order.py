"""Whether the error is passed down through weights that have already moved."""

from __future__ import annotations

from engine.discrepancies.base import Choice, Discrepancy, Explanation, Moves, sides_text
from engine.settings import Settings
from engine.update_rules import UpdateOrder

CHOICES = (
    Choice(UpdateOrder.TOGETHER, "together", "together", "every error from the old weights, then all weights move"),
    Choice(
        UpdateOrder.IN_TURN,
        "in-turn",
        "in turn",
        "each layer moves before the error passes down through it: not the gradient of anything",
    ),
)
MEANINGS = {choice.value: choice.meaning for choice in CHOICES}


def explain(settings: Settings) -> Explanation:
    """With the number of layers that the slip reaches put in."""
    reached = len(settings.hidden)
    last = reached + 1
    where = (
        f"Of {last} layers the lower {reached} would get a wrong error."
        if reached
        else "With one layer no error is passed down, and the order does not matter."
    )
    return Explanation(
        what="Back-propagation takes every layer's error through the weights of the forward pass. Code that updates a "
        "layer as soon as it has its gradient sends the error down through the new weights instead. For a small "
        "learning rate it nearly works, which is why it stays unnoticed.",
        formula="δ₁ = (δ₂·W₂ᵀ)·σ′: with the W₂ before its update; in turn, with W₂ − η·∂L/∂W₂",
        numbers=f"{where} "
        + sides_text(settings, MEANINGS[settings.numpy.update_order], MEANINGS[settings.pytorch.update_order]),
        fix_by_hand=f"compute error{max(reached, 1)} = np.dot(delta{last}, W{last}.T) before W{last} += ...",
        fix_pytorch="one optimizer.step() after loss.backward(): autograd has all gradients by then",
    )


DISCREPANCY = Discrepancy(
    field="update_order",
    title="Update order",
    summary="whether a layer moves before the error passes down through it",
    order=70,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    explain=explain,
)
