"""For each operation of a step, the ways in which a library may have rounded it, applied to the step's own operands.

The ways to sum are in `ways.py`, those of single elements in `elementwise.py`; that one of them gives a library's bits
is found here, by trying.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from engine.experiment.choices import LossReport
from engine.experiment.settings import Activation
from engine.experiment.side import is_fused, logs_penalty
from engine.experiment.update_rules import UpdateOrder
from engine.networks.places import Kind, Place
from engine.step.rounding import adaptive, elementwise, probabilities
from engine.step.rounding.operands import FUSED, SUM_ORDER, Candidate, Index, Operands
from engine.step.rounding.ways import MOST_ORDERED, SUMS_OF_PRODUCTS, Way, order_that_gives, summing_ways
from engine.types import FloatArray

MOST_ELEMENTS = 256
MOST_PRODUCTS = 20_000
"""Elements, and products in them, on which a way is tried; those that differ come first."""


def candidates(place: Place, operands: Operands, in_torch: bool) -> Iterator[Candidate]:
    """All ways known for this operation; those of PyTorch's own `exp` only if `in_torch`."""
    kind, layer = place.kind, place.layer
    if kind in (Kind.PRE_ACTIVATION, Kind.WEIGHT_GRADIENT, Kind.BIAS_GRADIENT) or (
        kind is Kind.ERROR and layer < operands.last
    ):
        yield from _products(place, operands)
    elif kind is Kind.OUTPUT and operands.settings.activations[layer - 1] is Activation.SOFTMAX:
        yield from probabilities.softmaxes(operands.of(Kind.PRE_ACTIVATION, layer), in_torch)
    elif kind is Kind.DELTA and layer == operands.last and is_fused(operands.side):
        yield from probabilities.fused_deltas(operands, in_torch)
    elif kind is Kind.OUTPUT:
        yield from elementwise.activations(
            operands.settings.activations[layer - 1], operands.of(Kind.PRE_ACTIVATION, layer), in_torch
        )
    elif kind is Kind.ERROR:
        yield from elementwise.output_errors(operands)
    elif kind is Kind.DELTA:
        yield from elementwise.deltas(layer, operands)
    elif kind is Kind.LOSS:
        yield from _losses(operands)
    elif kind in (Kind.WEIGHT_VELOCITY, Kind.BIAS_VELOCITY):
        ways = elementwise.velocities if operands.side.optimizer.is_sgd else adaptive.moments
        yield from ways(kind is Kind.WEIGHT_VELOCITY, layer, operands)
    elif kind in (Kind.WEIGHT_SQUARE, Kind.BIAS_SQUARE):
        yield from adaptive.squares(kind is Kind.WEIGHT_SQUARE, layer, operands)
    elif kind in (Kind.WEIGHT_AFTER, Kind.BIAS_AFTER, Kind.WEIGHT_UPDATE, Kind.BIAS_UPDATE):
        weight = kind in (Kind.WEIGHT_AFTER, Kind.WEIGHT_UPDATE)
        update = kind in (Kind.WEIGHT_UPDATE, Kind.BIAS_UPDATE)
        if operands.side.optimizer.is_sgd:
            yield from elementwise.updates(weight, update, layer, operands)
        else:
            yield from adaptive.steps(weight, update, layer, operands, in_torch)


def terms(place: Place, operands: Operands) -> int:
    """How many products are summed in one element."""
    settings, layer = operands.settings, place.layer
    sizes = settings.layer_sizes
    if place.kind is Kind.PRE_ACTIVATION:
        return sizes[layer - 1]
    if place.kind is Kind.ERROR and layer < operands.last:
        return sizes[layer + 1]
    if place.kind in (Kind.WEIGHT_GRADIENT, Kind.BIAS_GRADIENT):
        return len(operands.Y)
    return operands.Y.size if place.kind is Kind.LOSS else 1


def _products(place: Place, operands: Operands) -> Iterator[Candidate]:
    factors = _factors(place, operands)
    ways = summing_ways() if place.kind is Kind.BIAS_GRADIENT else SUMS_OF_PRODUCTS
    has_bias = place.kind is Kind.PRE_ACTIVATION and operands.has_bias(place.layer)
    for way in ways:
        if has_bias or not way.onto_offset:
            yield Candidate(way.words, _summed(way, factors), _cause(way))


def _cause(way: Way) -> str:
    return FUSED if way.fused else SUM_ORDER


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
        has_bias = operands.has_bias(layer)
        bias = operands.of(Kind.BIAS_BEFORE, layer).astype(dtype) if has_bias else np.zeros(len(weight), dtype)
        return lambda index: (below[index[0]], weight[index[1]], float(bias[index[1]]))
    if place.kind is Kind.WEIGHT_GRADIENT:
        below, delta = operands.below(layer), operands.of(Kind.DELTA, layer)
        sums = _sums_before(place, operands)
        return lambda index: (below[:, index[1]], delta[:, index[0]], sums(index))
    if place.kind is Kind.BIAS_GRADIENT:
        delta = operands.of(Kind.DELTA, layer)
        sums = _sums_before(place, operands)
        return lambda index: (delta[:, index[0]], np.ones(len(delta), dtype), sums(index))
    moved = operands.side.update_order is UpdateOrder.IN_TURN
    weight = operands.of(Kind.WEIGHT_AFTER if moved else Kind.WEIGHT_BEFORE, layer + 1).astype(dtype)
    delta = operands.of(Kind.DELTA, layer + 1)
    return lambda index: (delta[index[0]], weight[:, index[1]], 0.0)


def _sums_before(place: Place, operands: Operands) -> Callable[[Index], float]:
    """What the gradient is added to, where it is never set to zero."""
    before = operands.kept.get(place)
    return lambda index: 0.0 if before is None else float(before[index])


HALVES = (LossReport.HALF_SUM, LossReport.HALF_MEAN, LossReport.HALF_PER_SAMPLE)

BY_SAMPLE = (LossReport.HALF_PER_SAMPLE, LossReport.SUM_PER_SAMPLE)

MEANS = (LossReport.MSE, LossReport.HALF_MEAN, LossReport.MEAN_ABSOLUTE)
"""Over all N·C elements."""


def _losses(operands: Operands) -> Iterator[Candidate]:
    report = operands.side.loss_report
    if report is LossReport.ERROR_TIMES_LOSS or report.of_probabilities or logs_penalty(operands.side):
        return
    error = (operands.of(Kind.OUTPUT, operands.last) - operands.Y).ravel()
    square, ones, number = error * error, np.ones_like(error), error.dtype.type
    half = number(0.5 if report in HALVES else 1)
    counts = dict.fromkeys(BY_SAMPLE, len(operands.Y)) | dict.fromkeys(MEANS, error.size)
    count = number(counts.get(report, 1))

    def scaled(total: np.floating) -> np.floating:
        return half * (total / count)

    if report is LossReport.MEAN_ABSOLUTE:
        for way in summing_ways("absolute errors"):
            yield Candidate(way.words, _scaled_sum(way, np.abs(error), ones, scaled), SUM_ORDER)
        return
    for way in SUMS_OF_PRODUCTS:
        if way.fused and not way.onto_offset:
            yield Candidate(f"squares: {way.words}", _scaled_sum(way, error, error, scaled), FUSED)
    for way in summing_ways("squares"):
        yield Candidate(way.words, _scaled_sum(way, square, ones, scaled), SUM_ORDER)


def _scaled_sum(
    way: Way, first: FloatArray, second: FloatArray, scaled: Callable[[np.floating], np.floating]
) -> Callable[[Index], np.floating]:
    return lambda index: scaled(way.compute(first, second, 0.0))


def tried_elements(place: Place, operands: Operands, numpy: FloatArray, pytorch: FloatArray) -> list[Index]:
    """The elements that ways are tried on: those that differ first."""
    most = max(1, min(MOST_ELEMENTS, MOST_PRODUCTS // max(1, terms(place, operands))))
    different = numpy.astype(np.float64) != pytorch.astype(np.float64)
    order = [*np.argwhere(different).tolist(), *np.argwhere(~different).tolist()]
    return [tuple(index) for index in order[:most]]


def reproduces(candidate: Candidate, target: FloatArray, elements: list[Index]) -> bool:
    """Whether the way gives the target's bits on all of these elements."""
    try:
        return all(float(candidate.element(index)) == float(target[index]) for index in elements)
    except (OverflowError, ValueError):  # not a finite number: no exact arithmetic
        return False
