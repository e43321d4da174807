"""Which distribution, and which random stream, the first weights come from."""

from __future__ import annotations

import math

from engine.discrepancies.base import Choice, Discrepancy, Explanation, Moves, sides_text
from engine.settings import InitialWeights, Settings

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
MEANINGS = {choice.value: choice.meaning for choice in CHOICES}


def explain(settings: Settings) -> Explanation:
    """With every layer's bound put in."""
    bounds = ", ".join(
        f"±1/√{fan_in} = ±{1 / math.sqrt(fan_in):.4g} in layer {index}"
        for index, fan_in in enumerate(settings.layer_sizes[:-1], start=1)
    )
    return Explanation(
        what="Training starts from different points, so the two curves are two different runs. U[0, 1) has mean ½: "
        "every unit starts out positive and alike. nn.Linear centres its weights on 0 and shrinks them with fan_in.",
        formula="nn.Linear: kaiming_uniform_(a=√5), bound √3·√(2/(1+5))/√fan_in = 1/√fan_in",
        numbers=f"PyTorch's bounds here: {bounds}. "
        + sides_text(settings, MEANINGS[settings.numpy.initial_weights], MEANINGS[settings.pytorch.initial_weights])
        + f" Seed {settings.seed} makes PyTorch's stream from MT19937 words, and NumPy can repeat it to the last bit: "
        "no weight has to be borrowed.",
        fix_by_hand="words = np.random.RandomState(seed).randint(0, 2**32, n, np.uint32) & 0xFFFFFF; "
        "W = np.float32(bound) * (words - 2.0**23).astype(np.float32) / 2**23",
        fix_pytorch="with torch.no_grad(): layer.weight.copy_(torch.from_numpy(W.T))",
    )


DISCREPANCY = Discrepancy(
    field="initial_weights",
    title="Init weights",
    summary="the distribution and the stream that the first weights come from",
    order=20,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    explain=explain,
)
