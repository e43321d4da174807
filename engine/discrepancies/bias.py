"""Whether the layers have a bias."""

from __future__ import annotations

from itertools import pairwise

from engine.discrepancies.base import Choice, Discrepancy, Explanation, Moves
from engine.settings import InitialWeights, Settings

CHOICES = (
    Choice(False, "no", "none", "output = activation(input @ W)"),
    Choice(True, "yes", "yes", "output = activation(input @ W + b), nn.Linear's default"),
)


def explain(settings: Settings) -> Explanation:
    """With the number of parameters put in."""
    sizes = settings.layer_sizes
    weights = sum(fan_in * fan_out for fan_in, fan_out in pairwise(sizes))
    biases = sum(sizes[1:])
    from_torch = (InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64)
    shifts = any(side.initial_weights in from_torch for side in (settings.numpy, settings.pytorch))
    second = ""
    if shifts and len(sizes) > 2:
        second = (
            f" A second effect hides behind it: PyTorch draws layer 1's {sizes[1]} biases before layer 2's weights, "
            "so with a bias every layer after the first also starts from other weights."
        )
    return Explanation(
        what="nn.Linear adds a bias to every unit unless told not to; the hand-written code has none. Without it every "
        "unit's boundary passes through the origin." + second,
        formula="z = x·W + b;  ∂L/∂b = Σ over samples of δ",
        numbers=f"With biases this {'-'.join(map(str, sizes))} network has {weights + biases} parameters, without "
        f"{weights}: {biases} biases.",
        fix_by_hand="z = layer_input @ W + b; ...; b -= learning_rate * delta.sum(axis=0)",
        fix_pytorch="nn.Linear(fan_in, fan_out, bias=False)",
    )


DISCREPANCY = Discrepancy(
    field="bias",
    title="Bias",
    summary="whether the layers add a bias",
    order=30,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    explain=explain,
)
