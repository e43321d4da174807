"""Which distribution, and which random stream, the first weights come from."""

from __future__ import annotations

import math

from engine.experiment.choices import InitialWeights, SideName
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, plain
from engine.experiment.per_layer import values_of
from engine.experiment.settings import Settings

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
    Choice(InitialWeights.NORMAL, "normal", "N(0,1)", "np.random.randn, unscaled; biases too"),
    Choice(InitialWeights.SMALL_NORMAL, "small-normal", "0.01·N(0,1)", "0.01 * np.random.randn; biases of 0"),
    Choice(InitialWeights.UNIFORM_HALF, "uniform-half", "U[−½,½)", "np.random.rand − 0.5; biases too"),
    Choice(InitialWeights.UNIFORM_ONE, "uniform-one", "U[−1,1)", "2 * np.random.rand − 1; biases too"),
    Choice(InitialWeights.HE, "he", "He", "np.random.randn * √(2/fan_in), made for ReLU; biases of 0"),
    Choice(
        InitialWeights.GLOROT,
        "glorot",
        "Glorot",
        "U(±√(6/(fan_in + fan_out))), as Keras's Dense has it, from NumPy's stream; biases of 0",
    ),
    Choice(InitialWeights.SCALED_NORMAL, "scaled-normal", "N(0,1)/√n", "np.random.randn / √fan_in; biases of 0"),
    Choice(InitialWeights.ZEROS, "zeros", "0", "np.zeros: all units of a hidden layer are alike, and stay so"),
    Choice(InitialWeights.GIVEN, "given", "given", "the first weights of a program that was diagnosed, or a file's"),
)

PHRASES = {
    InitialWeights.UNIT_UNIFORM: "U[0, 1)",
    InitialWeights.PYTORCH: "U(±1/√n)",
    InitialWeights.PYTORCH_FLOAT64: "U(±1/√n), drawn in float64,",
    InitialWeights.TRUNCATED_NORMAL: "a normal cut off at ±1/√n",
    InitialWeights.NORMAL: "N(0, 1)",
    InitialWeights.SMALL_NORMAL: "0.01·N(0, 1)",
    InitialWeights.UNIFORM_HALF: "U[−0.5, 0.5)",
    InitialWeights.UNIFORM_ONE: "U[−1, 1)",
    InitialWeights.HE: "He's N(0, 2/n)",
    InitialWeights.GLOROT: "Glorot's U(±√(6/(n + m)))",
    InitialWeights.SCALED_NORMAL: "N(0, 1)/√n",
    InitialWeights.ZEROS: "zeros",
    InitialWeights.GIVEN: "arrays that are given",
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


REMARKS = {
    InitialWeights.UNIT_UNIFORM: "np.random.random draws from U[0, 1): the mean is 0.5 and no weight is negative.",
    InitialWeights.PYTORCH: "nn.Linear draws weights and biases between −1/√n and 1/√n: the mean is 0.",
    InitialWeights.PYTORCH_FLOAT64: "With dtype=torch.float64 nn.Linear draws other numbers from the same seed.",
    InitialWeights.TRUNCATED_NORMAL: "The cut-off normal has PyTorch's bounds and more weights near 0.",
    InitialWeights.NORMAL: "np.random.randn without a factor makes z some √n large: the more inputs, the more sigmoid "
    "and tanh saturate.",
    InitialWeights.SMALL_NORMAL: "0.01·randn starts near 0: units begin almost alike, and each further layer makes the "
    "signal smaller.",
    InitialWeights.UNIFORM_HALF: "rand − 0.5 has the mean 0, and a width that does not know how many inputs there are.",
    InitialWeights.UNIFORM_ONE: "2·rand − 1 has the mean 0, and a width that does not know how many inputs there are.",
    InitialWeights.HE: "He's factor √(2/n) keeps the size of the signal through ReLU layers.",
    InitialWeights.GLOROT: "Glorot's bound keeps the size of signal and gradient through tanh layers; it is Keras's "
    "default, not PyTorch's.",
    InitialWeights.SCALED_NORMAL: "randn/√n keeps z at the size of its inputs.",
    InitialWeights.ZEROS: "With zeros in all layers every unit of a hidden layer computes the same, gets the same "
    "update and stays like the others: the layer is then one unit. Without a hidden layer they do no harm.",
    InitialWeights.GIVEN: "What is given needs no stream: it is the same for every seed.",
}


def _theory(settings: Settings) -> str:
    used = {start: None for side in SideName for start in values_of(settings.side(side).initial_weights)}
    remarks = " ".join(REMARKS[start] for start in used)
    return (
        f"{remarks} Other first weights make another run. A saturated unit passes under 1 % of its gradient on for "
        "every sample, a dead ReLU unit none; hidden units that are alike stay alike. PyTorch and NumPy both draw from "
        "MT19937, so NumPy can repeat PyTorch's numbers to the last bit (those of the CPU): no weights need to be "
        "copied out of PyTorch."
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
    group=Group.START,
    order=20,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    answers_order=2,
    only_start=True,
    per_layer=True,
)
