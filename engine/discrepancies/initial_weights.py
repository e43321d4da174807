"""Which distribution, and which random stream, the first weights come from."""

from __future__ import annotations

import math

from engine.discrepancies.base import Choice, Discrepancy, Lines, Moves, Wording, plain
from engine.discrepancies.code_lines import every_layer, linear
from engine.settings import InitialWeights, Precision, Settings, Side

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
FROM_TORCH = (InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64)


def _numbers(settings: Settings) -> str:
    bounds = [
        f"{plain(1 / math.sqrt(fan_in), 4)} ({_counted(fan_in)})" for fan_in in dict.fromkeys(settings.layer_sizes[:-1])
    ]
    more = " and so on" if len(bounds) > 3 else ""
    return f"1/√n is {', '.join(bounds[:3])}{more}."


def _counted(inputs: int) -> str:
    """'1 input', '2 inputs'."""
    return f"{inputs:,} input{'s' if inputs > 1 else ''}"


def _order(settings: Settings, side: Side) -> str:
    """The comment that says what is drawn from the same stream after the first weights."""
    layers = [str(layer) for layer in range(1, len(settings.activations) + 1)]
    if side.initial_weights in FROM_TORCH:
        names = [f"{kind}{layer}" for layer in layers for kind in ("Wb" if side.bias else "W")]
    else:
        names = [f"{kind}{layer}" for kind in ("Wb" if side.bias else "W") for layer in layers]
    if len(names) == 1:
        return ""
    return f"  # W1, then {', '.join(names[1:4])}{' and so on' if len(names) > 4 else ''}"


def _numpys_own(settings: Settings, side: Side) -> Lines:
    """The first layer's weights from NumPy's stream, in float64."""
    shape = f"({settings.layer_sizes[0]}, {settings.layer_sizes[1]})"
    seeded = f"np.random.seed({settings.seed & 0xFFFFFFFF}){_order(settings, side)}"
    if side.initial_weights is InitialWeights.UNIT_UNIFORM:
        return seeded, f"W1 = np.random.random({shape})"
    return (
        "from statistics import NormalDist",
        seeded,
        f"bound = 1 / np.sqrt({settings.layer_sizes[0]})",
        "low, high = map(NormalDist().cdf, (-bound, bound))",
        f"p = low + (high - low) * np.random.random({shape})",
        "W1 = np.vectorize(NormalDist().inv_cdf)(p)",
        "W1 = np.clip(W1, -bound, bound)",
    )


def _pytorchs(settings: Settings, side: Side) -> Lines:
    """The first layer's weights from PyTorch's stream, rebuilt in NumPy: MT19937 words, rounded once."""
    fan_in, fan_out = settings.layer_sizes[:2]
    seeded = f"rng = np.random.RandomState({settings.seed & 0xFFFFFFFF}){_order(settings, side)}"
    if side.initial_weights is InitialWeights.PYTORCH:
        drawn = f"np.float32({fan_in}**-0.5) * u.T"
        return (
            seeded,
            f"words = rng.randint(0, 2**32, ({fan_out}, {fan_in}), np.uint32)",
            "u = np.float32((words & 0xFFFFFF) / 2**23 - 1)",
            f"W1 = np.float64({drawn})" if side.precision is Precision.FLOAT64 else f"W1 = {drawn}",
        )
    drawn = f"np.sqrt(3) * (gain / np.sqrt({fan_in})) * u.T"
    return (
        seeded,
        f"words = rng.randint(0, 2**32, ({fan_out}, {fan_in}, 2), np.uint32)",
        "high, low = np.moveaxis(words.astype(np.int64), -1, 0)",
        "u = (((high & 0x1FFFFF) << 32 | low) - 2**52) / 2.0**52",
        "gain = np.sqrt(2 / (1 + np.sqrt(5) ** 2))",
        f"W1 = {drawn}" if side.precision is Precision.FLOAT64 else f"W1 = np.float32({drawn})",
    )


def _lines_by_hand(settings: Settings) -> Lines:
    side = settings.numpy
    if side.initial_weights in FROM_TORCH:
        return _pytorchs(settings, side)
    *before, last = _numpys_own(settings, side)
    cast = "" if side.precision is Precision.FLOAT64 else ".astype(np.float32)"
    return *before, f"{last}{cast}"


def _lines_in_pytorch(settings: Settings) -> Lines:
    side = settings.pytorch
    made = linear(settings, every_layer(settings))
    if side.initial_weights is InitialWeights.PYTORCH_FLOAT64:
        return made, *(("model.float()",) if side.precision is Precision.FLOAT32 else ())
    if side.initial_weights is InitialWeights.PYTORCH:
        return made, *(("model.double()",) if side.precision is Precision.FLOAT64 else ())
    return made, *_numpys_own(settings, side), "model[0].weight.data.copy_(torch.tensor(W1.T))"


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
    lines_by_hand=_lines_by_hand,
    lines_in_pytorch=_lines_in_pytorch,
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
)
