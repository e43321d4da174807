"""What the gaps amount to, in plain words, given which differences are left."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.comparison import Comparison
from engine.discrepancies import Discrepancy, remaining
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
    """The headline, the gaps it rests on, and what is left different."""

    level: Level
    headline: str
    gaps: str
    left: str = ""

    @property
    def detail(self) -> str:
        """All that is said below the headline."""
        return f"{self.gaps} {self.left}".strip()


def judge(settings: Settings, comparison: Comparison, divergence: Divergence | None = None) -> Verdict:
    """The verdict on a run, finished or not."""
    left = remaining(settings)
    if divergence is not None:
        return Verdict(Level.DIVERGED, f"Diverged at epoch {divergence.epoch:,}", divergence.message)
    if comparison.losses.epochs == 0:
        level = Level.DIFFERENT if left else Level.EQUAL
        return Verdict(level, "Nothing trained yet", "", _left_sentence(left))
    if comparison.losses.different == 0:
        return _identical(comparison, left)
    return _some_gap(comparison, left) if left else _only_rounding(comparison)


def _identical(comparison: Comparison, left: tuple[Discrepancy, ...]) -> Verdict:
    losses = f"Identical: every bit of {comparison.losses.epochs:,} losses"
    if comparison.same_parameters:
        return Verdict(Level.IDENTICAL, f"{losses} and of every weight", "", _left_sentence(left))
    gap = f"The weights are not: max |ΔW| {comparison.max_parameter_gap:.1e}."
    return Verdict(Level.IDENTICAL, losses, gap, _left_sentence(left))


def _only_rounding(comparison: Comparison) -> Verdict:
    gap = comparison.losses
    if _relative(comparison) <= ROUNDING:
        headline = f"Equal to {gap.max_absolute:.1e} ({gap.max_ulp:,} ULP)"
        return Verdict(Level.EQUAL, headline, _apart(comparison), "No difference is left, only rounding.")
    headline = f"Equal settings, yet {gap.max_absolute:.1e} apart"
    return Verdict(Level.DIFFERENT, headline, _apart(comparison), "Training has amplified rounding.")


def _some_gap(comparison: Comparison, left: tuple[Discrepancy, ...]) -> Verdict:
    if _relative(comparison) <= PLOTTING_PRECISION:
        headline = f"Equal to plotting precision: {comparison.losses.max_absolute:.1e}"
        cancelled = f"{_left_sentence(left)} Here they cancel or round away."
        return Verdict(Level.PLOTTING, headline, _apart(comparison), cancelled)
    headline = f"Different: {len(left)} difference{'s' if len(left) > 1 else ''} left"
    return Verdict(Level.DIFFERENT, headline, _apart(comparison), _left_sentence(left))


def _relative(comparison: Comparison) -> float:
    """The largest gap as a share of the largest loss, which is not 0 where there is a gap."""
    return comparison.losses.max_absolute / comparison.losses.largest_loss


def _apart(comparison: Comparison) -> str:
    gap = comparison.losses
    return (
        f"Max |Δloss| {gap.max_absolute:.1e} at epoch {gap.max_absolute_epoch:,}, "
        f"max |ΔW| {comparison.max_parameter_gap:.1e}, bits part at epoch {gap.first_different_epoch:,}."
    )


def _left_sentence(left: tuple[Discrepancy, ...]) -> str:
    if not left:
        return "No difference is left."
    return f"Left: {', '.join(discrepancy.title.lower() for discrepancy in left)}."
