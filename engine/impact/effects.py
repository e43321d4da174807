"""What a measured impact says: every difference's share of the gap, its spread over seeds, and what cancels.

Pure arithmetic on an `Impact`; the shares themselves are `shapley.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import hypot

import numpy as np
from numpy.typing import NDArray

from engine.experiment.choices import SideName
from engine.experiment.discrepancies import Discrepancy, Moves
from engine.experiment.discrepancies.base import each_side, listed
from engine.experiment.presets import PRESETS
from engine.experiment.settings import Settings
from engine.experiment.toward import AS_THE_ANSWER
from engine.impact.shapley import alone, interactions, removed, shapley_values, standard_errors
from engine.impact.study import Impact, Measure
from engine.number_text import number
from engine.types import FloatArray

LARGEST = 1e140
"""Gaps beyond it are those of runs that diverge: their squares could not be summed."""

CANCELLED = 0.02
"""A whole gap below this part of the largest single effect is one that cancels."""

ALIKE = 1e-6
"""Two shares that differ by less than this part are equally large."""

ROUNDING = 1e-4
"""An increase counts above this part of the seed's largest gap. Not of the two gaps compared, which may both be
rounding where the differences cancel. Single precision rounds at 6e-8; training carried that to 3e-5 of the largest."""

CERTAIN = 2.0
"""So many standard errors a sampled share must be away from another, or from zero, to be told from it."""

NEGLIGIBLE = 1e-3
"""Shares below this part of the largest are not spoken of as causes."""


@dataclass(frozen=True, eq=False)
class Effect:
    """One difference; all arrays are (S,), one value a seed, in the measure's unit."""

    discrepancy: Discrepancy
    alone: FloatArray
    removed: FloatArray
    shapley: FloatArray
    rounding: FloatArray
    """How far rounding can move a gap."""
    first: int
    weights_held: FloatArray | None = None
    """The Shapley value with the weights held equal, for a bias whose draws shift them."""
    standard_error: float = 0.0
    """Of `share`, where orders of matching are sampled."""
    values: str = ""
    """What each side has: 'none by hand, yes in PyTorch'."""

    @cached_property
    def share(self) -> float:
        """The mean Shapley value."""
        return float(self.shapley.mean())

    @cached_property
    def spread(self) -> tuple[float, float]:
        """The Shapley value's least and greatest over the seeds."""
        return float(self.shapley.min()), float(self.shapley.max())

    @property
    def plot_only(self) -> bool:
        """Whether it moves only the plotted number."""
        return self.discrepancy.moves is Moves.PLOT

    @property
    def worse_when_matched(self) -> int:
        """At how many seeds the gap grows, by more than rounding, when this one alone is matched."""
        return int(np.count_nonzero(-self.removed > self.rounding))

    @property
    def unmoved_when_matched(self) -> bool:
        """Whether at every seed the gap stays as it is, but for rounding, when this one alone is matched."""
        return bool((np.abs(self.removed) <= self.rounding).all())


@dataclass(frozen=True)
class Interaction:
    """What two differences make together beyond what each makes apart: below 0 they work against each other."""

    first: Discrepancy
    second: Discrepancy
    value: float


@dataclass(frozen=True)
class Effects:
    """By one measure: all differences, the weightiest first; the whole gap; pairs, the strongest first.

    `whole` is the mean gap with all differences in, `rest` with none; the shares add up to what lies between. Of
    sampled orders there are no pairs.
    Nothing is concluded before all is `finished`; the answer's order is another question unless all are matched
    `as_the_answer` matches them.
    """

    measure: Measure
    whole: float
    rest: float
    ranked: tuple[Effect, ...]
    pairs: tuple[Interaction, ...]
    seeds: int
    finished: bool
    as_the_answer: bool
    sampled_orders: int = 0
    """Of matching; 0 where all combinations are measured."""

    @property
    def largest(self) -> float:
        """The largest |effect| of a difference, alone or shared."""
        return max((max(abs(one.share), abs(float(one.alone.mean()))) for one in self.ranked), default=0.0)

    def percent(self, part: float) -> float:
        """Of what all differences together make."""
        return 100 * (part / (self.whole - self.rest))

    @property
    def cancel(self) -> bool:
        """Whether next to nothing is left of the effects when all are in: then no part of the whole can be given."""
        return abs(self.whole - self.rest) <= CANCELLED * self.largest


def usable_seeds(impact: Impact, measure: Measure) -> NDArray[np.bool_]:
    """(S,): the seeds at which the gap of every combination is a number, and not too large to be squared."""
    games = [impact.games[measure]] + ([impact.weights_held[measure]] if impact.weights_held is not None else [])
    found: NDArray[np.bool_] = np.all([(np.abs(game) < LARGEST).all(axis=0) for game in games], axis=0)
    return found


def effects(impact: Impact, measure: Measure) -> Effects:
    """The effects by this measure, over the usable seeds.

    Raises `ValueError` when there is none.
    """
    usable = usable_seeds(impact, measure)
    if not usable.any():
        raise ValueError(f"no seed has a finite gap by the measure {measure.value}")
    game, members = impact.games[measure][:, usable], impact.plan.members
    shares, errors = shapley_values(game, members), standard_errors(game, members)
    sizes = np.abs(shares)
    # Two that are alike but for rounding are both first.
    firsts = (sizes > 0) & (sizes >= (1 - ALIKE) * sizes.max(axis=0))
    second_game = (
        None if impact.weights_held is None else shapley_values(impact.weights_held[measure][:, usable], members)
    )
    by_removal, by_itself, rounding = removed(game, members), alone(game, members), _rounding(measure, game)
    differences = impact.plan.differences
    found = [
        Effect(
            discrepancy,
            by_itself[index],
            by_removal[index],
            shares[index],
            rounding,
            first=int(np.count_nonzero(firsts[index])),
            weights_held=second_game[index] if second_game is not None and discrepancy.shifts_draws else None,
            standard_error=float(errors[index]),
            values=each_side(*(discrepancy.label(discrepancy.value(impact.plan.settings, side)) for side in SideName)),
        )
        for index, discrepancy in enumerate(differences)
    ]
    return Effects(
        measure=measure,
        whole=float(game[-1].mean()),
        rest=float(game[0].mean()),
        ranked=tuple(sorted(found, key=lambda effect: -abs(effect.share))),
        pairs=_pairs(impact, game),
        seeds=game.shape[1],
        finished=impact.finished,
        as_the_answer=_is_the_question(impact.plan.settings)
        and all(impact.plan.toward[one.field] is AS_THE_ANSWER[one.field] for one in differences),
        sampled_orders=len(members.orders),
    )


def _is_the_question(settings: Settings) -> bool:
    """Whether it is the known answer's network, on its data."""
    question = PRESETS["asked"].settings
    return settings.layer_sizes == question.layer_sizes and settings.data == question.data


def _rounding(measure: Measure, game: FloatArray) -> FloatArray:
    """(S,): how far rounding can move a gap; a loss that grazes the threshold is under it an epoch sooner or later."""
    found: FloatArray = np.maximum(ROUNDING * game.max(axis=0), float(measure is Measure.EPOCHS))
    return found


def _pairs(impact: Impact, game: FloatArray) -> tuple[Interaction, ...]:
    if impact.plan.members.sampled:
        return ()
    strengths = interactions(game, impact.plan.members).mean(axis=-1)
    differences = impact.plan.differences
    found = [
        Interaction(differences[second], differences[first], float(strengths[first, second]))
        for first in range(len(differences))
        for second in range(first)
    ]
    return tuple(sorted(found, key=lambda pair: -abs(pair.value)))


def so_far(impact: Impact) -> str:
    """How much a measurement that is not finished stands on."""
    plan = impact.plan
    return (
        f"so far, after {impact.epochs:,} of {plan.settings.epochs:,} epochs "
        f"at {len(impact.seeds)} of {len(plan.seeds)} seeds"
    )


def conclusion(found: Effects) -> str | None:
    """One to three sentences on what follows; none before all is measured."""
    if not found.finished:
        return None
    largest = max((abs(effect.share) for effect in found.ranked), default=0.0)
    if largest == 0:
        return "By this measure no difference makes a gap."
    if found.cancel:
        return _cancelling(found)
    weighty = [effect for effect in found.ranked if abs(effect.share) > NEGLIGIBLE * largest]
    first = weighty[0]
    part = found.percent(first.share)
    alike = [one for one in weighty if abs(one.share - first.share) <= _indistinct(one, first)]
    names = " or ".join(one.discrepancy.title.lower() for one in alike)
    text = (
        f"Match {names} first: {part:.0f} % of the gap{' each' if len(alike) > 1 else ''}, "
        f"the largest share at {first.first} of {found.seeds} seeds."
    )
    if found.sampled_orders:
        error = abs(found.percent(first.standard_error))
        text += (
            f" Sampled from {found.sampled_orders} orders of matching: a standard error of {error:.0f} % of the gap."
        )
    against = [
        effect.discrepancy.title.lower() for effect in weighty if effect.share < -CERTAIN * effect.standard_error
    ]
    worse = max(weighty, key=lambda effect: effect.worse_when_matched)
    if against:
        text += f" {listed(against).capitalize()} hide{'s' if len(against) == 1 else ''} part of the gap."
    if worse.worse_when_matched:
        text += (
            f" Matching the {worse.discrepancy.title.lower()} alone makes the gap larger at "
            f"{worse.worse_when_matched} of {found.seeds} seeds."
        )
    return text


def _indistinct(one: Effect, other: Effect) -> float:
    """Up to which difference of their shares two effects are equally large."""
    return ALIKE * abs(other.share) + CERTAIN * hypot(one.standard_error, other.standard_error)


def _cancelling(found: Effects) -> str:
    strongest = max(found.ranked, key=lambda effect: abs(float(effect.alone.mean())))
    text = (
        f"These differences cancel: {strongest.discrepancy.title.lower()} alone would make a gap of "
        f"{number(float(strongest.alone.mean()), 3)}, together they leave {number(found.whole)}."
    )
    worse = [effect for effect in found.ranked if effect.worse_when_matched > found.seeds / 2]
    if worse:
        names = " or ".join(f"the {effect.discrepancy.title.lower()}" for effect in worse)
        text += f" Matching {names} alone makes the gap larger."
    return text


def in_the_answer(found: Effects) -> list[Effect]:
    """Those that the answer lists too, the weightiest first."""
    return [effect for effect in found.ranked if effect.discrepancy.answers_order is not None]


def against_the_answer(found: Effects) -> str:
    """The answer's order beside the measured one, in a sentence; empty where fewer than two are in both, where the
    differences are matched otherwise than the answer does it, and before all is measured.
    """
    both = in_the_answer(found)
    if len(both) < 2 or not found.as_the_answer or not found.finished:
        return ""
    measured = " > ".join(effect.discrepancy.title for effect in both)
    answers = " > ".join(
        effect.discrepancy.title for effect in sorted(both, key=lambda effect: effect.discrepancy.answers_order or 0)
    )
    return f"Measured: {measured}." + (" So says the answer." if measured == answers else f" The answer: {answers}.")
