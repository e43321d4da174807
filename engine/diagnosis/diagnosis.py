"""`diagnose`: from a recording to what was found, each difference from PyTorch, and the proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from engine.diagnosis.backward_lines import backward_lines
from engine.diagnosis.capture.refusals import of_another_kind
from engine.diagnosis.experiment_of import experiment_of
from engine.diagnosis.free_pairs import alike_up_to
from engine.diagnosis.free_run import gaps_of
from engine.diagnosis.gradients import Reading
from engine.diagnosis.logged_numbers import LoggedNumber, logged_numbers, speaks_for
from engine.diagnosis.meant import slips_of
from engine.diagnosis.numbers import MOST_DIGITS
from engine.diagnosis.observed import Observed
from engine.diagnosis.ones_column import with_ones_as_bias
from engine.diagnosis.pairing import SHUFFLED_APART, are_shuffled_apart
from engine.diagnosis.probe import ProbeResult, would_separate
from engine.diagnosis.ratios import gradient_ratios
from engine.diagnosis.recording import LEAST_STEPS, PROOF_STEPS, Recording
from engine.diagnosis.rivals import other_functions, rivals
from engine.diagnosis.search import Outcome, Trial, precisions, search
from engine.errors import DataError
from engine.experiment.choices import LossInput, Objective, SideName
from engine.experiment.discrepancies import Discrepancy, remaining
from engine.experiment.discrepancies.base import Moves
from engine.experiment.settings import OWN_LOSS, Settings
from engine.networks.places import Place
from engine.shown_text import shown
from engine.types import FloatArray

ENOUGH = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 2e-6}
"""How far a proof may be from the recording, of a tensor's scale."""

REPRODUCED = 1e-6
"""A free run that is further off explains nothing."""

SAME = 1e-12
"""A change that moves the weights by no more, of their scale, is only rounding."""

DIVERGED = 1e30
"""Weights beyond it are on their way to no number."""

WORSE = {np.dtype(np.float64): 1e6, np.dtype(np.float32): 100.0}
"""How many times further off the nearest other reading must be; in float32 a gap itself is only some 1e7 times less
than the weights.
"""


UNNAMED = 2
"""From this rank on a reading has a rate that the program does not name."""


class Conclusion(Enum):
    """What a diagnosis comes to."""

    PROVED = "proved"
    REPRODUCED = "reproduced"
    UNDECIDED = "cannot be told apart"
    PARTLY = "partly explained"
    NOT_EXPLAINED = "not explained"


@dataclass(frozen=True, eq=False)
class Cause:
    """A difference from the PyTorch network that is meant, and how far mending it alone takes the run: the largest
    difference of any weight in the recorded steps, of its tensor's scale; 0 for what only the plotted number shows.
    """

    discrepancy: Discrepancy
    effect: float

    @property
    def field(self) -> str:
        """Its name in files."""
        return self.discrepancy.field

    @property
    def is_plotted(self) -> bool:
        """Whether only the plotted number shows it."""
        return self.discrepancy.moves is Moves.PLOT


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What was found. `settings` have their side by hand and the meant one in PyTorch; `gaps` are PyTorch's run, with
    every difference in it, beside the recording, after each step.
    """

    recording: Recording
    conclusion: Conclusion
    reading: Reading | None = None
    settings: Settings | None = None
    causes: tuple[Cause, ...] = ()
    equals: tuple[Reading, ...] = ()
    """Other readings that give the same run."""
    logged: tuple[LoggedNumber, ...] = ()
    gaps: FloatArray | None = None
    rival: float = np.inf
    """The gap of the nearest reading that is another function."""
    explained: tuple[Place, ...] = ()
    unexplained: tuple[Place, ...] = ()
    """Tensors whose steps no form of gradient gives."""
    ratios: Mapping[Place, float] = field(default_factory=dict)
    """What their gradient is of the one that is meant, at the same weights in every step; only where that is a number
    for all elements and steps.
    """
    backward: Mapping[Place, tuple[int, ...]] = field(default_factory=dict)
    """The lines of the program that make δ and the gradients."""
    repeats: bool = False
    """Whether the settings' run by hand is the recorded one, batch by batch."""
    undecided: tuple[Reading, ...] = ()
    """Readings that are another function and whose run is no further off than a proof may be."""
    fitting: tuple[Trial, ...] = ()
    """All readings whose run is no further off, the likeliest first, that which was taken among them."""
    is_separable: bool = False
    """Whether another number of samples or outputs would tell those apart that give the same run."""
    probe: ProbeResult | None = None

    @property
    def is_parity(self) -> bool:
        """Whether PyTorch's network is theirs, with nothing to change."""
        return self.settings is not None and not self.causes

    @property
    def proved_gap(self) -> float:
        """The largest of the first steps, which a proof is about."""
        return np.inf if self.gaps is None else float(self.gaps[:PROOF_STEPS].max())


def diagnose(recording: Recording) -> Diagnosis:
    """Raises `DataError` for a recording that says too little, or of layers that its program has otherwise;
    `SettingsError` for a network of a kind not known.
    """
    observed = Observed(while_finite(recording))
    with np.errstate(all="ignore"):
        found = _diagnosed(observed)
    if found.settings is not None and are_shuffled_apart(found.recording):
        # Where nothing repeats the run, it may be the targets that were read wrongly.
        notes = (*found.recording.notes, SHUFFLED_APART)
        return replace(found, recording=replace(found.recording, notes=notes))
    return found


def _diagnosed(observed: Observed) -> Diagnosis:
    enough = ENOUGH[observed.dtype]
    outcome = search(observed, enough)
    trials = [trial for trial in outcome.trials if trial.gap <= max(enough, REPRODUCED)]
    if not trials:
        beside_ones = with_ones_as_bias(observed.recording)
        other = None if beside_ones is None else _diagnosed(Observed(beside_ones))
        return other if other is not None and other.gaps is not None else _unexplained(observed.recording, outcome)
    trials = _without_idle_epsilons(trials, enough)
    usual = min(trials, key=lambda one: (one.gap > enough, one.rank, slips_of(one.reading)))
    logged = logged_numbers(observed, usual.reading)
    best, *others = _by_likelihood(observed, trials, logged, enough)
    return explained(observed, best, others, enough)


def _without_idle_epsilons(trials: list[Trial], enough: float) -> list[Trial]:
    """An ε that a reading without one repeats as well is lost in rounding."""
    plain = [one for one in trials if not one.reading.side.adds_loss_epsilon]
    return plain if any(one.gap <= enough for one in plain) else trials


def while_finite(recording: Recording) -> Recording:
    """The steps before a run diverges."""
    finite = np.logical_and.reduce(
        [(np.abs(one.reshape(len(one), -1)) < DIVERGED).all(axis=1) for one in recording.arrays.values()]
    )
    steps = recording.steps if finite.all() else max(0, int(np.argmin(finite)) - 1)
    if steps < LEAST_STEPS:
        why = "" if finite.all() else " before the weights are no numbers any more"
        where = f"{shown(recording.program)}: " if recording.program else ""
        raise DataError(
            f"{where}{steps} recorded steps{why} are too few to tell a momentum from none; at least {LEAST_STEPS} are "
            "needed."
        )
    return recording.first(steps)


def _unexplained(recording: Recording, outcome: Outcome) -> Diagnosis:
    if outcome.nearest is None:
        other = of_another_kind(recording.source)
        if other is not None:
            raise DataError(f"{shown(recording.program)}: {other}")
        return Diagnosis(recording, Conclusion.NOT_EXPLAINED)
    return Diagnosis(
        recording,
        Conclusion.PARTLY,
        outcome.nearest.reading,
        explained=tuple(outcome.nearest.laws),
        unexplained=outcome.nearest.unexplained,
    )


def _by_likelihood(
    observed: Observed, trials: list[Trial], logged: tuple[LoggedNumber, ...], enough: float
) -> list[Trial]:
    """What is logged speaks for the loss whose gradient is taken, less than a rate that the program names. Of readings
    that nothing else tells apart, the one is meant that differs least from PyTorch, and then the one whose loss is that
    of its outputs: p − y is a cross-entropy's before it is a squared error's without its derivative.
    """
    likely = precisions(observed)

    def against(trial: Trial) -> tuple[bool, int, float, int, int, bool, bool]:
        side = trial.reading.side
        rank = trial.rank + (speaks_for(logged, side.objective) is False)
        gap = trial.gap if trial.gap > enough else 0.0
        own = OWN_LOSS.get(trial.reading.activations[-1], side.objective) is side.objective
        slips = slips_of(trial.reading)
        precision = likely.index(side.precision)
        return trial.gap > enough, rank, gap, precision, slips, not own, side.loss_input is not LossInput.LOGITS

    return sorted(trials, key=against)


def explained(
    observed: Observed, best: Trial, others: list[Trial], enough: float, ruled_out: frozenset[Reading] = frozenset()
) -> Diagnosis:
    """With this trial taken, those ruled out no longer in its way."""
    from engine.diagnosis.torch_proof import proof_gaps

    logged = logged_numbers(observed, best.reading)
    experiment = experiment_of(observed, best.reading, _logged_fields(logged))
    gaps = proof_gaps(observed, best.reading)
    settings, causes = _causes(observed, best.reading, experiment.settings, max(SAME, float(gaps.max())))
    near = rivals(observed, best.reading, best.gap, enough)
    fitting = [one for one in (best, *others) if one.gap <= enough]
    undecided = _undecided(observed, best, fitting, near.within, ruled_out)
    gap = float(gaps[:PROOF_STEPS].max())
    apart = near.nearest >= WORSE[observed.dtype] * max(gap, observed.eps / 100)
    conclusion = Conclusion.REPRODUCED
    if gap <= enough and observed.recording.steps >= PROOF_STEPS and apart:
        conclusion = Conclusion.UNDECIDED if undecided else Conclusion.PROVED
    equals = _equals(best, [one for one in others if one.reading not in undecided], enough)
    return Diagnosis(
        observed.recording,
        conclusion,
        best.reading,
        settings,
        causes,
        equals,
        logged,
        gaps,
        near.nearest,
        tuple(observed.motions),
        backward=backward_lines(observed, best.reading),
        ratios=gradient_ratios(observed, best.reading, settings),
        repeats=experiment.repeats,
        undecided=undecided,
        fitting=tuple(fitting),
        is_separable=would_separate(observed, best.reading, equals),
    )


def _undecided(
    observed: Observed, best: Trial, fitting: list[Trial], near: tuple[Reading, ...], ruled_out: frozenset[Reading]
) -> tuple[Reading, ...]:
    """One of each precision. A number of many digits is no other reading: between any two there is a third."""
    likely = [one for one in fitting if one is not best and one.rank <= max(best.rank, UNNAMED + MOST_DIGITS)]
    far = [one.reading for one in likely if one.gap + best.gap > alike_up_to(observed)]
    found = [*other_functions(observed, best.reading, far), *near]
    precision, one_of_each = best.reading.side.precision, dict[Reading, Reading]()
    for one in found:
        if one not in ruled_out:
            one_of_each.setdefault(replace(one, side=replace(one.side, precision=precision)), one)
    return tuple(one_of_each.values())


def _logged_fields(logged: tuple[LoggedNumber, ...]) -> dict[str, object]:
    return logged[0].fields if logged and logged[0].is_named else {}


def _causes(
    observed: Observed, reading: Reading, settings: Settings, same: float
) -> tuple[Settings, tuple[Cause, ...]]:
    """Those that move the weights most first; last what only the plotted number shows. Another way to write the same
    function, which moves them by no more than `same`, is no cause: the settings are returned without it.
    """
    found = []
    for discrepancy in remaining(settings):
        effect = 0.0
        if discrepancy.moves is Moves.WEIGHTS:
            mended = replace(settings.numpy, **{discrepancy.field: getattr(settings.pytorch, discrepancy.field)})
            effect = float(gaps_of(observed, replace(reading, side=mended)).max())
            if effect <= same:
                settings = discrepancy.match(settings, SideName.PYTORCH)
                continue
        found.append(Cause(discrepancy, effect))
    return settings, tuple(sorted(found, key=lambda cause: (cause.is_plotted, -cause.effect)))


def _equals(best: Trial, others: list[Trial], enough: float) -> tuple[Reading, ...]:
    same = [one.reading for one in others if one.gap <= enough and one.rank <= best.rank and _is_natural(one.reading)]
    return tuple(dict.fromkeys(same))[:3]


def _is_natural(reading: Reading) -> bool:
    """Whether its loss is one that people take for such outputs."""
    objective = reading.side.objective
    return objective is Objective.SQUARED_ERROR or OWN_LOSS.get(reading.activations[-1]) is objective
