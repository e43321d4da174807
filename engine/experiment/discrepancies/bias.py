"""Whether the layers have a bias."""

from __future__ import annotations

from itertools import pairwise

from engine.experiment.choices import SideName
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side
from engine.experiment.per_layer import of_layers, values_of
from engine.experiment.settings import Settings
from engine.experiment.side import Side

CHOICES = (
    Choice(False, "no", "none", "output = activation(input @ W)"),
    Choice(True, "yes", "yes", "output = activation(input @ W + b), nn.Linear's default"),
)


def _numbers(settings: Settings) -> str:
    sizes = settings.layer_sizes
    weights = sum(fan_in * fan_out for fan_in, fan_out in pairwise(sizes))
    biases = sum(sizes[1:])

    def parameters_of(side: Side) -> str:
        of_each = zip(sizes[1:], of_layers(side.bias, len(sizes) - 1), strict=True)
        return f"{weights + sum(fan_out for fan_out, bias in of_each if bias):,}"

    parameters = each_side(parameters_of(settings.numpy), parameters_of(settings.pytorch))
    return (
        f"{'-'.join(map(str, sizes))} has {weights:,} weights, with biases {biases:,} more. Parameters: {parameters}."
    )


def _theory(settings: Settings) -> str:
    text = (
        "nn.Linear adds a bias to every unit unless it is given bias=False. Without one, the boundary of every unit "
        "passes through the origin."
    )
    starts = [start for side in SideName for start in values_of(settings.side(side).initial_weights)]
    if len(settings.layer_sizes) > 2 and any(start.pytorchs_stream for start in starts):
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
    group=Group.START,
    order=30,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    answers_order=3,
    answers_side=SideName.NUMPY,
    shifts_draws=True,
    per_layer=True,
)
