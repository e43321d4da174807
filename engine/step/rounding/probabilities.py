"""Ways to round softmax, and the δ of outputs whose loss takes their logits: found by trying them against PyTorch.

PyTorch's softmax multiplies by the sum's reciprocal; its cross-entropy's gradient is g − exp(log p)·Σg with one fused
multiply-add, where g = −y/N.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine.experiment.choices import LossInput, Objective, SoftmaxForm
from engine.experiment.gradient_factors import gradient_divisor
from engine.experiment.loss_epsilon import LossEpsilon, LossEpsilonKind
from engine.networks.numpy_functions import (
    log_softmax,
    plain_softmax,
    sigmoid,
    softmax,
    softmax_over_all,
    softmax_over_samples,
)
from engine.networks.places import Kind
from engine.step.rounding.operands import EXP, FACTOR_ORDER, FUSED, SUM_ORDER, Candidate, Index, Operands
from engine.step.rounding.sleef import vector_exp
from engine.step.rounding.ways import fused
from engine.types import FloatArray

BY_HAND = {
    SoftmaxForm.STABLE: ("exp(z − max)/Σ with NumPy's exp", softmax),
    SoftmaxForm.PLAIN: ("exp(z)/Σ with NumPy's exp", plain_softmax),
    SoftmaxForm.OVER_SAMPLES: ("exp(z − max)/Σ over the samples with NumPy's exp", softmax_over_samples),
    SoftmaxForm.OVER_ALL: ("exp(z − max)/Σ over all with NumPy's exp", softmax_over_all),
}

MOST_CLASSES = 64
"""In a row whose sum is tried element by element."""


def softmaxes(z: FloatArray, in_torch: bool) -> Iterator[Candidate]:
    """Of the outputs' probabilities, each with its own exp and its own order of the sum."""
    for words, function in BY_HAND.values():
        yield _whole(words, function(z), EXP)
    if not in_torch or z.shape[1] > MOST_CLASSES:
        return
    shifted = z - z.max(axis=1, keepdims=True)
    exps: dict[str, Callable[[np.floating], Any]] = {
        "Sleef's vector exp": vector_exp,
        "the C library's exp": math.exp,
    }
    for name, exp in exps.items():
        powers = np.array([[exp(value) for value in row] for row in shifted], z.dtype)
        for order, total in (("in order", _in_order(powers)), ("in 16 lanes", _in_lanes(powers, 16))):
            for way, values in (("times 1/Σ", powers * (1 / total)), ("divided by Σ", powers / total)):
                yield _whole(f"exp(z − max) {way}, {name}, summed {order}", values, EXP)


def _in_order(powers: FloatArray) -> FloatArray:
    """(N, 1): each row's sum, from the first element on."""
    total = powers[:, :1].copy()
    for column in range(1, powers.shape[1]):
        total += powers[:, column : column + 1]
    return total


def _in_lanes(powers: FloatArray, lanes: int) -> FloatArray:
    """(N, 1): each row's sum as a vector register adds it, then halves onto halves."""
    if powers.shape[1] < lanes:
        return _in_order(powers)
    total = powers[:, :lanes].copy()
    for start in range(lanes, powers.shape[1], lanes):
        part = powers[:, start : start + lanes]
        total[:, : part.shape[1]] += part
    while total.shape[1] > 1:
        half = total.shape[1] // 2
        total = total[:, :half] + total[:, half:]
    return total


def fused_deltas(operands: Operands, in_torch: bool) -> Iterator[Candidate]:
    """Of δ = p − y, reduced, at the outputs."""
    p, Y, number = operands.of(Kind.OUTPUT, operands.last), operands.Y, operands.Y.dtype.type
    count = number(_count(operands))
    yield _whole("(p − y)/n", (p - Y) / count)
    yield _whole("(p − y)·(1/n)", (p - Y) * (number(1) / count))
    if in_torch and operands.side.objective is Objective.CROSS_ENTROPY and p.shape[1] <= MOST_CLASSES:
        yield from _of_log_softmax(operands, count)


def _of_log_softmax(operands: Operands, count: np.floating) -> Iterator[Candidate]:
    """As PyTorch's backward pass of log_softmax has it."""
    from engine.step.torch_trace import library_log_softmax

    z, gradient = operands.of(Kind.PRE_ACTIVATION, operands.last), -operands.Y / count
    total = gradient.sum(axis=1)
    for words, log_p in (("PyTorch's log p", library_log_softmax(z)), ("NumPy's log p", log_softmax(z))):
        yield Candidate(
            f"g − exp(log p)·Σg with g = −y/n, by one fused multiply-add, {words}, Sleef's vector exp",
            _moved(log_p, total, gradient),
            FUSED,
        )


def _moved(log_p: FloatArray, total: FloatArray, gradient: FloatArray) -> Callable[[Index], np.floating]:
    return lambda index: fused(-vector_exp(log_p[index]), total[index[0]], gradient[index])


def output_gradients(operands: Operands) -> Iterator[Candidate]:
    """Of ∂L/∂p of a cross-entropy that takes the outputs p, or takes them for logits."""
    p, Y, number = operands.of(Kind.OUTPUT, operands.last), operands.Y, operands.Y.dtype.type
    count, binary = number(_count(operands)), operands.settings.is_binary(operands.side)
    if operands.side.loss_input is LossInput.TWICE:
        squashed = sigmoid(p) if binary else softmax(p)
        yield _whole("(q − y)/n with NumPy's exp in q", (squashed - Y) / count, EXP)
    elif operands.side.adds_loss_epsilon:
        yield from _gradients_with_epsilon(operands.side.loss_epsilon, p, Y, count, binary)
    elif binary:
        product = np.maximum(p * (1 - p), number(1e-12))
        yield _whole("(p − y)/(p·(1 − p)), divided by n", (p - Y) / product / count)
        yield _whole("(p − y), divided by n, by p·(1 − p)", (p - Y) / count / product)
        yield _whole("(1/n)·(p − y)/(p·(1 − p))", (number(1) / count) * (p - Y) / product)
    else:
        yield _whole("(−y/p)/n", -Y / p / count)
        yield _whole("(−y/n)/p", -Y / count / p)


def _gradients_with_epsilon(
    added: LossEpsilon, p: FloatArray, Y: FloatArray, count: np.floating, binary: bool
) -> Iterator[Candidate]:
    epsilon = p.dtype.type(added.epsilon)
    if not binary:
        yield _whole("(−y/(p + ε))/n", -Y / (p + epsilon) / count)
        yield _whole("(−y/n)/(p + ε)", -Y / count / (p + epsilon))
    elif added.kind is LossEpsilonKind.DIVISOR:
        divisor = p * (1 - p) + epsilon
        yield _whole("(p − y)/(p·(1 − p) + ε), divided by n", (p - Y) / divisor / count)
        yield _whole("(1/n)·(p − y)/(p·(1 − p) + ε)", (p - Y) / divisor * (1 / count))
    else:
        right, wrong = Y / (p + epsilon), (1 - Y) / (1 - p + epsilon)
        yield _whole("(1 − y)/(1 − p + ε) − y/(p + ε), divided by n", (wrong - right) / count)
        right, wrong = Y / count / (p + epsilon), (1 - Y) / count / (1 - p + epsilon)
        yield _whole("(1 − y)/n/(1 − p + ε) − y/n/(p + ε)", wrong - right)


def softmax_deltas(s: FloatArray, gradient: FloatArray) -> Iterator[Candidate]:
    """Of δ = s·(g − Σ g·s), each row for itself."""
    products = gradient * s
    yield _whole("s·(g − Σ g·s), NumPy's sum", s * (gradient - products.sum(axis=1, keepdims=True)), SUM_ORDER)
    yield _whole("s·(g − Σ g·s), summed in order", s * (gradient - _in_order(products)), SUM_ORDER)
    yield _whole("g·s − s·Σ g·s, summed in order", products - s * _in_order(products), FACTOR_ORDER)


def _count(operands: Operands) -> float:
    """What the costs are divided by; 1 for a sum."""
    return gradient_divisor(operands.side, operands.sizes)


def _whole(words: str, values: FloatArray, cause: str = FACTOR_ORDER) -> Candidate:
    return Candidate(words, lambda index: values[index], cause)
