"""Ways to round the operations that are computed element by element: activations, errors, velocities, updates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from engine.experiment.choices import DerivativeAt, Objective
from engine.experiment.gradient_factors import gradient_factor
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import Activation
from engine.experiment.side import decay_rates
from engine.experiment.slipped import DERIVATIVE_OF, SLIPS
from engine.experiment.update_rules import Moments, MomentumForm
from engine.networks.numpy_functions import sigmoid
from engine.networks.places import Kind, Place
from engine.step.rounding.operands import APART, EXP, FACTOR_ORDER, FUSED, Candidate, Index, Operands
from engine.step.rounding.probabilities import output_gradients, softmax_deltas
from engine.step.rounding.sleef import vector_exp
from engine.step.rounding.ways import fused
from engine.types import FloatArray

TANH = "the library's tanh"


def _whole(words: str, values: FloatArray, cause: str = FACTOR_ORDER) -> Candidate:
    return Candidate(words, lambda index: values[index], cause)


def activations(kind: Activation, z: FloatArray, in_torch: bool) -> Iterator[Candidate]:
    """Of σ and tanh, with NumPy's functions and, `in_torch`, with PyTorch's."""
    one = z.dtype.type(1)
    if kind is Activation.SIGMOID:
        yield _whole("1/(1 + exp(−z)) with NumPy's exp", sigmoid(z), EXP)
        yield _whole("exp(z)/(1 + exp(z)) with NumPy's exp", np.exp(z) / (one + np.exp(z)), EXP)
        if in_torch:
            yield from _vectorized_sigmoids(z)
    elif kind is Activation.TANH:
        yield _whole("tanh(z) as NumPy has it", np.tanh(z), TANH)
        if in_torch:
            from engine.step.torch_trace import library_tanh

            yield _whole("tanh(z) as PyTorch has it", library_tanh(z), TANH)


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

    from engine.step.torch_trace import vector_block

    expected = vector_block(z.dtype.itemsize)
    for block in (expected, *(other for other in (8, 16, 32) if other != expected)):
        yield Candidate(
            f"1/(1 + exp(−z)), Sleef's vector exp in whole blocks of {block}, the C library's exp for the rest",
            sigmoid(block),
            EXP,
        )
    yield Candidate("1/(1 + exp(−z)) with Sleef's vector exp throughout", sigmoid(1), EXP)
    yield Candidate("1/(1 + exp(−z)) with the C library's exp throughout", sigmoid(0), EXP)


def output_errors(operands: Operands) -> Iterator[Candidate]:
    """Of ∂L/∂ŷ."""
    if operands.side.objective is not Objective.SQUARED_ERROR:
        yield from output_gradients(operands)
        return
    error = operands.of(Kind.OUTPUT, operands.last) - operands.Y
    number = error.dtype.type
    factor = number(gradient_factor(operands.side, operands.sizes))
    yield _whole("the factor times (ŷ − y)", factor * error)
    yield _whole("2·(ŷ − y), then divided by N·C", number(2) * error / number(error.size))


FORMULAS = {**DERIVATIVE_OF, DerivativeAt.ITSELF: Activation.IDENTITY}
"""Whose derivative is computed in another's place; of a product with the output itself nothing can be rounded twice."""


def deltas(layer: int, operands: Operands) -> Iterator[Candidate]:
    """Of δ = g ∘ σ′, in the orders in which the factors can stand."""
    kind = operands.settings.activations[layer - 1]
    error = operands.of(Kind.ERROR, layer)
    derivatives_at = of_layers(operands.side.derivative_at, operands.last)
    at = derivatives_at[layer - 1]
    slipped = at is DerivativeAt.PRE_ACTIVATION
    s, one = operands.of(Kind.PRE_ACTIVATION if slipped else Kind.OUTPUT, layer), error.dtype.type(1)
    if at in FORMULAS and at in SLIPS[kind]:
        kind = FORMULAS[at]
    if kind is Activation.SIGMOID:
        yield _whole("g·(s·(1 − s))", error * (s * (one - s)))
        yield _whole("(g·(1 − s))·s", error * (one - s) * s)
        yield _whole("(g·s)·(1 − s)", error * s * (one - s))
    elif kind is Activation.SOFTMAX:
        yield from softmax_deltas(s, error)
    elif kind is Activation.TANH:
        yield _whole("g·(1 − t·t), each step rounded", error * (one - s * s))
        yield Candidate(
            "g·(1 − t·t), with 1 − t·t by one fused multiply-add",
            lambda index: error[index] * fused(-s[index], s[index], one),
            FUSED,
        )


Step = tuple[str, Callable[[Index], np.floating]]
"""What a parameter moves by beside the rate: in words, and of an element."""

Added = Callable[[np.floating, np.floating, np.floating], np.floating]


def _apart(first: np.floating, second: np.floating, added: np.floating) -> np.floating:
    return added + first * second


ADDITIONS: tuple[tuple[str, Added], ...] = (
    (APART, _apart),
    (FUSED, fused),
)


def pulled_gradients(weight: bool, layer: int, operands: Operands) -> Iterator[Step]:
    """The gradient with weight decay in it, in both roundings; plain where there is none."""
    gradient = operands.of(Kind.WEIGHT_GRADIENT if weight else Kind.BIAS_GRADIENT, layer)
    parameter = operands.of(Kind.WEIGHT_BEFORE if weight else Kind.BIAS_BEFORE, layer)
    _, rate = decay_rates(operands.side, len(operands.Y))
    if rate == 0 or not operands.decays(weight, layer):
        yield "", lambda index: gradient[index]
        return
    for words, add in ADDITIONS:
        yield f"g + λ·W: {words}; ", _pull(add, parameter, gradient, gradient.dtype.type(rate))


def _pull(add: Added, parameter: FloatArray, gradient: FloatArray, rate: np.floating) -> Callable[[Index], np.floating]:
    return lambda index: add(rate, gradient.dtype.type(parameter[index]), gradient[index])


def velocities(weight: bool, layer: int, operands: Operands) -> Iterator[Candidate]:
    """Of a weight's or bias' new velocity."""
    momentum = operands.side.sgd_momentum
    before = operands.kept.get(Place(Kind.WEIGHT_VELOCITY if weight else Kind.BIAS_VELOCITY, layer))
    share = operands.X.dtype.type(_share_of_gradient(operands))
    coefficient = operands.X.dtype.type(momentum.coefficient)
    for prefix, gradient in pulled_gradients(weight, layer, operands):
        for words, add in ADDITIONS:
            yield Candidate(
                f"{prefix}μ·v plus the gradient: {words}", _gathered(add, gradient, before, share, coefficient), words
            )


def _share_of_gradient(operands: Operands) -> float:
    """What multiplies a gradient that is added to a velocity."""
    momentum = operands.side.sgd_momentum
    if momentum.form is MomentumForm.AVERAGED:
        return 1 - momentum.coefficient
    if momentum.form.holds_rate:
        return -operands.learning_rate * (1 - momentum.dampening)
    first = operands.t == 1 or operands.side.moments is Moments.NEW_OPTIMIZER
    return 1.0 if first else 1 - momentum.dampening


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


def updates(weight: bool, update: bool, layer: int, operands: Operands) -> Iterator[Candidate]:
    """The parameter after the step; its change for an update."""
    side = operands.side
    parameter = operands.of(Kind.WEIGHT_BEFORE if weight else Kind.BIAS_BEFORE, layer)
    shrunk = parameter
    rate_of_decay, in_gradient = decay_rates(side, len(operands.Y))
    if rate_of_decay > in_gradient and operands.decays(weight, layer):
        shrunk = parameter * parameter.dtype.type(1 - operands.learning_rate * rate_of_decay)
    number, momentum = operands.X.dtype.type, side.sgd_momentum
    velocity_kind = Kind.WEIGHT_VELOCITY if weight else Kind.BIAS_VELOCITY
    steps: Iterator[Step]
    rate = number(1 if momentum.coefficient and momentum.form.holds_rate else -operands.learning_rate)
    if momentum.coefficient == 0:
        steps = pulled_gradients(weight, layer, operands)
    elif momentum.form is MomentumForm.NESTEROV:
        steps = _ahead(weight, layer, operands)
    else:
        velocity = operands.of(velocity_kind, layer)
        steps = iter([("", lambda index: velocity[index])])
        if momentum.nesterov:
            rate = number(1 + momentum.coefficient)
            if (before := operands.kept.get(Place(velocity_kind, layer))) is not None:
                shrunk = shrunk - number(momentum.coefficient) * before
    for prefix, step in steps:
        for words, add in ADDITIONS:
            yield Candidate(
                f"{prefix}W − η·step: {words}", _moved(add, rate, step, shrunk, parameter if update else None), words
            )


def _ahead(weight: bool, layer: int, operands: Operands) -> Iterator[Step]:
    """The sum g + μ·v of PyTorch's Nesterov form, in both roundings."""
    velocity = operands.of(Kind.WEIGHT_VELOCITY if weight else Kind.BIAS_VELOCITY, layer)
    coefficient = velocity.dtype.type(operands.side.sgd_momentum.coefficient)
    for prefix, gradient in pulled_gradients(weight, layer, operands):
        for words, add in ADDITIONS:
            yield f"{prefix}g + μ·v: {words}; ", _onto(add, gradient, coefficient, velocity)


def _onto(
    add: Added, gradient: Callable[[Index], np.floating], coefficient: np.floating, velocity: FloatArray
) -> Callable[[Index], np.floating]:
    return lambda index: add(coefficient, velocity[index], gradient(index))


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
