"""What the output error is multiplied by: the gradient of a sum or of a mean."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Moves, Wording, each_side, plain
from engine.experiment.settings import Settings
from engine.experiment.side import Reduction, SideName, gradient_factor

CHOICES = (
    Choice(Reduction.SUM, "sum", "Σ", "ŷ − y, the gradient of ½·Σ(ŷ − y)²"),
    Choice(Reduction.MEAN, "mean", "mean", "2/(N·C)·(ŷ − y), the gradient of nn.MSELoss()"),
)


def _numbers(settings: Settings) -> str:
    """N·C/2, and the steps with the learning rates as they are."""
    steps = [
        plain(gradient_factor(side.reduction, settings.elements) * side.learning_rate, 4)
        for side in (settings.numpy, settings.pytorch)
    ]
    return (
        f"N = {settings.data.samples:,}, C = {settings.data.outputs:,}: N·C/2 = {plain(settings.elements / 2)}. "
        f"Factor × learning rate: {each_side(*steps)}."
    )


def _theory(settings: Settings) -> str:
    rule = (
        "That N·C/2 is 2 is a coincidence of N·C = 4: with other data, doubling the learning rate does not make the "
        "steps equal."
        if settings.elements == 4
        else "Doubling the learning rate, right for XOR's four samples, is wrong here: the factor is "
        f"{plain(settings.elements / 2)}."
    )
    return (
        "ŷ − y is the gradient of half the sum of the squared errors; nn.MSELoss takes their mean over all N·C "
        f"elements. The direction is the same, the length is not, as if the learning rate were another. {rule}"
    )


WORDING = Wording(
    phrase={Reduction.SUM: "ŷ − y", Reduction.MEAN: "2/(N·C)·(ŷ − y)"}.__getitem__,
    differ="The backward pass starts from {by_hand} by hand, from {pytorch} in PyTorch.",
    equal="both backward passes start from {both}; otherwise one gradient would be N·C/2 times the other",
    numbers=_numbers,
    formula="∂(½·Σe²)/∂ŷ = e; ∂(mean(e²))/∂ŷ = 2/(N·C)·e",
    theory=_theory,
)


DISCREPANCY = Discrepancy(
    field="reduction",
    title="Gradient",
    summary="the gradient of half the sum of squares, or of their mean",
    order=40,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    answers_order=4,
    answers_side=SideName.NUMPY,
)
