"""What the gaps amount to, in plain words, given which differences are left. Losses and weights are judged alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from engine.experiment.choices import Precision
from engine.experiment.discrepancies import Discrepancy, Moves, remaining
from engine.experiment.settings import Settings
from engine.number_text import number, ulps
from engine.run.accuracy import Scores
from engine.run.comparison import Comparison
from engine.run.divergence import Cause, Divergence

ROUNDING = 1e-12
"""With float64 on both sides, gaps up to this are rounding: relative to the largest loss, and to the weights' way."""

ON_A_PLOT = 1e-6
"""Relative gaps of losses up to this cannot be seen on a plot."""

WEIGHTS_ON_A_PLOT = 1e-5
"""Likewise of weights, relative to their way: in float32 thousands of epochs add up rounding that a loss forgets."""

AMPLIFIED = 1e-3
"""With every setting equal, a relative gap above this is rounding that training has amplified."""


class Level(Enum):
    """How equal two runs are, best first."""

    IDENTICAL = "identical"
    EQUAL = "equal"
    PLOTTING = "plotting"
    PLOTTED_NUMBER = "plotted-number"
    """The weights are equal up to rounding; the logged numbers are not the same number."""
    UNMOVED = "unmoved"
    """No weight has moved from its start, so nothing is shown yet."""
    WEIGHTS = "weights"
    """The losses agree, the weights do not."""
    DIFFERENT = "different"
    DIVERGED = "diverged"


@dataclass(frozen=True)
class Verdict:
    """The headline, the gaps it rests on, and what is left different."""

    level: Level
    headline: str
    gaps: str
    left: str = ""

    @property
    def detail(self) -> str:
        """All that is said below the headline."""
        return f"{self.gaps} {self.left}".strip()


def judge(
    settings: Settings,
    comparison: Comparison,
    divergence: Divergence | None = None,
    cause: Cause | None = None,
    scores: Scores | None = None,
) -> Verdict:
    """The verdict on a run, finished or not. `cause` is what was found of a divergence, `scores` are those of now."""
    left = remaining(settings)
    if divergence is not None:
        cause_sentence = cause.sentence() if cause is not None else ""
        return Verdict(Level.DIVERGED, f"Diverged at epoch {divergence.epoch:,}", divergence.message, cause_sentence)
    if comparison.losses.epochs == 0:
        return Verdict(Level.DIFFERENT if left else Level.EQUAL, "No epoch trained yet", "", _left(left))
    level = _level(settings, comparison, left)
    headline = _headline(level, comparison, left, comparison.losses.epochs >= settings.epochs)
    gaps = f"{_gaps(comparison)} {'' if scores is None else scores.sentence}".strip()
    return Verdict(level, headline, gaps, _remark(level, left))


def _level(settings: Settings, comparison: Comparison, left: tuple[Discrepancy, ...]) -> Level:
    losses, weights = _relative_loss_gap(comparison), comparison.weights.relative
    largest = max(losses, weights)
    double = settings.numpy.precision is settings.pytorch.precision is Precision.FLOAT64
    only_plotted = all(one.moves is Moves.PLOT for one in left)
    rules = (
        (comparison.losses.different == 0 and comparison.weights.same, Level.IDENTICAL),
        (comparison.weights.moved == 0 and losses <= ON_A_PLOT, Level.UNMOVED),
        (not left and largest <= AMPLIFIED, Level.EQUAL),
        (not left and losses > ON_A_PLOT, Level.DIFFERENT),
        (double and largest <= ROUNDING, Level.EQUAL),
        (losses <= ON_A_PLOT and weights <= WEIGHTS_ON_A_PLOT, Level.PLOTTING),
        (only_plotted and weights <= AMPLIFIED, Level.PLOTTED_NUMBER),
        (losses <= ON_A_PLOT, Level.WEIGHTS),
    )
    return next((level for holds, level in rules if holds), Level.DIFFERENT)


def _relative_loss_gap(comparison: Comparison) -> float:
    """The largest gap as a share of the largest loss, which is not 0 where there is a gap."""
    losses = comparison.losses
    return losses.max_absolute / losses.largest_loss if losses.different else 0.0


def _headline(level: Level, comparison: Comparison, left: tuple[Discrepancy, ...], finished: bool) -> str:
    losses, gap = comparison.losses, number(comparison.losses.max_absolute)
    weights = number(comparison.weights.max_absolute)
    count = f"{losses.epochs:,} loss{'es' if losses.epochs > 1 else ''}"
    equal = f"{gap}{ulps(losses.max_ulp)}" if losses.different else f"every bit of {count}, weights to {weights}"
    apart = f"Different: {len(left)} difference{'s' if len(left) > 1 else ''} left"
    finite = math.isfinite(comparison.weights.max_absolute) and math.isfinite(comparison.weights.moved)
    far = f"{weights} apart" if finite else "no finite numbers any more"
    first = f"First loss agrees; the weights are already {far}"
    agree = f"Losses agree{'' if finished else ' so far'}; the weights are {far}"
    return {
        Level.IDENTICAL: f"Identical: every bit of {count} and all weights",
        Level.EQUAL: f"Equal up to rounding: {equal}",
        Level.PLOTTING: f"Equal on a plot: {gap}",
        Level.PLOTTED_NUMBER: "The networks are the same; only the plotted number differs",
        Level.UNMOVED: "Nothing has moved: every weight is where it started",
        Level.WEIGHTS: first if losses.epochs == 1 else agree,
        Level.DIFFERENT: apart if left else f"Equal settings, yet {gap} apart",
    }[level]


def _gaps(comparison: Comparison) -> str:
    losses, weights = comparison.losses, comparison.weights
    parts = []
    if losses.different:
        parts.append(f"max |Δloss| {number(losses.max_absolute)} at epoch {losses.max_absolute_epoch:,}")
    if weights.max_absolute:
        parts.append(f"max |ΔW| {number(weights.max_absolute)}")
    if losses.different:
        parts.append(f"losses part at epoch {losses.first_different_epoch:,}")
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _remark(level: Level, left: tuple[Discrepancy, ...]) -> str:
    if level in (Level.DIFFERENT, Level.WEIGHTS) and not left:
        return "No difference is left: training has amplified rounding."
    if level is Level.EQUAL and not left:
        return "No difference is left, only rounding."
    if level in (Level.EQUAL, Level.PLOTTING):
        return f"{_left(left)} {'Together they make' if len(left) > 1 else 'It makes'} no gap that a plot can show."
    return _left(left)


def _left(left: tuple[Discrepancy, ...]) -> str:
    if not left:
        return "No difference is left."
    return f"Left: {', '.join(discrepancy.title.lower() for discrepancy in left)}."
