"""For each operation of a step, the ways in which a library may have rounded it, applied to the step's own operands.

The ways to sum are in `rounding.py`; that one of them gives a library's bits is found here, by trying.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.numpy_mlp import activate
from engine.rounding import MOST_ORDERED, SUMS_OF_PRODUCTS, Way, fused, order_that_gives, summing_ways
from engine.settings import Activation, DerivativeAt, LossReport, Settings, Side, gradient_factor
from engine.sleef import vector_exp
from engine.step_tensors import Kind, Place, Tensors
from engine.types import FloatArray
from engine.update_rules import DecayForm, MomentumForm, UpdateOrder

Index = tuple[int, ...]

MOST_ELEMENTS = 256
MOST_PRODUCTS = 20_000
"""Elements, and products in them, on which a way is tried; those that differ come first."""


@dataclass(frozen=True)
class Candidate:
    """A way to compute one element of an operation."""

    words: str
    element: Callable[[Index], np.floating]


@dataclass(frozen=True)
class Operands:
    """What a side's operations start from: its settings, the data in its dtype, its tensors, its velocities before."""

    settings: Settings
    side: Side
    X: FloatArray
    Y: FloatArray
    tensors: Tensors
    velocities: Tensors

    def of(self, kind: Kind, layer: int) -> FloatArray:
        """A tensor of the step."""
        return self.tensors[Place(kind, layer)]

    def below(self, layer: int) -> FloatArray:
        """What the layer is given: (N, fan_in)."""
        return self.X if layer == 1 else self.of(Kind.OUTPUT, layer - 1)

    @property
    def last(self) -> int:
        """The number of the last layer."""
        return len(self.settings.activations)


def candidates(place: Place, operands: Operands, in_torch: bool) -> Iterator[Candidate]:
    """All ways known for this operation; those of PyTorch's own `exp` only if `in_torch`."""
    kind, layer = place.kind, place.layer
    if kind in (Kind.PRE_ACTIVATION, Kind.WEIGHT_GRADIENT, Kind.BIAS_GRADIENT) or (
        kind is Kind.ERROR and layer < operands.last
    ):
        yield from _products(place, operands)
    elif kind is Kind.OUTPUT:
        yield from _activations(
            operands.settings.activations[layer - 1], operands.of(Kind.PRE_ACTIVATION, layer), in_torch
        )
    elif kind is Kind.ERROR:
        yield from _output_errors(operands)
    elif kind is Kind.DELTA:
        yield from _deltas(layer, operands)
    elif kind is Kind.LOSS:
        yield from _losses(operands)
    elif kind in (Kind.WEIGHT_VELOCITY, Kind.BIAS_VELOCITY):
        yield from _velocities(kind is Kind.WEIGHT_VELOCITY, layer, operands)
    elif kind in (Kind.WEIGHT_AFTER, Kind.BIAS_AFTER, Kind.WEIGHT_UPDATE, Kind.BIAS_UPDATE):
        weight = kind in (Kind.WEIGHT_AFTER, Kind.WEIGHT_UPDATE)
        update = kind in (Kind.WEIGHT_UPDATE, Kind.BIAS_UPDATE)
        yield from _updates(weight, update, layer, operands)


def terms(place: Place, operands: Operands) -> int:
    """How many products are summed in one element."""
    settings, layer = operands.settings, place.layer
    sizes = settings.layer_sizes
    if place.kind is Kind.PRE_ACTIVATION:
        return sizes[layer - 1]
    if place.kind is Kind.ERROR and layer < operands.last:
        return sizes[layer + 1]
    if place.kind in (Kind.WEIGHT_GRADIENT, Kind.BIAS_GRADIENT):
        return settings.data.samples
    return settings.elements if place.kind is Kind.LOSS else 1


def _products(place: Place, operands: Operands) -> Iterator[Candidate]:
    factors = _factors(place, operands)
    ways = summing_ways() if place.kind is Kind.BIAS_GRADIENT else SUMS_OF_PRODUCTS
    has_bias = place.kind is Kind.PRE_ACTIVATION and operands.side.bias
    for way in ways:
        if has_bias or "bias" not in way.words:
            yield Candidate(way.words, _summed(way, factors))


def other_orders(
    place: Place, operands: Operands, target: FloatArray, elements: list[Index]
) -> dict[Index, str] | None:
    """For each element an order of summation that gives the target's bits; none where one has none, or is too long."""
    summed = place.kind in (Kind.PRE_ACTIVATION, Kind.WEIGHT_GRADIENT, Kind.BIAS_GRADIENT, Kind.ERROR)
    if not summed or not 1 < terms(place, operands) <= MOST_ORDERED:
        return None
    factors = _factors(place, operands)
    found: dict[Index, str] = {}
    for index in elements:
        first, second, offset = factors(index)
        if offset:
            first, second = np.append(first, first.dtype.type(offset)), np.append(second, second.dtype.type(1))
        order = order_that_gives(first, second, float(target[index]))
        if order is None:
            return None
        found[index] = order
    return found


def _summed(
    way: Way, factors: Callable[[Index], tuple[FloatArray, FloatArray, float]]
) -> Callable[[Index], np.floating]:
    return lambda index: way.compute(*factors(index))


def _factors(place: Place, operands: Operands) -> Callable[[Index], tuple[FloatArray, FloatArray, float]]:
    """For an element, the two rows of factors and what is added to the sum of their products."""
    layer, dtype = place.layer, operands.X.dtype
    if place.kind is Kind.PRE_ACTIVATION:
        below, weight = operands.below(layer), operands.of(Kind.WEIGHT_BEFORE, layer).astype(dtype)
        bias = (
            operands.of(Kind.BIAS_BEFORE, layer).astype(dtype) if operands.side.bias else np.zeros(len(weight), dtype)
        )
        return lambda index: (below[index[0]], weight[index[1]], float(bias[index[1]]))
    if place.kind is Kind.WEIGHT_GRADIENT:
        below, delta = operands.below(layer), operands.of(Kind.DELTA, layer)
        return lambda index: (below[:, index[1]], delta[:, index[0]], 0.0)
    if place.kind is Kind.BIAS_GRADIENT:
        delta = operands.of(Kind.DELTA, layer)
        return lambda index: (delta[:, index[0]], np.ones(len(delta), dtype), 0.0)
    moved = operands.side.update_order is UpdateOrder.IN_TURN
    weight = operands.of(Kind.WEIGHT_AFTER if moved else Kind.WEIGHT_BEFORE, layer + 1).astype(dtype)
    delta = operands.of(Kind.DELTA, layer + 1)
    return lambda index: (delta[index[0]], weight[:, index[1]], 0.0)


def _whole(words: str, values: FloatArray) -> Candidate:
    return Candidate(words, lambda index: values[index])


def _activations(kind: Activation, z: FloatArray, in_torch: bool) -> Iterator[Candidate]:
    one = z.dtype.type(1)
    if kind is Activation.SIGMOID:
        yield _whole("1/(1 + exp(−z)) with NumPy's exp", activate(kind, z))
        yield _whole("exp(z)/(1 + exp(z)) with NumPy's exp", np.exp(z) / (one + np.exp(z)))
        if in_torch:
            yield from _vectorized_sigmoids(z)
    elif kind is Activation.TANH:
        yield _whole("tanh(z) as NumPy has it", np.tanh(z))
        if in_torch:
            from engine.torch_trace import library_tanh

            yield _whole("tanh(z) as PyTorch has it", library_tanh(z))


def _vectorized_sigmoids(z: FloatArray) -> Iterator[Candidate]:
    """PyTorch's vector code takes whole blocks of an array; what is left over goes through the C library's exp."""
    one = z.dtype.type(1)

    def sigmoid(block: int) -> Callable[[Index], np.floating]:
        whole = z.size // block * block if block else 0

        def element(index: Index) -> np.floating:
            in_block = np.ravel_multi_index(index, z.shape) < whole
            exp = vector_exp(-z[index]) if in_block else z.dtype.type(math.exp(-z[index]))
            return z.dtype.type(one / (one + exp))

        return element

    from engine.torch_trace import vector_block

    expected = vector_block(z.dtype.itemsize)
    for block in (expected, *(other for other in (8, 16, 32) if other != expected)):
        yield Candidate(
            f"1/(1 + exp(−z)), Sleef's vector exp in whole blocks of {block}, the C library's exp for the rest",
            sigmoid(block),
        )
    yield Candidate("1/(1 + exp(−z)) with Sleef's vector exp throughout", sigmoid(1))
    yield Candidate("1/(1 + exp(−z)) with the C library's exp throughout", sigmoid(0))


def _output_errors(operands: Operands) -> Iterator[Candidate]:
    error = operands.of(Kind.OUTPUT, operands.last) - operands.Y
    number = error.dtype.type
    factor = number(gradient_factor(operands.side.gradient_scale, operands.settings.elements))
    yield _whole("the factor times (ŷ − y)", factor * error)
    yield _whole("2·(ŷ − y), then divided by N·C", number(2) * error / number(error.size))


def _deltas(layer: int, operands: Operands) -> Iterator[Candidate]:
    kind = operands.settings.activations[layer - 1]
    error = operands.of(Kind.ERROR, layer)
    slipped = operands.side.derivative_at is DerivativeAt.PRE_ACTIVATION
    s, one = operands.of(Kind.PRE_ACTIVATION if slipped else Kind.OUTPUT, layer), error.dtype.type(1)
    if kind is Activation.SIGMOID:
        yield _whole("g·(s·(1 − s))", error * (s * (one - s)))
        yield _whole("(g·(1 − s))·s", error * (one - s) * s)
        yield _whole("(g·s)·(1 − s)", error * s * (one - s))
    elif kind is Activation.TANH:
        yield _whole("g·(1 − t·t), each step rounded", error * (one - s * s))
        yield Candidate(
            "g·(1 − t·t), with 1 − t·t by one fused multiply-add",
            lambda index: error[index] * fused(-s[index], s[index], one),
        )


def _losses(operands: Operands) -> Iterator[Candidate]:
    if operands.side.loss_report is LossReport.ERROR_TIMES_LOSS:
        return
    error = (operands.of(Kind.OUTPUT, operands.last) - operands.Y).ravel()
    square, ones, number = error * error, np.ones_like(error), error.dtype.type
    half = operands.side.loss_report is LossReport.HALF_SUM

    def scaled(total: np.floating) -> np.floating:
        return number(0.5) * total if half else total / number(error.size)

    for way in SUMS_OF_PRODUCTS:
        if "fused" in way.words and "bias" not in way.words:
            yield Candidate(f"squares: {way.words}", _scaled_sum(way, error, error, scaled))
    for way in summing_ways("squares"):
        yield Candidate(way.words, _scaled_sum(way, square, ones, scaled))


def _scaled_sum(
    way: Way, first: FloatArray, second: FloatArray, scaled: Callable[[np.floating], np.floating]
) -> Callable[[Index], np.floating]:
    return lambda index: scaled(way.compute(first, second, 0.0))


Added = Callable[[np.floating, np.floating, np.floating], np.floating]


def _apart(first: np.floating, second: np.floating, added: np.floating) -> np.floating:
    return added + first * second


ADDITIONS: tuple[tuple[str, Added], ...] = (
    ("product and sum rounded apart", _apart),
    ("a fused multiply-add, rounded once", fused),
)


def _pulled_gradients(
    weight: bool, layer: int, operands: Operands
) -> Iterator[tuple[str, Callable[[Index], np.floating]]]:
    """The gradient with weight decay in it, in both roundings; plain where there is none."""
    gradient = operands.of(Kind.WEIGHT_GRADIENT if weight else Kind.BIAS_GRADIENT, layer)
    parameter = operands.of(Kind.WEIGHT_BEFORE if weight else Kind.BIAS_BEFORE, layer)
    decay, number = operands.side.weight_decay, gradient.dtype.type
    if decay.rate == 0 or decay.form is DecayForm.DECOUPLED:
        yield "", lambda index: gradient[index]
        return
    for words, add in ADDITIONS:
        yield f"g + λ·W: {words}; ", _pull(add, parameter, gradient, number(decay.rate))


def _pull(add: Added, parameter: FloatArray, gradient: FloatArray, rate: np.floating) -> Callable[[Index], np.floating]:
    return lambda index: add(rate, gradient.dtype.type(parameter[index]), gradient[index])


def _velocities(weight: bool, layer: int, operands: Operands) -> Iterator[Candidate]:
    momentum = operands.side.momentum
    before = operands.velocities.get(Place(Kind.WEIGHT_VELOCITY if weight else Kind.BIAS_VELOCITY, layer))
    textbook = momentum.form is MomentumForm.TEXTBOOK
    scale = -operands.side.learning_rate if textbook else 1.0
    undampened = before is None and not textbook
    share = operands.X.dtype.type(scale if undampened else scale * (1 - momentum.dampening))
    coefficient = operands.X.dtype.type(momentum.coefficient)
    for prefix, gradient in _pulled_gradients(weight, layer, operands):
        for words, add in ADDITIONS:
            yield Candidate(
                f"{prefix}μ·v plus the gradient: {words}", _gathered(add, gradient, before, share, coefficient)
            )


def _gathered(
    add: Added,
    gradient: Callable[[Index], np.floating],
    before: FloatArray | None,
    share: np.floating,
    coefficient: np.floating,
) -> Callable[[Index], np.floating]:
    def element(index: Index) -> np.floating:
        kept = share.dtype.type(0) if before is None else coefficient * before[index]
        return add(share, gradient(index), kept)

    return element


def _updates(weight: bool, update: bool, layer: int, operands: Operands) -> Iterator[Candidate]:
    """The parameter after the step; its change for an update."""
    side = operands.side
    parameter = operands.of(Kind.WEIGHT_BEFORE if weight else Kind.BIAS_BEFORE, layer)
    shrunk = parameter
    if side.weight_decay.rate and side.weight_decay.form is DecayForm.DECOUPLED:
        shrunk = parameter * parameter.dtype.type(1 - side.learning_rate * side.weight_decay.rate)
    if side.momentum.coefficient:
        velocity = operands.of(Kind.WEIGHT_VELOCITY if weight else Kind.BIAS_VELOCITY, layer)
        steps: Iterator[tuple[str, Callable[[Index], np.floating]]] = iter([("", lambda index: velocity[index])])
    else:
        steps = _pulled_gradients(weight, layer, operands)
    textbook = side.momentum.coefficient > 0 and side.momentum.form is MomentumForm.TEXTBOOK
    rate = operands.X.dtype.type(1 if textbook else -side.learning_rate)
    for prefix, step in steps:
        for words, add in ADDITIONS:
            yield Candidate(
                f"{prefix}W − η·step: {words}", _moved(add, rate, step, shrunk, parameter if update else None)
            )


def _moved(
    add: Added,
    rate: np.floating,
    step: Callable[[Index], np.floating],
    shrunk: FloatArray,
    before: FloatArray | None,
) -> Callable[[Index], np.floating]:
    def element(index: Index) -> np.floating:
        after = shrunk.dtype.type(add(rate, step(index), rate.dtype.type(shrunk[index])))
        return after if before is None else np.float64(after) - np.float64(before[index])

    return element


def tried_elements(place: Place, operands: Operands, numpy: FloatArray, pytorch: FloatArray) -> list[Index]:
    """The elements that ways are tried on: those that differ first."""
    most = max(1, min(MOST_ELEMENTS, MOST_PRODUCTS // max(1, terms(place, operands))))
    different = numpy.astype(np.float64) != pytorch.astype(np.float64)
    order = [*np.argwhere(different).tolist(), *np.argwhere(~different).tolist()]
    return [tuple(index) for index in order[:most]]


def reproduced(candidate: Candidate, target: FloatArray, elements: list[Index]) -> int:
    """On how many of the elements, from the first on, the way gives the target's bits before it fails."""
    count = 0
    for index in elements:
        try:
            same = float(candidate.element(index)) == float(target[index])
        except (OverflowError, ValueError):  # not a finite number: no exact arithmetic
            same = False
        if not same:
            break
        count += 1
    return count
