"""The classical slip: σ′ = s·(1 − s), written for the output s, is given the pre-activation z."""

from __future__ import annotations

from engine.discrepancies.base import Choice, Discrepancy, Explanation, Moves, sides_text
from engine.settings import Activation, DerivativeAt, Settings

CHOICES = (
    Choice(DerivativeAt.OUTPUT, "output", "of output", "s·(1 − s) of the activation's output s: σ′"),
    Choice(
        DerivativeAt.PRE_ACTIVATION,
        "pre-activation",
        "of z",
        "z·(1 − z) of the pre-activation z: no derivative at all, negative where z is negative",
    ),
)
MEANINGS = {choice.value: choice.meaning for choice in CHOICES}


def explain(settings: Settings) -> Explanation:
    """With the activations that it touches put in."""
    touched = [kind.value for kind in dict.fromkeys(settings.activations) if kind in FORMULAS]
    formulas = "; ".join(FORMULAS[kind] for kind in dict.fromkeys(settings.activations) if kind in FORMULAS)
    where = (
        f"It touches the {' and '.join(touched)} layers here."
        if touched
        else "ReLU and the identity have the same derivative either way: here it changes nothing."
    )
    return Explanation(
        what="The sigmoid's derivative is handy in terms of its output: s·(1 − s). A function called "
        "sigmoid_derivative(x) that returns x·(1 − x) looks as if it took the input. Given z, it can be negative and "
        "as large as z²: whole layers are pushed up the slope.",
        formula=formulas or "relu′ = (z > 0) = (relu(z) > 0)",
        numbers=f"{where} "
        + sides_text(settings, MEANINGS[settings.numpy.derivative_at], MEANINGS[settings.pytorch.derivative_at]),
        fix_by_hand="delta = error * (layer * (1 - layer))   # layer = sigmoid(z), not z",
        fix_pytorch="nn.Sigmoid(): autograd takes the right one by itself",
    )


FORMULAS = {
    Activation.SIGMOID: "s = σ(z): σ′ = s·(1 − s), between 0 and ¼; z·(1 − z) is between −∞ and ¼",
    Activation.TANH: "t = tanh(z): tanh′ = 1 − t², between 0 and 1; 1 − z² is between −∞ and 1",
}

DISCREPANCY = Discrepancy(
    field="derivative_at",
    title="Derivative",
    summary="whether σ′ is taken of the output, as its formula wants, or of the pre-activation",
    order=90,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    explain=explain,
)
