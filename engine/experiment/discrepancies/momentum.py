"""Momentum: how strong, in whose form, and how much dampened."""

from __future__ import annotations

from engine.experiment.choices import RateIn
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.experiment.step_lengths import late_step, momentum_length
from engine.experiment.update_rules import DecayForm, Moments, Momentum, MomentumForm

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
    Choice(
        Momentum(0.9, MomentumForm.NESTEROV),
        "nesterov-0.9",
        "0.9 Nesterov",
        "v ← 0.9·v + g, then W ← W − η·(g + 0.9·v): torch.optim.SGD(nesterov=True)",
    ),
    Choice(
        Momentum(0.9, MomentumForm.TEXTBOOK_NESTEROV),
        "textbook-nesterov-0.9",
        "0.9 t. Nesterov",
        "u = v, v ← 0.9·v − η·g, then W ← W − 0.9·u + 1.9·v: the same steps, as long as η stays what it is",
    ),
    Choice(
        Momentum(0.9, MomentumForm.AVERAGED),
        "averaged-0.9",
        "0.9 averaged",
        "v ← 0.9·v + (1 − 0.9)·g from v = 0, then W ← W − η·v: a running mean, without η in it",
    ),
)


def _phrase(momentum: Momentum) -> str:
    if momentum.coefficient == 0:
        return "no momentum"
    if momentum.form is MomentumForm.AVERAGED:
        return f"momentum {plain(momentum.coefficient)} as a running mean"
    form = "the textbook's form" if momentum.form.holds_rate else "PyTorch's form"
    form += " of Nesterov" if momentum.nesterov else ""
    dampening = f", dampening {plain(momentum.dampening)}" if momentum.dampening else ""
    return f"momentum {plain(momentum.coefficient)} in {form}{dampening}"


def _length(side: Side) -> str:
    """How many plain steps the step along a steady gradient becomes; of another rule's side what its momentum would."""
    length = late_step(side) if side.optimizer.is_sgd else momentum_length(side.momentum)
    return "without limit" if length is None else plain(length, 4)


def _matters(settings: Settings) -> bool:
    return settings.numpy.optimizer.is_sgd or settings.pytorch.optimizer.is_sgd


def _differ_alone(settings: Settings) -> bool:
    """Whether nothing else tells the sides' momenta apart: each keeps its velocity, and has the rate that is named."""
    sides = settings.numpy, settings.pytorch
    kept = all(side.moments is Moments.KEPT and side.rate_in is RateIn.UPDATE for side in sides)
    beside = any(side.weight_decay.form is DecayForm.DECOUPLED for side in sides)
    return kept and not beside and len({(side.schedule, side.optimizer) for side in sides}) == 1


def _rate_of_average(settings: Settings) -> str:
    """With which learning rate PyTorch's own form takes the other side's averaged steps, where it is that form."""
    averaged, plainly = settings.numpy, settings.pytorch
    if plainly.momentum != Momentum(averaged.momentum.coefficient) or not averaged.momentum.coefficient < 1:
        return ""
    rate = averaged.learning_rate * (1 - averaged.momentum.coefficient)
    return f" PyTorch's own form takes the averaged steps with lr={plain(rate)}: η·(1 − μ)."


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "Neither side takes SGD's steps: it has no effect here, nothing to change."
    sides = settings.numpy, settings.pytorch
    text = f"Under a constant gradient a step grows to so many plain ones: {each_side(*map(_length, sides))}."
    if not _differ_alone(settings):
        return text
    momenta = settings.numpy.momentum, settings.pytorch.momentum
    if MomentumForm.AVERAGED in {momentum.form for momentum in momenta}:
        return text + _rate_of_average(settings)
    strengths = {(momentum.coefficient, momentum.dampening, momentum.nesterov) for momentum in momenta}
    if len(strengths) == 1 and momenta[0] != momenta[1] and not momenta[0].dampening:
        text += " The two forms take the same steps while the learning rate is constant."
    return text


WORDING = Wording(
    phrase=_phrase,
    differ="The hand-written code uses {by_hand}, PyTorch {pytorch}.",
    equal="both use {both}; otherwise their steps could differ",
    numbers=_numbers,
    formula="PyTorch: v ← μ·v + (1 − d)·g, W ← W − η·v; textbook: v ← μ·v − η·(1 − d)·g, W ← W + v; "
    "Nesterov: v ← μ·v + g, W ← W − η·(g + μ·v); averaged: v ← μ·v + (1 − μ)·g, W ← W − η·v",
    theory=lambda settings: (
        "Momentum μ moves along a running sum v of the gradients g. PyTorch keeps the learning rate η out of the sum, "
        "textbooks put it in: the same steps while the rate is constant, others as soon as a schedule changes it. A "
        "dampening d scales each new gradient by 1 − d, but PyTorch takes the very first one whole. Under a constant "
        "gradient a step grows to (1 − d)/(1 − μ) times a plain one. Nesterov's momentum steps along g + μ·v, as "
        "if the gradient were taken one step ahead. A running mean starts with v = 0 and adds (1 − μ)·g: PyTorch's "
        "steps with the learning rate times 1 − μ."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="momentum",
    title="Momentum",
    summary="how much of the last step goes into the next, in PyTorch's form or the textbook's",
    group=Group.UPDATE,
    order=100,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=2,
    parse_other=Momentum.parse,
    other="none, 0.9, textbook-0.9, nesterov-0.9, averaged-0.9 or pytorch-0.9-dampened-0.5",
)
