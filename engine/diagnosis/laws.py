"""By which law a tensor moved, given its gradients: what each of some numbers was multiplied by in its steps.

Least squares over recorded steps; which settings of a side a law stands for is `updates.py`'s, Adam and its like are
`adaptive.py`'s. T steps, tensors flattened to n numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray

LEAST_MOVES = 4
"""Of which a law is read: steps that are longer than their rounding."""

NUMBERS_PER_COEFFICIENT = 3
"""Fewer fit anything."""

MARGIN = 10.0
"""How many times what a law may leave of the steps is refused where all columns leave it."""


@dataclass(frozen=True, eq=False)
class Motion:
    """How a tensor moved: `before` each step and its `steps`, (T, n) both; `eps` is its type's."""

    before: FloatArray
    steps: FloatArray
    eps: float

    @classmethod
    def of(cls, parameters: FloatArray, eps: float) -> Motion:
        """Of its values before each step and after the last, (T + 1, n)."""
        return cls(parameters[:-1], np.diff(parameters, axis=0), eps)

    @cached_property
    def count(self) -> int:
        """How many numbers of it ever move: those of a unit that is never active do not."""
        return int(self.steps.any(axis=0).sum())

    @cached_property
    def rounding(self) -> FloatArray:
        """How much of a step may be rounding, (T,)."""
        most: FloatArray = np.maximum(np.abs(self.before), np.abs(self.before + self.steps)).max(axis=1)
        return 4 * self.eps * most

    @cached_property
    def lengths(self) -> FloatArray:
        """The largest number of each step, (T,)."""
        longest: FloatArray = np.abs(self.steps).max(axis=1)
        return longest

    @cached_property
    def comparable(self) -> FloatArray:
        """What distances from each step are measured in, (T,): its length; as far as rounding is no distance."""
        lengths: FloatArray = np.maximum(self.lengths, 1e5 * self.rounding)
        lengths[lengths == 0] = 1.0
        return lengths

    @property
    def tolerance(self) -> float:
        """How far the right law may be from a step, of its length: wrong ones are 1e-3 off and more."""
        return 1e-9 if self.eps < 1e-10 else 3e-5

    @cached_property
    def moves(self) -> NDArray[np.bool_]:
        """Which steps are long enough to tell laws apart, (T,) of true and false."""
        longer: NDArray[np.bool_] = self.lengths > self.rounding * (1e4 if self.eps < 1e-10 else 1e2)
        return longer

    @cached_property
    def stands_still(self) -> bool:
        """Whether it never moves."""
        return not self.steps.any()

    @cached_property
    def allowed(self) -> FloatArray:
        """How far a law may be from each step, (T,)."""
        distances: FloatArray = self.tolerance * self.lengths + 4 * self.rounding
        return distances

    def off(self, fitted: FloatArray) -> float:
        """How far these steps (T, n) are from its own: the largest distance in units of what is allowed."""
        distances = np.abs(self.steps - fitted).max(axis=1)
        allowed = self.allowed
        worst = np.max(np.where(allowed > 0, distances / np.maximum(allowed, 1e-300), np.where(distances > 0, 1e9, 0)))
        return float(worst) if np.isfinite(worst) else np.inf

    def of_steps(self, places: slice | FloatArray) -> Motion:
        """Of these steps alone."""
        return Motion(self.before[places], self.steps[places], self.eps)


class Column(Enum):
    """What a step may be made of."""

    GRADIENT = "gradient"
    STEP_BEFORE = "step before"
    PARAMETER = "parameter"
    GRADIENT_BEFORE = "gradient before"


MODELS: tuple[tuple[Column, ...], ...] = (
    (Column.GRADIENT, Column.PARAMETER),
    (Column.GRADIENT, Column.STEP_BEFORE),
    (Column.GRADIENT, Column.STEP_BEFORE, Column.PARAMETER),
    (Column.GRADIENT, Column.STEP_BEFORE, Column.GRADIENT_BEFORE),
    (Column.GRADIENT, Column.STEP_BEFORE, Column.GRADIENT_BEFORE, Column.PARAMETER),
)
"""From the fewest coefficients to the most."""


@dataclass(frozen=True, eq=False)
class Law:
    """step = −rates·gradient + momentum·(step before) − decay·parameter + ahead·(gradient before).

    `rates` has one number for each step, `first_decay` is that of the first step. Gradients are those of sums, divided
    by N to the power of `divided`, N being the batch's samples.
    """

    rates: FloatArray
    momentum: float = 0.0
    decay: float = 0.0
    ahead: float = 0.0
    first_decay: float = 0.0
    divided: int = 0
    columns: tuple[Column, ...] = (Column.GRADIENT,)

    @property
    def rate(self) -> float:
        """The gradient's coefficient once the run is on its way."""
        return float(self.rates[-1])

    @property
    def steady(self) -> bool:
        """Whether the gradient's coefficient stays from the second step on."""
        later = self.rates[1:]
        return bool(np.ptp(later) <= 1e-6 * np.abs(later).max()) if len(later) else True


def law_of(motion: Motion, gradients: FloatArray, samples: Sequence[int]) -> Law | None:
    """The simplest law that explains every step; none if there is none, or too little to tell.

    `gradients` is (T, n), `samples` has N of each step.
    """
    if motion.stands_still or motion.moves.sum() < LEAST_MOVES or not np.isfinite(gradients).all():
        return None
    scaled = each_for_itself(motion, gradients)
    if scaled is not None:
        return scaled
    powers = (0, 1, 2) if len(set(samples)) > 1 else (0,)
    possible = [power for power in powers if _may_fit(motion, divided(gradients, samples, power))]
    for columns in MODELS:
        for power in possible:
            law = fit(motion, divided(gradients, samples, power), columns, power)
            if law is not None:
                return law
    return None


def like(law: Law, motion: Motion, gradients: FloatArray, samples: Sequence[int]) -> Law | None:
    """The law of the same kind that explains this tensor's steps, if one does."""
    if motion.stands_still or not np.isfinite(gradients).all():
        return None
    plain = law.columns == (Column.GRADIENT,)
    alone = each_for_itself(motion, gradients, law) if plain else None
    if alone is not None or (plain and not law.steady):
        return alone
    found = None
    # Not every tensor decays: the fewer coefficients first.
    without = tuple(one for one in law.columns if one is not Column.PARAMETER)
    kinds = [(*without, Column.PARAMETER)] if plain else [without, (*without, Column.PARAMETER)]
    for power in (0, 1, 2) if len(set(samples)) > 1 else (law.divided,):
        for columns in kinds:
            divisors = divided(gradients, samples, power)
            if found is None and columns == (Column.GRADIENT,):
                found = each_for_itself(motion, divisors)
            elif found is None:
                found = fit(motion, divisors, columns, power)
    return found


def goes_along(law: Law, other: Law, motion: Motion) -> bool:
    """Whether its rates are the other's, times one number, wherever the tensor moves."""
    told = (other.rates != 0) & motion.moves
    shares = law.rates[told] / other.rates[told]
    return len(shares) == 0 or bool(np.ptp(shares) <= 1e-5 * np.abs(shares).max())


def divided(gradients: FloatArray, samples: Sequence[int], power: int) -> FloatArray:
    """Each step's by N to that power, N being the batch's samples."""
    divisors: FloatArray = np.array(samples, np.float64)[:, None] ** power
    return gradients / divisors


def each_for_itself(motion: Motion, gradients: FloatArray, known: Law | None = None) -> Law | None:
    """A coefficient for each step: a rate that may change from one to the next."""
    squares = (gradients * gradients).sum(axis=1)
    products = (gradients * motion.steps).sum(axis=1)
    rates = -products / np.where(squares > 0, squares, 1.0)
    if motion.off(-rates[:, None] * gradients) > 1:
        return None
    steady = float(np.median(rates[motion.moves])) if motion.moves.any() else 0.0
    if motion.off(-steady * gradients) <= 1:
        return Law(np.full(len(rates), _refined(motion, gradients, steady)))
    if motion.count < 2:
        # One coefficient for each step fits any single number.
        if known is None or known.steady:
            return None
        ratio = rates / np.where(known.rates != 0, known.rates, 1.0)
        if np.ptp(ratio[motion.moves]) > 1e-6 * np.abs(ratio[motion.moves]).max():
            return None
    return Law(rates)


def _refined(motion: Motion, gradients: FloatArray, rate: float) -> float:
    """The one rate of all steps, those counting most that are least rounded."""
    weights = 1 / np.maximum(motion.rounding, 1e-300)
    squares = (gradients * gradients).sum(axis=1) * weights**2
    products = (gradients * motion.steps).sum(axis=1) * weights**2
    total = squares.sum()
    return float(-products.sum() / total) if total > 0 and np.isfinite(total) else rate


def _may_fit(motion: Motion, gradients: FloatArray) -> bool:
    """Whether some law of these columns may explain the later steps: where all columns together leave more of them than
    a law may, so do fewer.
    """
    later = motion.of_steps(slice(1, None))
    allowed = later.allowed
    weights = 1 / np.maximum(allowed, 1e-30 * allowed.max() + 1e-300)[:, None]
    A = np.stack([(one * weights).ravel() for one in _made(motion, gradients).values()], axis=1)
    y = (later.steps * weights).ravel()
    if not np.isfinite(A).all():
        return False
    norms = np.sqrt((A * A).sum(axis=0))
    norms[norms == 0] = 1.0
    left = y - A @ (np.linalg.lstsq(A / norms, y, rcond=1e-13)[0] / norms)
    return bool((left * left).mean() <= MARGIN**2)


def _made(motion: Motion, gradients: FloatArray) -> dict[Column, FloatArray]:
    """What the steps from the second on may be made of, (T − 1, n) each."""
    return {
        Column.GRADIENT: gradients[1:],
        Column.STEP_BEFORE: motion.steps[:-1],
        Column.PARAMETER: motion.before[1:],
        Column.GRADIENT_BEFORE: gradients[:-1],
    }


def fit(motion: Motion, gradients: FloatArray, columns: tuple[Column, ...], divided: int = 0) -> Law | None:
    """The law of these columns that explains every step from the second on, and the first with fewer; none if none
    does.
    """
    made = _made(motion, gradients)
    later = motion.of_steps(slice(1, None))
    scale = 1 / np.maximum(later.lengths, later.rounding + 1e-300)[:, None]
    A = np.stack([(made[column] * scale).ravel() for column in columns], axis=1)
    y = (later.steps * scale).ravel()
    if len(y) < NUMBERS_PER_COEFFICIENT * len(columns) or not np.isfinite(A).all():
        return None
    norms = np.sqrt((A * A).sum(axis=0))
    if not norms.all():
        return None
    coefficients = np.linalg.lstsq(A / norms, y, rcond=1e-13)[0] / norms
    fitted = sum(value * made[column] for value, column in zip(coefficients, columns, strict=True))
    if later.off(np.asarray(fitted)) > 1:
        return None
    values = dict(zip(columns, map(float, coefficients), strict=True))
    return _with_first_step(motion, gradients, values, columns, divided)


def _with_first_step(
    motion: Motion, gradients: FloatArray, values: dict[Column, float], columns: tuple[Column, ...], divided: int
) -> Law | None:
    """The first step has no step before it: its own coefficients of gradient and parameter."""
    first = motion.of_steps(slice(0, 1))
    decay = -values.get(Column.PARAMETER, 0.0)
    made, target = [gradients[:1]], first.steps
    if Column.PARAMETER in columns and motion.before[0].any():
        if motion.count > 1:
            made.append(motion.before[:1])
        else:
            target = target + decay * first.before
    A = np.stack([one.ravel() for one in made], axis=1)
    if not A.any():
        return None
    norms = np.sqrt((A * A).sum(axis=0))
    norms[norms == 0] = 1.0
    own = np.linalg.lstsq(A / norms, target.ravel(), rcond=1e-13)[0] / norms
    if first.off((A @ own)[None] + first.steps - target) > 1:
        return None
    rates = np.full(len(gradients), -values[Column.GRADIENT])
    rates[0] = -own[0]
    return Law(
        rates,
        momentum=values.get(Column.STEP_BEFORE, 0.0),
        decay=decay,
        ahead=values.get(Column.GRADIENT_BEFORE, 0.0),
        first_decay=-float(own[1]) if len(own) > 1 else decay,
        divided=divided,
        columns=columns,
    )
