"""The classical slip: σ′ = s·(1 − s), written for the output s, is given the pre-activation z."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, tanh

from engine.experiment.choices import DerivativeAt
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.per_layer import of_layers, values_of
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side, is_fused
from engine.experiment.slipped import DERIVATIVE_OF, SLIPS

CHOICES = (
    Choice(DerivativeAt.OUTPUT, "output", "of output", "s·(1 − s) of the activation's output s: σ′"),
    Choice(
        DerivativeAt.PRE_ACTIVATION,
        "pre-activation",
        "of z",
        "z·(1 − z) of the pre-activation z: no derivative at all, negative where z is negative",
    ),
    Choice(
        DerivativeAt.OUTPUT_AGAIN,
        "output-again",
        "σ′ of σ(z)",
        "σ(s)·(1 − σ(s)): a σ′ that applies σ itself is given the output s",
    ),
    Choice(
        DerivativeAt.NONE,
        "none",
        "none",
        "the derivative is left out: δ = e",
    ),
    Choice(
        DerivativeAt.NOT_NEGATIVE,
        "not-negative",
        "s ≥ 0",
        "ReLU′ taken as s ≥ 0, which holds everywhere: always 1",
    ),
    Choice(
        DerivativeAt.ONE_AT_ZERO,
        "one-at-zero",
        "z ≥ 0",
        "ReLU′ taken as z ≥ 0: 1 also where z is exactly 0, as of a sample of zeros beside biases of 0",
    ),
    Choice(
        DerivativeAt.OF_SIGMOID,
        "of-sigmoid",
        "sigmoid's",
        "s·(1 − s), which is the sigmoid's, whatever the activation is",
    ),
    Choice(DerivativeAt.OF_TANH, "of-tanh", "tanh's", "1 − s², which is tanh's, whatever the activation is"),
    Choice(
        DerivativeAt.OF_RELU,
        "of-relu",
        "ReLU's",
        "1 where s is above 0 and else 0, which is ReLU's, whatever the activation is",
    ),
    Choice(
        DerivativeAt.ITSELF,
        "itself",
        "s itself",
        "the output s stands where its derivative should: the activation is called, not its derivative",
    ),
    Choice(
        DerivativeAt.DIAGONAL,
        "diagonal",
        "diagonal",
        "softmax′ taken as s·(1 − s): the other outputs, which depend on the same z, are forgotten",
    ),
)

TRIED_AT = {Activation.SIGMOID: 2.0, Activation.TANH: 2.0, Activation.RELU: -2.0, Activation.LEAKY_RELU: -2.0}
"""A z at which the slips can be told apart."""


def _touched(settings: Settings) -> tuple[int, ...]:
    """The layers with a derivative: the identity has none, nor have outputs whose loss takes the logits."""
    layers = tuple(i for i, kind in enumerate(settings.activations, start=1) if SLIPS[kind])
    fused = is_fused(settings.numpy) and is_fused(settings.pytorch)
    return tuple(layer for layer in layers if not (fused and layer == len(settings.activations)))


def _effective(kind: Activation, at: DerivativeAt) -> DerivativeAt:
    return at if at in SLIPS[kind] else DerivativeAt.OUTPUT


def _differing(settings: Settings) -> tuple[int, ...]:
    """Those of them at which the sides differ, or would if one side had another value everywhere."""
    kinds, layers = settings.activations, len(settings.activations)
    numpy, pytorch = (of_layers(side.derivative_at, layers) for side in (settings.numpy, settings.pytorch))
    touched = _touched(settings)
    if numpy == pytorch:
        return touched
    return tuple(
        i for i in touched if _effective(kinds[i - 1], numpy[i - 1]) is not _effective(kinds[i - 1], pytorch[i - 1])
    )


def _numbers(settings: Settings) -> str:
    differing = _differing(settings)
    if not differing:
        fused = is_fused(settings.numpy) and is_fused(settings.pytorch)
        also = ", and a loss of logits needs none of the outputs" if fused else ""
        return f"These layers have the same derivative either way{also}: it has no effect here, nothing to change."
    kinds = dict.fromkeys(settings.activations[layer - 1] for layer in differing)
    slopes = ", ".join(_at_some_z(kind, settings.numpy, settings.pytorch) for kind in kinds if kind in TRIED_AT)
    affected = f"Layers affected: {len(differing)} of {len(settings.activations)}."
    return f"{affected} {slopes}." if slopes else affected


def _at_some_z(kind: Activation, numpy: Side, pytorch: Side) -> str:
    """What both compute at 0 where one of them has another derivative there alone, else at `TRIED_AT`."""
    ways = [_effective(kind, at) for side in (numpy, pytorch) for at in values_of(side.derivative_at)]
    z = 0.0 if DerivativeAt.ONE_AT_ZERO in ways else TRIED_AT[kind]
    return f"{kind.value}′ at z = {plain(z)}: {each_side(_slopes(kind, numpy, z), _slopes(kind, pytorch, z))}"


def _slopes(kind: Activation, side: Side, z: float) -> str:
    """What the side computes; of all its ways where its layers do not have the same."""
    slopes = (plain(_slope(kind, _effective(kind, at), z), 3) for at in values_of(side.derivative_at))
    return " or ".join(dict.fromkeys(slopes))


def _slope(kind: Activation, at: DerivativeAt, z: float) -> float:
    """What stands for the derivative."""
    if at is DerivativeAt.ONE_AT_ZERO and z >= 0:
        return 1.0
    if at is DerivativeAt.NONE:
        return 1.0
    function = FUNCTIONS[kind]
    s = z if at is DerivativeAt.PRE_ACTIVATION else function(z)
    if at is DerivativeAt.OUTPUT_AGAIN:
        s = function(s)
    if at is DerivativeAt.ITSELF:
        return s
    if at is DerivativeAt.NOT_NEGATIVE:
        return float(s >= 0)
    return SLOPES[DERIVATIVE_OF.get(at, kind)](s)


FUNCTIONS: dict[Activation, Callable[[float], float]] = {
    Activation.SIGMOID: lambda z: 1 / (1 + exp(-z)),
    Activation.TANH: tanh,
    Activation.RELU: lambda z: max(z, 0.0),
    Activation.LEAKY_RELU: lambda z: max(z, 0.01 * z),
}

SLOPES: dict[Activation, Callable[[float], float]] = {
    Activation.SIGMOID: lambda s: s * (1 - s),
    Activation.TANH: lambda s: 1 - s * s,
    Activation.RELU: lambda s: float(s > 0),
    Activation.LEAKY_RELU: lambda s: 1.0 if s > 0 else 0.01,
}
"""Of the output s."""


WORDING = Wording(
    phrase={
        DerivativeAt.OUTPUT: "the output s",
        DerivativeAt.PRE_ACTIVATION: "the pre-activation z",
        DerivativeAt.OUTPUT_AGAIN: "σ of the output s",
        DerivativeAt.NONE: "nothing (it is left out)",
        DerivativeAt.NOT_NEGATIVE: "s ≥ 0 (which is always so)",
        DerivativeAt.ONE_AT_ZERO: "z ≥ 0 (1 also at 0)",
        DerivativeAt.OF_SIGMOID: "the sigmoid's formula",
        DerivativeAt.OF_TANH: "tanh's formula",
        DerivativeAt.OF_RELU: "ReLU's formula",
        DerivativeAt.ITSELF: "nothing (the output s itself stands for it)",
        DerivativeAt.DIAGONAL: "softmax's diagonal alone",
    }.__getitem__,
    differ="σ′ is computed from {by_hand} by hand, from {pytorch} in PyTorch.",
    equal="both compute σ′ from {both}; otherwise only one side would follow the gradient",
    numbers=_numbers,
    formula="s = σ(z): σ′ = s·(1 − s); t = tanh(z): tanh′ = 1 − t²; s = softmax(z): δ = s·(g − Σ g·s)",
    theory=lambda settings: (
        "The derivative of the sigmoid is written in terms of its output: s·(1 − s), between 0 and 0.25. A function "
        "sigmoid_derivative(x) that returns x·(1 − x) looks as if it took the input. Given z, its value can be "
        "negative and as large as z², so weights are moved against the gradient; one that applies σ itself, given the "
        "output, is never below 0.19. ReLU′ is 0 where the output is 0, so s ≥ 0 is the wrong question; z ≥ 0 is "
        "another answer where z is exactly 0, as in a first step with biases of 0 and a sample of zeros. Softmax's "
        "derivative is a matrix: each output depends on every z. autograd always takes the output, and all of it."
    ),
    matters=lambda settings: bool(_differing(settings)),
)


DISCREPANCY = Discrepancy(
    field="derivative_at",
    title="Derivative",
    summary="whether σ′ is taken of the output, as its formula wants, of something else, or not at all",
    group=Group.BACKWARD,
    order=90,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=2,
    per_layer=True,
)
