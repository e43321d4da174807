"""What the gaps amount to, in plain words, given which differences are left."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.comparison import Comparison
from engine.discrepancies import remaining
from engine.lockstep import Divergence
from engine.settings import Settings

PLOTTING_PRECISION = 1e-6
"""Gap, relative to the largest loss, below which no plot can show it."""

ROUNDING = 1e-3
"""With every setting equal, a gap below this, relative to the largest loss, is put down to rounding."""


class Level(Enum):
    """How equal two runs are, best first."""

    IDENTICAL = "identical"
    EQUAL = "equal"
    PLOTTING = "plotting"
    DIFFERENT = "different"
    DIVERGED = "diverged"


@dataclass(frozen=True)
class Verdict:
    """The headline, and one sentence that says what it rests on."""

    level: Level
    headline: str
    detail: str


def judge(settings: Settings, comparison: Comparison, divergence: Divergence | None = None) -> Verdict:
    """The verdict on a run, finished or not."""
    gap = comparison.losses
    left = remaining(settings)
    if divergence is not None:
        return Verdict(Level.DIVERGED, f"Diverged at epoch {divergence.epoch:,}", divergence.message)
    if gap.epochs == 0:
        return Verdict(Level.DIFFERENT if left else Level.EQUAL, "Nothing trained yet", _left_sentence(settings))
    relative = gap.max_absolute / gap.largest_loss if gap.largest_loss else 0.0
    parameters = f"max |ΔW| {comparison.max_parameter_gap:.1e}"
    if gap.different == 0:
        weights = "and of every weight" if comparison.same_parameters else f"({parameters})"
        return Verdict(
            Level.IDENTICAL, f"Identical: every bit of {gap.epochs:,} losses {weights}", _left_sentence(settings)
        )
    apart = (
        f"max |Δloss| {gap.max_absolute:.1e} at epoch {gap.max_absolute_epoch:,}, {parameters}, "
        f"first bit parts at epoch {gap.first_different_epoch:,}."
    )
    if not left and relative <= ROUNDING:
        headline = f"Equal to {gap.max_absolute:.1e} ({gap.max_ulp:,} ULP)"
        return Verdict(Level.EQUAL, headline, f"No difference left, only rounding: {apart}")
    if not left:
        headline = f"Equal settings, yet {gap.max_absolute:.1e} apart"
        return Verdict(Level.DIFFERENT, headline, f"Training has amplified rounding: {apart}")
    if relative <= PLOTTING_PRECISION:
        headline = f"Equal to plotting precision: {gap.max_absolute:.1e}"
        return Verdict(Level.PLOTTING, headline, f"{_left_sentence(settings)} Here they cancel or round away: {apart}")
    count = f"{len(left)} difference{'s' if len(left) > 1 else ''} left"
    return Verdict(Level.DIFFERENT, f"Different: {count}", f"{_left_sentence(settings)} {_capital(apart)}")


def _left_sentence(settings: Settings) -> str:
    left = remaining(settings)
    if not left:
        return "No difference is left."
    return f"Left: {', '.join(discrepancy.title.lower() for discrepancy in left)}."


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
