"""All rules of Adam and RMSprop at once: which of them may be behind a few steps, given the first.

A rule's averages are sums of gradients, and of their squares, with factors that are its own: many rules are tried as
one product of matrices. K rules, T steps, n numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from engine.diagnosis.adaptive_rules import AdaptiveLaw, Averages, Rule
from engine.diagnosis.laws import Motion
from engine.experiment.optimizers import BiasCorrection, OptimizerKind
from engine.experiment.step_lengths import BY_NUMBER
from engine.experiment.update_rules import Moments
from engine.types import FloatArray

BETAS1 = (0.9, 0.5, 0.8, 0.95, 0.99, 0.999)
BETAS2 = (0.999, 0.99, 0.9, 0.95, 0.98, 0.5, 0.9999)
ALPHAS = (0.99, 0.9, 0.999, 0.95, 0.5)
"""The numbers that people give the moments, likely ones first."""

FEW_STEPS = 4
"""That refuse most rules."""

FEW_NUMBERS = 8
"""Of a tensor, likewise."""


@dataclass(frozen=True)
class FirstStep:
    """−A·g/(|g| + B), or −A·g/√(g² + B) where B stands inside the root."""

    rate: float
    added: float
    inside: bool


@dataclass(frozen=True, eq=False)
class RuleStack:
    """K rules, and what each makes of T gradients g: the directions `of_gradients @ g`, the squares `of_squares @ g²`.

    `roots` (K, T) is what ε is divided by at each step: 1, or the root of the correction that it is added before.
    """

    rules: tuple[Rule, ...]
    uncorrected: tuple[bool, ...]
    of_gradients: FloatArray
    of_squares: FloatArray
    roots: FloatArray

    @classmethod
    def of(cls, rules: Sequence[tuple[Rule, bool]]) -> RuleStack:
        """Of rules, and whether ε is added to the root of each one's second moment as it is."""
        alone = Averages(np.eye(FEW_STEPS))
        made = [rule.directions(alone) for rule, _ in rules]
        roots = [
            np.sqrt(1 - rule.beta2 ** rule.counts(FEW_STEPS)[:, 0]) if uncorrected else np.ones(FEW_STEPS)
            for rule, uncorrected in rules
        ]
        return cls(
            tuple(rule for rule, _ in rules),
            tuple(uncorrected for _, uncorrected in rules),
            np.array([directions for directions, _ in made]),
            np.array([squares for _, squares in made]),
            np.array(roots),
        )

    def begun(self, first: FirstStep, begins: int) -> tuple[FloatArray, FloatArray]:
        """The rate and ε with which each rule gives this step as number `begins`, (K,) both: there the direction is a·g
        and the square b·g².
        """
        a, b = self.of_gradients[:, begins, begins], self.of_squares[:, begins, begins]
        epsilons = first.added * (b if first.inside else np.sqrt(b)) * self.roots[:, begins]
        return first.rate * np.sqrt(b) / a, epsilons

    def laws(
        self,
        first: FirstStep,
        begins: int,
        motion: Motion,
        gradients: FloatArray,
        most: float,
        changing: bool,
        loss: float = 0.0,
    ) -> Iterator[AdaptiveLaw]:
        """Those that are at most so far from the numbers that move most, of the few steps' lengths; `changing` says
        that each step may have a rate of its own, `loss` is `AdaptiveLaw`'s.
        """
        rates, epsilons = self.begun(first, begins)
        chosen = np.argsort(-np.abs(motion.steps).sum(axis=0), kind="stable")[:FEW_NUMBERS]
        steps, gradients = motion.steps[:, chosen], gradients[:, chosen]
        taken = len(steps)
        with np.errstate(all="ignore"):
            squares = self.of_squares[:, :taken, :taken] @ (gradients * gradients)
            added = (epsilons[:, None] / self.roots[:, :taken])[:, :, None]
            divisors = np.sqrt(squares + added) if first.inside else np.sqrt(squares) + added
            made = -rates[:, None, None] * (self.of_gradients[:, :taken, :taken] @ gradients)
            made /= np.where(divisors > 0, divisors, 1.0)
            made -= loss * motion.before[:, chosen]
            if changing:
                lengths = (made * made).sum(axis=2, keepdims=True)
                made *= (made * steps).sum(axis=2, keepdims=True) / np.where(lengths > 0, lengths, 1.0)
            off = (np.abs(made - steps).max(axis=2) / motion.comparable).max(axis=1)
        # What is no number is no such rule.
        for place in np.flatnonzero(off <= most):
            rule, uncorrected = self.rules[place], self.uncorrected[place]
            yield AdaptiveLaw(rule, float(rates[place]), float(epsilons[place]), uncorrected=uncorrected, loss=loss)


@lru_cache(maxsize=16)
def all_rules(inside: bool, dropped: bool, named: tuple[float, ...], updates_per_epoch: int) -> RuleStack:
    """Those of RMSprop and Adam, likely numbers first; `named` are numbers of the program's own."""
    moments = (Moments.FIRST_DROPPED,) if dropped else (Moments.KEPT, Moments.RESET, Moments.NEW_OPTIMIZER)
    corrections = (
        BiasCorrection.PER_STEP,
        BiasCorrection.NONE,
        BiasCorrection.CONSTANT,
        BiasCorrection.FIRST_MOMENT,
        BiasCorrection.SECOND_MOMENT,
        *((BiasCorrection.PER_EPOCH,) if updates_per_epoch > 1 else ()),
    )
    found = [
        (Rule(OptimizerKind.RMSPROP, 0.0, alpha, BiasCorrection.NONE, kept, inside), False)
        for kept, alpha in product(moments, (*ALPHAS, *named))
    ]
    for kept, beta1, beta2, correction in product(moments, (*BETAS1, *named), (*BETAS2, *named), corrections):
        epoch = updates_per_epoch if correction is BiasCorrection.PER_EPOCH else 1
        rule = Rule(OptimizerKind.ADAM, beta1, beta2, correction, kept, inside, epoch)
        found.append((rule, False))
        if correction in BY_NUMBER and not inside:
            found.append((rule, True))
    return RuleStack.of(found)
