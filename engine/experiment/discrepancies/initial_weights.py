"""Which distribution, and which random stream, the first weights come from."""

from __future__ import annotations

import math

from engine.experiment.discrepancies.base import Choice, Discrepancy, Moves, Wording, plain
from engine.experiment.settings import Settings
from engine.experiment.side import InitialWeights

CHOICES = (
    Choice(InitialWeights.UNIT_UNIFORM, "unit-uniform", "U[0,1)", "np.random.random: every weight positive"),
    Choice(
        InitialWeights.PYTORCH,
        "pytorch",
        "U(±1/√n)",
        "nn.Linear's default, U(−1/√fan_in, 1/√fan_in), from PyTorch's own float32 stream",
    ),
    Choice(
        InitialWeights.PYTORCH_FLOAT64,
        "pytorch-float64",
        "U(±1/√n) 64",
        "the same distribution drawn in float64, as nn.Linear(dtype=torch.float64) does: another stream",
    ),
    Choice(
        InitialWeights.TRUNCATED_NORMAL,
        "truncated-normal",
        "N cut ±1/√n",
        "a standard normal cut off at ±1/√fan_in, the answer's approximation of PyTorch",
    ),
)

PHRASES = {
    InitialWeights.UNIT_UNIFORM: "U[0, 1)",
    InitialWeights.PYTORCH: "U(±1/√n)",
    InitialWeights.PYTORCH_FLOAT64: "U(±1/√n), drawn in float64,",
    InitialWeights.TRUNCATED_NORMAL: "a normal cut off at ±1/√n",
}


def _numbers(settings: Settings) -> str:
    bounds = [
        f"{plain(1 / math.sqrt(fan_in), 4)} ({_counted(fan_in)})" for fan_in in dict.fromkeys(settings.layer_sizes[:-1])
    ]
    more = " and so on" if len(bounds) > 3 else ""
    return f"1/√n is {', '.join(bounds[:3])}{more}."


def _counted(inputs: int) -> str:
    """'1 input', '2 inputs'."""
    return f"{inputs:,} input{'s' if inputs > 1 else ''}"


def _theory(settings: Settings) -> str:
    return (
        "Both distributions are uniform. np.random.random draws from U[0, 1): the mean is 0.5 and no weight is "
        "negative. nn.Linear draws weights and biases between −1/√n and 1/√n: the mean is 0. Other first weights make "
        "another run. Both use the generator MT19937, so NumPy can repeat PyTorch's numbers to the last bit (those of "
        "the CPU): no weights need to be copied out of PyTorch."
    )


WORDING = Wording(
    phrase=PHRASES.__getitem__,
    differ="The first weights come from {by_hand} by hand, from {pytorch} in PyTorch.",
    equal="both draw the first weights from {both}; otherwise they would start from different weights",
    numbers=_numbers,
    formula="nn.Linear: kaiming_uniform_(a=√5), bound √3·√(2/(1+5))/√n = 1/√n",
    theory=_theory,
)


DISCREPANCY = Discrepancy(
    field="initial_weights",
    title="Init weights",
    summary="the distribution and the stream that the first weights come from",
    order=20,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    answers_order=2,
    only_start=True,
    per_layer=True,
)
