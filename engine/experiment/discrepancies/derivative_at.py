"""The classical slip: σ′ = s·(1 − s), written for the output s, is given the pre-activation z."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Moves, Wording, each_side
from engine.experiment.per_layer import of_layers, values_of
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import DerivativeAt, Side, is_fused

CHOICES = (
    Choice(DerivativeAt.OUTPUT, "output", "of output", "s·(1 − s) of the activation's output s: σ′"),
    Choice(
        DerivativeAt.PRE_ACTIVATION,
        "pre-activation",
        "of z",
        "z·(1 − z) of the pre-activation z: no derivative at all, negative where z is negative",
    ),
)

SLOPES = {Activation.SIGMOID: ("0.105", "−2"), Activation.TANH: ("0.0707", "−3")}
"""What the formula gives for the output at z = 2, and for z itself."""

IN_TERMS_OF_OUTPUT = (*SLOPES, Activation.SOFTMAX)


def _touched(settings: Settings) -> tuple[int, ...]:
    """The layers whose derivative is written in terms of the output; ReLU's and the identity's are the same of both,
    and a loss that takes logits has no derivative of the output's activation.
    """
    layers = tuple(i for i, kind in enumerate(settings.activations, start=1) if kind in IN_TERMS_OF_OUTPUT)
    fused = is_fused(settings.numpy) and is_fused(settings.pytorch)
    return tuple(layer for layer in layers if not (fused and layer == len(settings.activations)))


def _differing(settings: Settings) -> tuple[int, ...]:
    """Those of them at which the sides differ, or would if one side had the other value everywhere."""
    touched, layers = _touched(settings), len(settings.activations)
    numpy, pytorch = (of_layers(side.derivative_at, layers) for side in (settings.numpy, settings.pytorch))
    return touched if numpy == pytorch else tuple(i for i in touched if numpy[i - 1] is not pytorch[i - 1])


def _numbers(settings: Settings) -> str:
    differing = _differing(settings)
    if not differing:
        fused = is_fused(settings.numpy) and is_fused(settings.pytorch)
        also = ", and a loss of logits needs none of the outputs" if fused else ""
        return f"ReLU and identity have the same derivative either way{also}: it has no effect here, nothing to change."
    kinds = dict.fromkeys(settings.activations[layer - 1] for layer in differing)
    slopes = ", ".join(
        f"{kind.value}′ at z = 2: {each_side(_slopes(kind, settings.numpy), _slopes(kind, settings.pytorch))}"
        for kind in kinds
        if kind in SLOPES
    )
    affected = f"Layers affected: {len(differing)} of {len(settings.activations)}."
    return f"{affected} {slopes}." if slopes else affected


def _slopes(kind: Activation, side: Side) -> str:
    """What the side computes; of both formulas where its layers do not have the same."""
    return " or ".join(SLOPES[kind][at is DerivativeAt.PRE_ACTIVATION] for at in values_of(side.derivative_at))


WORDING = Wording(
    phrase={DerivativeAt.OUTPUT: "the output s", DerivativeAt.PRE_ACTIVATION: "the pre-activation z"}.__getitem__,
    differ="σ′ is computed from {by_hand} by hand, from {pytorch} in PyTorch.",
    equal="both compute σ′ from {both}; otherwise only one side would follow the gradient",
    numbers=_numbers,
    formula="s = σ(z): σ′ = s·(1 − s); t = tanh(z): tanh′ = 1 − t²; s = softmax(z): δ = s·(g − Σ g·s)",
    theory=lambda settings: (
        "The derivative of the sigmoid is written in terms of its output: s·(1 − s), between 0 and 0.25. A function "
        "sigmoid_derivative(x) that returns x·(1 − x) looks as if it took the input. Given z, its value can be "
        "negative and as large as z², so weights are moved against the gradient. autograd always takes the output."
    ),
    matters=lambda settings: bool(_differing(settings)),
)


DISCREPANCY = Discrepancy(
    field="derivative_at",
    title="Derivative",
    summary="whether σ′ is taken of the output, as its formula wants, or of the pre-activation",
    order=90,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=2,
    per_layer=True,
)
