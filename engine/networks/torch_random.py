"""PyTorch's CPU random stream and the default start of `nn.Linear`, rebuilt in NumPy alone, bit for bit.

The hand-written network draws its weights here; PyTorch is not imported and not needed.
Other ways to start (U[0, 1), truncated normal) live in `initial_weights.py`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray

Float = type[np.float32] | type[np.float64]


class TorchGenerator:
    """The stream that `torch.manual_seed(seed)` starts on the CPU.

    It is MT19937 seeded with the low 32 bits of the seed (aten/src/ATen/core/MT19937RNGEngine.h), which is
    NumPy's legacy `RandomState` of the same number.
    """

    def __init__(self, seed: int) -> None:
        self._words = np.random.RandomState(seed & 0xFFFFFFFF)

    def draw_24_bits(self, count: int) -> NDArray[np.int64]:
        """The low 24 bits of the next `count` words: what a float32 uniform is made of."""
        return self._next_words(count) & 0xFFFFFF

    def draw_53_bits(self, count: int) -> NDArray[np.int64]:
        """The low 53 bits of the next `count` pairs of words, the first the high half: a float64 uniform."""
        high, low = self._next_words(2 * count).reshape(count, 2).T
        return ((high & 0x1FFFFF) << 32) | low

    def _next_words(self, count: int) -> NDArray[np.int64]:
        return self._words.randint(0, 1 << 32, size=count, dtype=np.uint32).astype(np.int64)

    def symmetric_uniform(self, shape: tuple[int, ...], bound: float, dtype: Float) -> FloatArray:
        """What `torch.empty(shape, dtype=dtype).uniform_(-bound, bound)` draws.

        PyTorch computes `fma(u, to - from, from)` with u = k·2⁻ᵖ, where p is 24 for float32 and 53 for float64,
        and rounds once. With from = −bound that is bound·(k − 2ᵖ⁻¹)·2¹⁻ᵖ: the second factor is exact in the dtype,
        so one plain product rounds at the same place and no fused operation is needed.
        """
        bits = np.finfo(dtype).nmant + 1
        count = math.prod(shape)
        draws = self.draw_24_bits(count) if dtype == np.float32 else self.draw_53_bits(count)
        centred: FloatArray = (draws - (1 << (bits - 1))).astype(dtype)
        # A power of two: exact, so that the last product is the only rounding.
        factors = centred * 2.0 ** (1 - bits)
        return (factors * dtype(bound)).reshape(shape)


def linear_start(
    generator: TorchGenerator, fan_in: int, fan_out: int, bias: bool, dtype: Float
) -> tuple[FloatArray, FloatArray | None]:
    """The weight (fan_out, fan_in) and bias (fan_out,) of a fresh `nn.Linear(fan_in, fan_out, bias, dtype=dtype)`.

    `nn.Linear.reset_parameters` calls `kaiming_uniform_(weight, a=√5)`: gain √(2/(1+a²)), standard deviation
    gain/√fan_in, bound √3 standard deviations; the bias is uniform on ±1/√fan_in and drawn after the weight.
    """
    standard_deviation = math.sqrt(2.0 / (1 + math.sqrt(5) ** 2)) / math.sqrt(fan_in)
    weight = generator.symmetric_uniform((fan_out, fan_in), math.sqrt(3.0) * standard_deviation, dtype)
    if not bias:
        return weight, None
    return weight, generator.symmetric_uniform((fan_out,), 1 / math.sqrt(fan_in), dtype)
