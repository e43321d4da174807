"""Weight decay: how strong, and whether it goes through the gradient or beside it."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.settings import Settings
from engine.experiment.side import decay_rates
from engine.experiment.update_rules import DecayForm, WeightDecay

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


def _phrase(decay: WeightDecay) -> str:
    if decay.rate == 0:
        return "no weight decay"
    form = "in the gradient" if decay.form is DecayForm.IN_GRADIENT else "beside the step"
    return f"weight decay {plain(decay.rate)} {form}"


def _numbers(settings: Settings) -> str:
    sides = settings.numpy, settings.pytorch
    rates = (decay_rates(side, settings.batch_samples(side))[0] for side in sides)
    shares = each_side(*(plain(side.learning_rate * rate, 3) for side, rate in zip(sides, rates, strict=True)))
    text = f"The share of a weight that decays in one step: {shares}."
    if {side.weight_decay.form for side in sides} == set(DecayForm) and sides[0].weight_decay.rate == sides[
        1
    ].weight_decay.rate:
        momentum = any(side.momentum.coefficient for side in sides)
        text += (
            " With momentum the two forms differ."
            if momentum
            else " Without momentum the two forms take the same steps, up to rounding."
        )
    return text


WORDING = Wording(
    phrase=_phrase,
    differ="The hand-written code has {by_hand}, PyTorch {pytorch}.",
    equal="both have {both}; otherwise their weights could shrink differently",
    numbers=_numbers,
    formula="in the gradient: g ← g + λ·W; beside the step: W ← (1 − η·λ)·W − η·g",
    theory=lambda settings: (
        "Weight decay λ pulls every weight, and in PyTorch every bias too, towards 0. torch.optim.SGD adds λ·W to the "
        "gradient; AdamW shrinks the weights beside the step. With momentum, the first kind is also gathered in the "
        "velocity. Whether biases decay, and whether it is λ, 2·λ or λ/N, are differences of their own."
    ),
)


DISCREPANCY = Discrepancy(
    field="weight_decay",
    title="Weight decay",
    summary="how strongly weights are pulled towards 0, through the gradient or beside it",
    group=Group.UPDATE,
    order=110,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=2,
    parse_other=WeightDecay.parse,
    other="none, 0.01, in-gradient-0.01 or decoupled-0.01",
)
