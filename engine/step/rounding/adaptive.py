"""Ways to round what Adam, RMSprop and Adagrad compute element by element: their moments, and the step along them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import add, mul, sub, truediv
from typing import Any

import numpy as np

from engine.experiment.optimizers import BiasCorrection, EpsilonAt, OptimizerKind
from engine.experiment.side import decay_rates
from engine.networks.places import Kind, Place
from engine.step.rounding.elementwise import ADDITIONS, pulled_gradients
from engine.step.rounding.operands import FACTOR_ORDER, FUSED, Candidate, Index, Operands
from engine.types import FloatArray

SQRT = "the library's root"

Element = Callable[[Index], np.floating]
"""A tensor, by the place of an element."""


def moments(weight: bool, layer: int, operands: Operands) -> Iterator[Candidate]:
    """Of a weight's or a bias' new first moment."""
    rule = operands.side.optimizer
    before = _kept(Kind.WEIGHT_VELOCITY if weight else Kind.BIAS_VELOCITY, layer, operands, 0.0)
    share = _constant(1 - rule.beta1, operands)
    kept = _of(mul, _constant(rule.beta1, operands), before)
    for prefix, gradient in pulled_gradients(weight, layer, operands):
        for words, added in ADDITIONS:
            by_hand, lerp = _of(added, share, gradient, kept), _of(added, share, _of(sub, gradient, before), before)
            yield Candidate(f"{prefix}β₁·m + (1 − β₁)·g: {words}", by_hand, words)
            yield Candidate(f"{prefix}m + (1 − β₁)·(g − m): {words}", lerp, words)


def squares(weight: bool, layer: int, operands: Operands) -> Iterator[Candidate]:
    """Of a weight's or a bias' new second moment, or sum of squares."""
    rule = operands.side.optimizer
    before = _kept(Kind.WEIGHT_SQUARE if weight else Kind.BIAS_SQUARE, layer, operands, rule.start)
    sums = rule.kind is OptimizerKind.ADAGRAD
    share = _constant(1.0 if sums else 1 - rule.beta2, operands)
    kept = before if sums else _of(mul, _constant(rule.beta2, operands), before)
    for prefix, gradient in pulled_gradients(weight, layer, operands):
        for words, added in ADDITIONS:
            in_turn = _of(added, _of(mul, share, gradient), gradient, kept)
            squared = _of(added, share, _of(mul, gradient, gradient), kept)
            yield Candidate(f"{prefix}the share of g, times g, beside what is kept of v: {words}", in_turn, words)
            yield Candidate(f"{prefix}the share of g² beside what is kept of v: {words}", squared, words)


def steps(weight: bool, update: bool, layer: int, operands: Operands, in_torch: bool) -> Iterator[Candidate]:
    """The parameter after the step; its change for an update. PyTorch's own root is tried only `in_torch`."""
    parameter = operands.of(Kind.WEIGHT_BEFORE if weight else Kind.BIAS_BEFORE, layer)
    shrunk = _shrunk(weight, layer, parameter, operands).__getitem__

    def after(moved: Element, index: Index) -> np.floating:
        new: np.floating = parameter.dtype.type(moved(index))
        return np.float64(new) - np.float64(parameter[index]) if update else new

    v = operands.of(Kind.WEIGHT_SQUARE if weight else Kind.BIAS_SQUARE, layer)
    roots = [("", np.sqrt(v))]
    if in_torch:
        from engine.step.torch_trace import library_sqrt

        roots.append((f"{SQRT}; ", library_sqrt(v)))
    for how, root in roots:
        for words, moved, cause in _ways_to_step(weight, layer, operands, shrunk, root):
            yield Candidate(how + words, partial(after, moved), SQRT if how else cause)


def _ways_to_step(
    weight: bool, layer: int, operands: Operands, shrunk: Element, root_of_square: FloatArray
) -> Iterator[tuple[str, Element, str]]:
    """The moved parameter: as the textbook has it, and as `torch.optim` does."""
    rule, at, rate = operands.side.optimizer, operands.side.epsilon_at, operands.learning_rate
    v = operands.of(Kind.WEIGHT_SQUARE if weight else Kind.BIAS_SQUARE, layer)
    number = v.dtype.type
    directions: Iterator[tuple[str, Element]] = pulled_gradients(weight, layer, operands)
    first = second = 1.0
    if rule.kind is OptimizerKind.ADAM:
        m = operands.of(Kind.WEIGHT_VELOCITY if weight else Kind.BIAS_VELOCITY, layer)
        directions = iter([("", m.__getitem__)])
        first, second = _corrections(operands)
    corrected = v if at is EpsilonAt.UNCORRECTED else v / number(second)
    epsilon = number(rule.epsilon)
    root = np.sqrt(corrected + epsilon) if at is EpsilonAt.INSIDE else np.sqrt(corrected) + epsilon
    torchs_root = root_of_square / number(second**0.5) + epsilon
    factor = _constant(-rate * (second**0.5 if at is EpsilonAt.UNCORRECTED else 1.0), operands)
    torchs_factor = _constant(-(rate / first), operands)
    for prefix, direction in directions:
        scaled = _of(mul, factor, _of(truediv, direction, _constant(first, operands)))
        by_hand = _of(truediv, scaled, root.__getitem__)
        yield f"{prefix}(−η·M)/(√V + ε), each step rounded", _of(add, shrunk, by_hand), FACTOR_ORDER
        in_turn = _of(truediv, _of(mul, torchs_factor, direction), torchs_root.__getitem__)
        words = f"{prefix}(−η/(1 − β₁ᵗ)·m)/(√v/√(1 − β₂ᵗ) + ε), each step rounded"
        yield words, _of(add, shrunk, in_turn), FACTOR_ORDER
        quotient = _of(truediv, direction, torchs_root.__getitem__)
        for how, added in ADDITIONS:
            words = f"{prefix}−η/(1 − β₁ᵗ)·(m/(√v/√(1 − β₂ᵗ) + ε)): {how}"
            yield words, _of(added, torchs_factor, quotient, shrunk), FACTOR_ORDER if how != FUSED else FUSED


def _corrections(operands: Operands) -> tuple[float, float]:
    rule, correction = operands.side.optimizer, operands.side.bias_correction
    if correction is BiasCorrection.NONE:
        return 1.0, 1.0
    t = {
        BiasCorrection.CONSTANT: 1,
        BiasCorrection.FROM_ZERO: operands.t - 1,
        BiasCorrection.PER_EPOCH: (operands.t - 1) // operands.settings.batches(operands.side).count + 1,
    }.get(correction, operands.t)
    first, second = 1 - rule.beta1**t, 1 - rule.beta2**t
    if correction is BiasCorrection.FIRST_MOMENT:
        return first, 1.0
    return (1.0, second) if correction is BiasCorrection.SECOND_MOMENT else (first, second)


def _shrunk(weight: bool, layer: int, parameter: FloatArray, operands: Operands) -> FloatArray:
    """After a decay beside the step."""
    rate, in_gradient = decay_rates(operands.side, len(operands.Y))
    if rate > in_gradient and operands.decays(weight, layer):
        return parameter * parameter.dtype.type(1 - operands.learning_rate * rate)
    return parameter


def _kept(kind: Kind, layer: int, operands: Operands, start: float) -> Element:
    """A moment before the step."""
    before = operands.kept.get(Place(kind, layer))
    return _constant(start, operands) if before is None else before.__getitem__


def _constant(value: float, operands: Operands) -> Element:
    number = operands.X.dtype.type(value)
    return lambda index: number


def _of(function: Callable[..., Any], *elements: Element) -> Element:
    """Computed of the elements at one place."""
    return lambda index: function(*(one(index) for one in elements))
