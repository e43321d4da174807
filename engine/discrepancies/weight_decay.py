"""Weight decay: how strong, and whether it goes through the gradient or beside it."""

from __future__ import annotations

from engine.discrepancies.base import Choice, Discrepancy, Explanation, Moves, sides_text
from engine.settings import Settings
from engine.update_rules import DecayForm, WeightDecay

CHOICES = (
    Choice(WeightDecay(), "none", "none", "weights are pulled by the gradient alone"),
    Choice(
        WeightDecay(0.001),
        "in-gradient-0.001",
        "0.001 in g",
        "g ← g + 0.001·W: torch.optim.SGD(weight_decay=0.001), the gradient of ½·λ·Σw²",
    ),
    Choice(
        WeightDecay(0.001, DecayForm.DECOUPLED),
        "decoupled-0.001",
        "0.001 apart",
        "W ← (1 − η·0.001)·W before the step, as AdamW does: momentum never sees it",
    ),
)


def _meaning(decay: WeightDecay) -> str:
    if decay.rate == 0:
        return "none"
    if decay.form is DecayForm.IN_GRADIENT:
        return f"g = g + {decay.rate:g}·W"
    return f"W = (1 − η·{decay.rate:g})·W beside the step"


def explain(settings: Settings) -> Explanation:
    """With both sides' rule, and what the forms mean under this momentum, put in."""
    with_momentum = any(side.momentum.coefficient for side in (settings.numpy, settings.pytorch))
    relation = (
        "There is momentum here, so the forms differ: in the gradient, the pull is gathered in the velocity."
        if with_momentum
        else "Without momentum both forms take the same step, up to rounding; they differ once there is momentum."
    )
    return Explanation(
        what="Weight decay pulls every weight, and in PyTorch every bias too, towards 0. torch.optim.SGD adds λ·W to "
        "the gradient; others shrink the weights beside the step. Written by hand it often leaves the biases out, or "
        "adds λ·Σw² to the loss, which is twice as strong.",
        formula="in the gradient: g ← g + λ·W;   decoupled: W ← (1 − η·λ)·W − η·g",
        numbers=sides_text(settings, _meaning(settings.numpy.weight_decay), _meaning(settings.pytorch.weight_decay))
        + f" {relation}",
        fix_by_hand="W += -learning_rate * (gradient + weight_decay * W)   # and the same for b",
        fix_pytorch="torch.optim.SGD(model.parameters(), lr=learning_rate, weight_decay=0.001)",
    )


DISCREPANCY = Discrepancy(
    field="weight_decay",
    title="Weight decay",
    summary="how strongly weights are pulled towards 0, through the gradient or beside it",
    order=110,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    explain=explain,
    parse_other=WeightDecay.parse,
    other="none, 0.01, in-gradient-0.01 or decoupled-0.01",
)
