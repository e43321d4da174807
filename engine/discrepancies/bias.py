"""Whether the layers have a bias."""

from __future__ import annotations

from itertools import pairwise

from engine.discrepancies.base import Choice, Discrepancy, Lines, Moves, Wording, each_side
from engine.discrepancies.code_lines import bias_update, every_layer, forward, linear
from engine.settings import InitialWeights, Precision, Settings, SideName

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


def _lines_by_hand(settings: Settings) -> Lines:
    # Where z has a line of its own, the bias is in that.
    z = f"{forward(settings, 1)[0]}{every_layer(settings)}"
    return (_first_bias(settings), z, *bias_update(settings, 1)) if settings.numpy.bias else (z,)


def _first_bias(settings: Settings) -> str:
    fan_in, units = settings.layer_sizes[:2]
    start = settings.numpy.initial_weights
    drawn = {
        InitialWeights.UNIT_UNIFORM: f"np.random.random({units})",
        InitialWeights.TRUNCATED_NORMAL: f"truncated_normal({units}, 1 / np.sqrt({fan_in}))",
    }.get(start, f"uniform(({units},), 1 / np.sqrt({fan_in}))")
    single, wanted = start is InitialWeights.PYTORCH, settings.numpy.precision is not Precision.FLOAT64
    cast = "" if single is wanted else ".astype(np.float32)" if wanted else ".astype(np.float64)"
    return f"b1 = {drawn}{cast}"


def _lines_in_pytorch(settings: Settings) -> Lines:
    made = linear(settings, every_layer(settings))
    fan_in, units = settings.layer_sizes[:2]
    drawn = {
        InitialWeights.UNIT_UNIFORM: f"unit_uniform({units})",
        InitialWeights.TRUNCATED_NORMAL: f"truncated_normal({units}, bound={fan_in}**-0.5)",
    }.get(settings.pytorch.initial_weights)
    return (made, f"model[0].bias.copy_({drawn})") if drawn and settings.pytorch.bias else (made,)


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
    lines_by_hand=_lines_by_hand,
    lines_in_pytorch=_lines_in_pytorch,
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
