"""The number that training makes smaller, before it is summed or averaged."""

from __future__ import annotations

from engine.experiment.choices import Objective
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, batch_words
from engine.experiment.settings import Settings

CHOICES = (
    Choice(Objective.SQUARED_ERROR, "squared-error", "(p−y)²", "the squared error of each output: nn.MSELoss"),
    Choice(
        Objective.BINARY_CROSS_ENTROPY,
        "binary-cross-entropy",
        "binary CE",
        "−y·log p − (1 − y)·log(1 − p) of each output, p from a sigmoid: nn.BCEWithLogitsLoss, nn.BCELoss",
    ),
    Choice(
        Objective.CROSS_ENTROPY,
        "cross-entropy",
        "cross-entr.",
        "−log p of a sample's class, p from a softmax: nn.CrossEntropyLoss",
    ),
)

PHRASES = {
    Objective.SQUARED_ERROR: "squared errors",
    Objective.BINARY_CROSS_ENTROPY: "binary cross-entropies",
    Objective.CROSS_ENTROPY: "cross-entropies",
}


def _numbers(settings: Settings) -> str:
    """What one output that is sure of the wrong answer costs, beside the rows and columns that there are."""
    costs = {
        Objective.SQUARED_ERROR: "0.998",
        Objective.BINARY_CROSS_ENTROPY: "6.91",
        Objective.CROSS_ENTROPY: "6.91",
    }
    sides = dict.fromkeys((settings.numpy.objective, settings.pytorch.objective))
    wrong = ", ".join(f"{costs[one]} as {PHRASES[one]}" for one in sides)
    return (
        f"{batch_words(settings)}, C = {settings.data.outputs:,}. "
        f"An output of 0.001 where the target is 1 costs {wrong}."
    )


def _theory(settings: Settings) -> str:
    text = (
        "The objective says what an error costs, the reduction how the costs of all outputs become one number, the "
        "loss report which number is logged: three settings, since programs mix them in every way. "
    )
    if {settings.numpy.objective, settings.pytorch.objective} == {Objective.SQUARED_ERROR}:
        return text + (
            "A squared error passes σ′ on its way down, which is nearly 0 where an output is sure and wrong: it then "
            "hardly learns. A cross-entropy does not."
        )
    return text + (
        "With a cross-entropy of softmax or sigmoid outputs δ = p − y, and there is no σ′ in it. That is right, though "
        "it looks like a line forgotten: the cost's derivative −y/p and the activation's derivative cancel."
    )


WORDING = Wording(
    phrase=PHRASES.__getitem__,
    differ="The hand-written network is trained on {by_hand}, PyTorch's on {pytorch}.",
    equal="both are trained on {both}; otherwise each would follow the gradient of another number",
    numbers=_numbers,
    formula="∂(½·(p−y)²)/∂z = (p − y)·σ′(z); ∂(−Σ y·log p)/∂z = p − y",
    theory=_theory,
)


DISCREPANCY = Discrepancy(
    field="objective",
    title="Objective",
    summary="what an error costs: the number whose gradient is taken, before it is summed or averaged",
    group=Group.LOSS,
    order=35,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=4,
)
