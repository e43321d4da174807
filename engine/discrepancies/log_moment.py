"""Whether an epoch's loss is that of the weights it began with or of those it ends with."""

from __future__ import annotations

from engine.discrepancies.base import Choice, Discrepancy, Explanation, Moves, sides_text
from engine.settings import LogMoment, Settings

CHOICES = (
    Choice(LogMoment.BEFORE, "before-update", "before", "the loss that the gradient was computed from"),
    Choice(LogMoment.AFTER, "after-update", "after", "the loss of the updated weights: one more forward pass"),
)
MEANINGS = {choice.value: choice.meaning for choice in CHOICES}


def explain(settings: Settings) -> Explanation:
    """With the length of the curve put in."""
    return Explanation(
        what="Logged before the update, an epoch's loss is that of the weights it began with; logged after, of those "
        "it ends with. The weights are the same: the curve is moved by one epoch. Two runs that are equal in every "
        "bit then show a gap in every epoch, the size of one step's progress.",
        formula="before: lossₖ = L(Wₖ₋₁);   after: lossₖ = L(Wₖ)",
        numbers=sides_text(settings, MEANINGS[settings.numpy.log_moment], MEANINGS[settings.pytorch.log_moment])
        + f" Of {settings.epochs:,} losses the curve logged before shows the start and lacks the end, the other the "
        "reverse.",
        fix_by_hand="losses.append(...) of the prediction made before W += ...",
        fix_pytorch="losses.append(loss.item()) of the loss that backward() was called on",
    )


DISCREPANCY = Discrepancy(
    field="log_moment",
    title="Log moment",
    summary="whether the loss is logged before or after the update",
    order=80,
    moves=Moves.PLOT,
    choices=CHOICES,
    explain=explain,
)
