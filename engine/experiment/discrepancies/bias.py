"""Whether the layers have a bias."""

from __future__ import annotations

from itertools import pairwise

from engine.experiment.discrepancies.base import Choice, Discrepancy, Moves, Wording, each_side
from engine.experiment.settings import InitialWeights, Settings, SideName

CHOICES = (
    Choice(False, "no", "none", "output = activation(input @ W)"),
    Choice(True, "yes", "yes", "output = activation(input @ W + b), nn.Linear's default"),
)


def _numbers(settings: Settings) -> str:
    sizes = settings.layer_sizes
    weights = sum(fan_in * fan_out for fan_in, fan_out in pairwise(sizes))
    biases = sum(sizes[1:])
    parameters = each_side(*(f"{weights + biases * side.bias:,}" for side in (settings.numpy, settings.pytorch)))
    return (
        f"{'-'.join(map(str, sizes))} has {weights:,} weights, with biases {biases:,} more. Parameters: {parameters}."
    )


def _theory(settings: Settings) -> str:
    text = (
        "nn.Linear adds a bias to every unit unless it is given bias=False. Without one, the boundary of every unit "
        "passes through the origin."
    )
    starts = {settings.numpy.initial_weights, settings.pytorch.initial_weights}
    if len(settings.layer_sizes) > 2 and starts & {InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64}:
        text += (
            f" PyTorch draws layer 1's {settings.layer_sizes[1]:,} biases before layer 2's weights: with a bias, every "
            "layer after the first also starts from other weights, and a part of the effect is theirs."
        )
    return text


WORDING = Wording(
    phrase={False: "no bias", True: "a bias"}.__getitem__,
    differ="The hand-written layers have {by_hand}, PyTorch's have {pytorch}.",
    equal="the layers of both have {both}; otherwise one side would have more parameters",
    numbers=_numbers,
    formula="z = x·W + b; ∂L/∂b = Σδ over the samples",
    theory=_theory,
)


DISCREPANCY = Discrepancy(
    field="bias",
    title="Bias",
    summary="whether the layers add a bias",
    order=30,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    answers_order=3,
    answers_side=SideName.NUMPY,
    shifts_draws=True,
)
