"""Clipping before anything else is made of a gradient: momentum, Adam, a weight decay.

The bounds that a program names are put in, by each rule, before laws are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from engine.diagnosis.gradients import Reading
from engine.diagnosis.observed import Observed
from engine.diagnosis.stacked_steps import Series
from engine.diagnosis.updates import Candidate
from engine.experiment.choices import Reduction
from engine.experiment.clipping import LARGEST, Clipping, ClippingKind
from engine.experiment.gradient_factors import gradient_factor
from engine.types import FloatArray

WORDS = re.compile(r"clip|norm|max|min|thresh|bound|limit", re.IGNORECASE)
"""In the names of bounds, and in the lines that they are written in."""

MOST_BOUNDS = 4

REDUCTIONS = (Reduction.MEAN, Reduction.PER_SAMPLE, Reduction.SUM)

LINE = re.compile(r"line (\d+): ")


@dataclass(frozen=True)
class Shortening:
    """A rule, and what the gradients that it is given are of those of sums."""

    clipping: Clipping
    reduction: Reduction

    def series(self, observed: Observed, reading: Reading, gradients: Series) -> Series:
        """The gradients of sums, clipped as if they had been reduced before."""
        steps = len(next(iter(gradients.values())))
        side = replace(reading.side, reduction=self.reduction)
        factors = np.array([[gradient_factor(side, observed.sizes(N))] for N in observed.samples[:steps]])
        reduced = {place: one * factors for place, one in gradients.items()}
        return {place: one / factors for place, one in self._clipped(reduced).items()}

    def _clipped(self, gradients: Series) -> Series:
        bound = self.clipping.bound
        if self.clipping.kind is ClippingKind.VALUE:
            return {place: np.asarray(np.clip(one, -bound, bound)) for place, one in gradients.items()}
        squares = {place: (one * one).sum(axis=1, keepdims=True) for place, one in gradients.items()}
        of_all = np.sqrt(np.sum(list(squares.values()), axis=0))
        found: Series = {}
        for place, one in gradients.items():
            norm = np.sqrt(squares[place]) if self.clipping.kind is ClippingKind.TENSOR_NORM else of_all
            found[place] = one * self._shares(norm)
        return found

    def _shares(self, norm: FloatArray) -> FloatArray:
        bound = self.clipping.bound
        if self.clipping.kind is ClippingKind.EXACT_NORM:
            return np.asarray(bound / np.maximum(norm, bound))
        return np.asarray(np.minimum(bound / (norm + 1e-6), 1.0))

    def fitting(self, candidates: list[Candidate]) -> list[Candidate]:
        """Those with this reduction, clipped."""
        return [
            replace(one, side=replace(one.side, clipping=self.clipping))
            for one in candidates
            if one.side.reduction is self.reduction
        ]


def shortenings(observed: Observed) -> Iterator[Shortening]:
    """Those that the program may have, the likeliest first; none where it names no bound."""
    bounds = list(dict.fromkeys(_bounds(observed)))[:MOST_BOUNDS]
    source = observed.recording.source
    kinds = [ClippingKind.EXACT_NORM, ClippingKind.NORM, ClippingKind.TENSOR_NORM]
    by_value = re.search(r"\bclip\(", source) is not None
    kinds.insert(0 if by_value and "norm" not in source else len(kinds), ClippingKind.VALUE)
    for kind, bound, reduction in product(kinds, bounds, REDUCTIONS):
        yield Shortening(Clipping(kind, bound), reduction)


def _bounds(observed: Observed) -> Iterator[float]:
    lines = observed.recording.source.splitlines()
    for name, value in observed.recording.constants.items():
        line = LINE.match(name)
        number = int(line[1]) if line else 0
        text = lines[number - 1] if 0 < number <= len(lines) else name
        if 0 < abs(value) < LARGEST and WORDS.search(text):
            yield abs(value)
