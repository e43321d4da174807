"""Momentum: how strong, in whose form, and how much dampened."""

from __future__ import annotations

from engine.discrepancies.base import Choice, Discrepancy, Explanation, Moves, sides_text
from engine.settings import Settings
from engine.update_rules import Momentum, MomentumForm

CHOICES = (
    Choice(Momentum(), "none", "none", "plain gradient descent: W ← W − η·g"),
    Choice(Momentum(0.9), "pytorch-0.9", "0.9 PyTorch", "v ← 0.9·v + g, then W ← W − η·v: torch.optim.SGD's"),
    Choice(
        Momentum(0.9, MomentumForm.TEXTBOOK),
        "textbook-0.9",
        "0.9 textbook",
        "v ← 0.9·v − η·g, then W ← W + v: the same steps as PyTorch's, as long as η stays what it is",
    ),
    Choice(
        Momentum(0.9, MomentumForm.PYTORCH, 0.9),
        "pytorch-0.9-dampened-0.9",
        "0.9 damped",
        "v ← 0.9·v + (1 − 0.9)·g after a first v = g: a running mean of the gradients, in PyTorch's form",
    ),
    Choice(
        Momentum(0.9, MomentumForm.TEXTBOOK, 0.9),
        "textbook-0.9-dampened-0.9",
        "0.9 t. damped",
        "v ← 0.9·v − η·(1 − 0.9)·g from the first step on: a running mean, in the textbook's form",
    ),
)


def _meaning(momentum: Momentum) -> str:
    if momentum.coefficient == 0:
        return "none"
    share = 1 - momentum.dampening
    if momentum.form is MomentumForm.PYTORCH:
        return f"v = {momentum.coefficient:g}·v + {share:.6g}·g, first v = g; W −= η·v"
    return f"v = {momentum.coefficient:g}·v − {share:.6g}·η·g; W += v"


def _length(momentum: Momentum) -> float:
    """How many plain steps a steady gradient's step becomes: (1 − d)/(1 − μ)."""
    if momentum.coefficient == 0:
        return 1.0
    return (1 - momentum.dampening) / (1 - momentum.coefficient) if momentum.coefficient < 1 else float("inf")


def explain(settings: Settings) -> Explanation:
    """With both sides' update and the length of their steps put in."""
    numpy, pytorch = settings.numpy.momentum, settings.pytorch.momentum
    lengths = f"{_length(numpy):.4g} times a plain step by hand, {_length(pytorch):.4g} times in PyTorch"
    return Explanation(
        what="Momentum moves along a running sum of gradients. PyTorch keeps the learning rate out of the sum, "
        "textbooks put it in: the same steps while the rate is constant, others as soon as a schedule changes it. "
        "Dampening scales each new gradient by 1 − d, but PyTorch leaves the very first one whole.",
        formula="PyTorch: v ← μ·v + (1 − d)·g, W ← W − η·v;   textbook: v ← μ·v − η·(1 − d)·g, W ← W + v",
        numbers=sides_text(settings, _meaning(numpy), _meaning(pytorch))
        + f" Along a steady gradient a step grows to (1 − d)/(1 − μ): {lengths}.",
        fix_by_hand="V = mu * V + gradient; W += -learning_rate * V   # V starts as the first gradient",
        fix_pytorch="torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=mu, dampening=d)",
    )


DISCREPANCY = Discrepancy(
    field="momentum",
    title="Momentum",
    summary="how much of the last step goes into the next, in PyTorch's form or the textbook's",
    order=100,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    explain=explain,
    parse_other=Momentum.parse,
    other="none, 0.9, textbook-0.9 or pytorch-0.9-dampened-0.5",
)
