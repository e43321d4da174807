"""The weights each side starts from, as settings and seed name them; NumPy alone.

PyTorch's own stream is rebuilt in `torch_random.py`. Both sides use this for the starts that are NumPy's;
for PyTorch's start the PyTorch side lets `nn.Linear` draw its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from engine.experiment.choices import InitialWeights, Precision
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.networks.torch_random import TorchGenerator, linear_start
from engine.types import FloatArray


@dataclass(frozen=True)
class LayerStart:
    """One layer's first parameters in PyTorch's orientation: weight (fan_out, fan_in), bias (fan_out,) or none."""

    weight: FloatArray
    bias: FloatArray | None


def parameter_dtype(precision: Precision) -> np.dtype[np.floating]:
    """The dtype weights and biases are kept in."""
    return np.dtype(np.float64 if precision is Precision.FLOAT64 else np.float32)


def initial_layers(settings: Settings, side: Side) -> list[LayerStart]:
    """The start of every layer, first to last, in the side's own precision and in the memory order it is drawn in:
    (fan_out, fan_in) for PyTorch's start, (fan_in, fan_out) for NumPy's own.
    """
    dtype = parameter_dtype(side.precision)
    layers = len(settings.activations)
    starts, biases = of_layers(side.initial_weights, layers), of_layers(side.bias, layers)
    drawn = _draw(starts, settings.seed, list(pairwise(settings.layer_sizes)), biases)
    for i, start in enumerate(starts):
        if start is InitialWeights.GIVEN:
            drawn[i] = _given_start(settings, i, biases[i])
    # The memory order stays as drawn: a matrix product may round differently in another.
    return [
        LayerStart(layer.weight.astype(dtype, order="K"), None if layer.bias is None else layer.bias.astype(dtype))
        for _, layer in sorted(drawn.items())
    ]


def _given_start(settings: Settings, index: int, bias: bool) -> LayerStart:
    """Of the layer of that index, from 0."""
    assert settings.given is not None
    layer = settings.given.layers[index]
    given = np.zeros(layer.weight.shape[1]) if layer.bias is None else layer.bias
    return LayerStart(layer.weight.T, given if bias else None)


def _draw(
    starts: Sequence[InitialWeights], seed: int, sizes: Sequence[tuple[int, int]], biases: Sequence[bool]
) -> dict[int, LayerStart]:
    """Each layer that is drawn, from the stream that its start names; both streams begin at the seed."""
    pytorchs = _from_pytorchs_stream(starts, seed, sizes, biases)
    numpys = _from_numpys_stream(starts, seed, sizes, biases)
    own = {i: layer for i, layer in pytorchs.items() if starts[i].pytorchs_stream}
    return own | numpys


def _from_pytorchs_stream(
    starts: Sequence[InitialWeights], seed: int, sizes: Sequence[tuple[int, int]], biases: Sequence[bool]
) -> dict[int, LayerStart]:
    """Up to the last layer that has its start from here: `nn.Linear` draws also what is replaced afterwards."""
    generator, found = TorchGenerator(seed), {}
    count = max((i + 1 for i, start in enumerate(starts) if start.pytorchs_stream), default=0)
    for i, ((fan_in, fan_out), bias) in enumerate(zip(sizes[:count], biases, strict=False)):
        dtype = np.float64 if starts[i] is InitialWeights.PYTORCH_FLOAT64 else np.float32
        found[i] = LayerStart(*linear_start(generator, fan_in, fan_out, bias, dtype))
    return found


def _from_numpys_stream(
    starts: Sequence[InitialWeights], seed: int, sizes: Sequence[tuple[int, int]], biases: Sequence[bool]
) -> dict[int, LayerStart]:
    """The layers that have their start from here."""
    return _drawn_from(numpys_stream(seed), starts, sizes, biases)


def numpys_stream(seed: int) -> np.random.RandomState:
    """NumPy's legacy seed has 32 bits; PyTorch's generator uses the same low 32 of a longer one."""
    return np.random.RandomState(seed & 0xFFFFFFFF)


def stream_after_start(settings: Settings, side: Side) -> np.random.RandomState:
    """NumPy's stream once the side's start has been drawn from it, as far as it is."""
    sizes = list(pairwise(settings.layer_sizes))
    random = numpys_stream(settings.seed)
    starts, biases = of_layers(side.initial_weights, len(sizes)), of_layers(side.bias, len(sizes))
    _drawn_from(random, starts, sizes, biases)
    return random


def words_of_linear(settings: Settings, side: Side) -> int:
    """How many 32-bit words of PyTorch's stream making the side's `nn.Linear` layers takes: one for each number, two
    in float64; also where another start replaces them.
    """
    sizes = list(pairwise(settings.layer_sizes))
    starts, biases = of_layers(side.initial_weights, len(sizes)), of_layers(side.bias, len(sizes))
    return sum(
        fan_out * (fan_in + bias) * (2 if start is InitialWeights.PYTORCH_FLOAT64 else 1)
        for (fan_in, fan_out), start, bias in zip(sizes, starts, biases, strict=True)
    )


def _drawn_from(
    random: np.random.RandomState,
    starts: Sequence[InitialWeights],
    sizes: Sequence[tuple[int, int]],
    biases: Sequence[bool],
) -> dict[int, LayerStart]:
    own = {i: start for i, start in enumerate(starts) if start.numpys_stream}
    # All weights before all biases: turning the biases on leaves the weights as they were.
    weights = {i: _drawn(start, random, sizes[i], sizes[i]).T for i, start in own.items()}
    vectors: dict[int, FloatArray | None] = dict.fromkeys(own)
    for i, start in own.items():
        if biases[i]:
            of_biases = InitialWeights.ZEROS if start.zero_biases else start
            vectors[i] = _drawn(of_biases, random, sizes[i], sizes[i][1:])
    return {i: LayerStart(weights[i], vectors[i]) for i in own}


def _drawn(
    start: InitialWeights, random: np.random.RandomState, layer: tuple[int, int], shape: tuple[int, ...]
) -> FloatArray:
    """An array of that shape for a layer (fan_in, fan_out)."""
    fan_in, fan_out = layer
    if start is InitialWeights.ZEROS:
        return np.zeros(shape)
    if start is InitialWeights.TRUNCATED_NORMAL:
        return _truncated_normal(random, fan_in, shape)
    drawn: FloatArray = random.standard_normal(shape) if start.normal else random.random_sample(shape)
    if start is InitialWeights.SMALL_NORMAL:
        drawn = 0.01 * drawn
    elif start is InitialWeights.HE:
        drawn = drawn * np.sqrt(2 / fan_in)
    elif start is InitialWeights.SCALED_NORMAL:
        drawn = drawn / np.sqrt(fan_in)
    elif start is InitialWeights.UNIFORM_HALF:
        drawn = drawn - 0.5
    elif start is InitialWeights.UNIFORM_ONE:
        drawn = 2 * drawn - 1
    elif start is InitialWeights.GLOROT:
        drawn = (2 * drawn - 1) * np.sqrt(6 / (fan_in + fan_out))
    return drawn


def _truncated_normal(random: np.random.RandomState, fan_in: int, shape: tuple[int, ...]) -> FloatArray:
    """A standard normal cut off at ±1/√fan_in, by inverting its distribution function at uniform points."""
    normal = NormalDist()
    bound = 1 / np.sqrt(fan_in)
    low, high = normal.cdf(-bound), normal.cdf(bound)
    points = low + (high - low) * random.random_sample(shape)
    # Rounding at the ends may step past the bound by an ulp.
    drawn: FloatArray = np.clip(np.vectorize(normal.inv_cdf, otypes=[np.float64])(points), -bound, bound)
    return drawn
