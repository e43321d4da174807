"""Whether each step's gradients start from zero: `optimizer.zero_grad()`, or none of it."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording
from engine.experiment.settings import Settings
from engine.experiment.side import decay_rates
from engine.experiment.update_rules import ZeroGrad

CHOICES = (
    Choice(ZeroGrad.EACH_STEP, "each-step", "zeroed", "optimizer.zero_grad() before each backward pass"),
    Choice(
        ZeroGrad.FORGOTTEN,
        "forgotten",
        "summed up",
        "zero_grad() is missing, or by hand dW += ...: each step moves along the sum of all gradients so far",
    ),
)


def _updates(settings: Settings) -> str:
    """How many there are; as many as epochs where each is one."""
    counts = {settings.batches(side).count * settings.epochs for side in (settings.numpy, settings.pytorch)}
    return f"{max(counts):,} {'updates' if settings.in_batches else 'epochs'}"


def _numbers(settings: Settings) -> str:
    forgetful = [side for side in (settings.numpy, settings.pytorch) if side.zero_grad is ZeroGrad.FORGOTTEN]
    if not forgetful:
        return f"There are {_updates(settings)}: forgotten, the last step would move along as many gradients."
    text = f"In the last of {_updates(settings)}, that is the sum of as many gradients."
    if any(side.momentum.coefficient or decay_rates(side, settings.batch_samples(side))[1] for side in forgetful):
        return text + " With another momentum, or a weight decay in the gradient, it is no momentum of 1 any more."
    return text + " It is exactly a momentum of 1.0."


WORDING = Wording(
    phrase={ZeroGrad.EACH_STEP: "its own gradient", ZeroGrad.FORGOTTEN: "the sum of all gradients so far"}.__getitem__,
    differ="A step moves along {by_hand} by hand, along {pytorch} in PyTorch.",
    equal="a step of both moves along {both}; otherwise one would gather speed for ever",
    numbers=_numbers,
    formula="forgotten: G ← G + g, W ← W − η·G, which is v ← 1·v + g, W ← W − η·v",
    theory=lambda settings: (
        "loss.backward() adds to what parameter.grad already holds; optimizer.zero_grad() is there to empty it. "
        "Without it every step moves along the sum of all gradients since the start. That is momentum with μ = 1, to "
        "the last bit: nothing is forgotten, the network overshoots and swings, and a smaller learning rate only "
        "slows the swing. By hand the same comes of dW += where dW = is meant."
    ),
)


DISCREPANCY = Discrepancy(
    field="zero_grad",
    title="Zero grad",
    summary="whether a step's gradients start from zero, or are added to those before",
    group=Group.UPDATE,
    order=98,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=6,
)
