"""What the output error is multiplied by: the gradient of a sum or of a mean."""

from __future__ import annotations

from dataclasses import replace

from engine.experiment.discrepancies.base import Choice, Discrepancy, Moves, Wording, each_side, plain
from engine.experiment.settings import Settings
from engine.experiment.side import Objective, Reduction, SideName, gradient_factor

CHOICES = (
    Choice(Reduction.SUM, "sum", "Σ", "ŷ − y, the gradient of ½·Σ(ŷ − y)²; of a cross-entropy's sum p − y"),
    Choice(
        Reduction.MEAN,
        "mean",
        "mean",
        "2/(N·C)·(ŷ − y), the gradient of nn.MSELoss(); of a cross-entropy's mean (p − y)/N, /(N·C) if it is binary",
    ),
)


RULES = {Objective.SQUARED_ERROR: "N·C/2", Objective.BINARY_CROSS_ENTROPY: "N·C", Objective.CROSS_ENTROPY: "N"}
"""How many times the mean's gradient the sum's is."""


def _objectives(settings: Settings) -> tuple[Objective, ...]:
    return tuple(dict.fromkeys((settings.numpy.objective, settings.pytorch.objective)))


def _times(objective: Objective, settings: Settings) -> float:
    """The rule as a number."""
    mean = replace(settings.numpy, objective=objective, reduction=Reduction.MEAN)
    return 1 / gradient_factor(mean, settings.data.samples, settings.data.outputs)


def _numbers(settings: Settings) -> str:
    """The rule, and the steps with the learning rates as they are."""
    data = settings.data
    steps = [
        plain(gradient_factor(side, data.samples, data.outputs) * side.learning_rate, 4)
        for side in (settings.numpy, settings.pytorch)
    ]
    rules = ", ".join(f"{RULES[one]} = {plain(_times(one, settings))}" for one in _objectives(settings))
    return f"N = {data.samples:,}, C = {data.outputs:,}: {rules}. Factor × learning rate: {each_side(*steps)}."


def _theory(settings: Settings) -> str:
    coincidence = (
        "That N·C/2 is 2 is a coincidence of N·C = 4: with other data, doubling the learning rate does not make the "
        "steps equal."
        if settings.elements == 4
        else "Doubling the learning rate, right for XOR's four samples, is wrong here: the factor is "
        f"{plain(settings.elements / 2)}."
    )
    return (
        "ŷ − y is the gradient of half the sum of the squared errors; nn.MSELoss takes their mean over all N·C "
        "elements. The direction is the same, the length is not, as if the learning rate were another. "
        f"{coincidence}"
    )


WORDING = Wording(
    phrase={Reduction.SUM: "ŷ − y", Reduction.MEAN: "2/(N·C)·(ŷ − y)"}.__getitem__,
    differ="The backward pass starts from {by_hand} by hand, from {pytorch} in PyTorch.",
    equal="both backward passes start from {both}; otherwise one gradient would be N·C/2 times the other",
    numbers=_numbers,
    formula="∂(½·Σe²)/∂ŷ = e; ∂(mean(e²))/∂ŷ = 2/(N·C)·e",
    theory=_theory,
)


def _theory_of_cross_entropy(settings: Settings) -> str:
    return (
        "A mean divides the sum's gradient, the direction stays: it is as if the learning rate were another. "
        "nn.BCELoss divides by all N·C outputs, nn.CrossEntropyLoss by the N samples, each of which has one class. "
        "The rule of squared errors, N·C/2, is neither: their derivative has a 2 in it."
    )


OF_CROSS_ENTROPY = Wording(
    phrase={Reduction.SUM: "the sum", Reduction.MEAN: "the mean"}.__getitem__,
    differ="The gradient is that of {by_hand} of all costs by hand, of {pytorch} in PyTorch.",
    equal="both gradients are those of {both} of all costs; otherwise one would be many times the other",
    numbers=_numbers,
    formula="cross-entropy: Σ is N times the mean; binary: N·C times; squared error: ½Σ is N·C/2 times",
    theory=_theory_of_cross_entropy,
)


DISCREPANCY = Discrepancy(
    field="reduction",
    title="Gradient",
    summary="the gradient of a sum, or of a mean: for squared errors of half their sum",
    order=40,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    wording_in=lambda settings: WORDING if _objectives(settings) == (Objective.SQUARED_ERROR,) else OF_CROSS_ENTROPY,
    answers_order=4,
    answers_side=SideName.NUMPY,
)
