"""How much each difference matters: combinations of them trained over many seeds, as one batch.

What the numbers mean - shares, cancellation, ranks - is `effects.py`'s. Training imports torch.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import ceil

import numpy as np

from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import CATALOGUE, Discrepancy, differ_again, find, match_toward, remaining
from engine.experiment.given import draws_something
from engine.experiment.settings import MAX_SEED, Settings
from engine.experiment.toward import TOWARD_PYTORCH, Toward, TowardWhat
from engine.experiment.toward import toward as sides_toward
from engine.impact.block import Block, Measurements, block_seeds, true_loss
from engine.impact.members import Members, members_of
from engine.shown_text import shown
from engine.types import FloatArray

SEEDS = 20
THRESHOLD = 0.01
MOST_SEEDS = 10_000
MEMORY = 1_000_000_000
"""Bytes that the arrays of one block may take."""

MOST_RUNS = 8192
"""In one block: it is made in about a second, and nothing is measured before."""

BLOCK_EPOCHS = 50
"""Epochs trained between two reports of progress."""


class Measure(Enum):
    """What the gap between the two sides is."""

    AREA = "area"
    REPORTED = "reported"
    WEIGHTS = "weights"
    EPOCHS = "epochs"

    def meaning(self, settings: Settings) -> str:
        """In words."""
        loss = "cross-entropy" if true_loss(settings).of_probabilities else "true MSE"
        return MEANINGS[self].format(loss=loss)

    @property
    def following(self) -> Measure:
        """The next one, the first after the last."""
        measures = list(Measure)
        return measures[(measures.index(self) + 1) % len(measures)]


MEANINGS = {
    Measure.AREA: "area between the curves of the {loss}",
    Measure.REPORTED: "area between the reported curves",
    Measure.WEIGHTS: "distance of the final weights",
    Measure.EPOCHS: "epochs by which one side's {loss} is later under the threshold",
}


@dataclass(frozen=True)
class Plan:
    """What is measured. `settings` has every difference in; each is taken out by matching it toward its side.

    `combination(m)` leaves in those whose bit is set in m. Raises `SettingsError`.
    """

    settings: Settings
    differences: tuple[Discrepancy, ...]
    seeds: tuple[int, ...]
    toward: Toward = TOWARD_PYTORCH
    threshold: float = THRESHOLD
    members: Members = field(init=False, repr=False, compare=False)
    """Which combinations are measured."""

    def __post_init__(self) -> None:
        if not self.differences:
            raise SettingsError("Nothing differs in these settings; name the differences to measure.")
        if not 0 < self.threshold < float("inf"):
            raise SettingsError(f"threshold cannot be {self.threshold!r}; it is a loss above 0.")
        object.__setattr__(self, "members", members_of(len(self.differences)))

    def combination(self, members: int) -> Settings:
        """The settings with only these differences in."""
        settings = self.settings
        for index, discrepancy in enumerate(self.differences):
            if not members >> index & 1:
                settings, _ = match_toward(discrepancy, settings, self.toward[discrepancy.field])
        return settings

    @property
    def left_out(self) -> tuple[Discrepancy, ...]:
        """What of the catalogue has no effect beside the others, or cannot differ with them."""
        return tuple(one for one in CATALOGUE if one not in self.differences)

    @property
    def sides(self) -> dict[str, SideName]:
        """By field, the side toward which each difference goes; not the wanted one where the other cannot have it."""
        return {one.field: match_toward(one, self.settings, self.toward[one.field])[1] for one in self.differences}

    @property
    def combinations(self) -> list[Settings]:
        """Those that are measured."""
        return [self.combination(members) for members in self.members.combinations]


def plan(
    settings: Settings,
    differences: Sequence[str] = (),
    seeds: int = SEEDS,
    toward: TowardWhat = SideName.PYTORCH,
    threshold: float = THRESHOLD,
) -> Plan:
    """The differences of these settings, or those named ('all' names as many of the catalogue as can differ together),
    over so many seeds from theirs on; over one where nothing is drawn from it.

    A named difference that these settings do not have is made, as its switch would; one that is not named is
    matched. `toward` is a side for all, a mapping with the sides of some, or a text such as 'answer' or 'bias=numpy'.
    Raises `SettingsError`.
    """
    sides = sides_toward(toward)
    if not 1 <= seeds <= MOST_SEEDS:
        raise SettingsError(f"seeds cannot be {shown(seeds)}; it is a whole number from 1 to {MOST_SEEDS:,}.")
    chosen = [find(name) for name in differences if name != "all"]
    if not differences:
        chosen = list(remaining(settings))
    for discrepancy in chosen:
        if not discrepancy.in_effect(settings):
            raise SettingsError(
                f"There is no effect of {discrepancy.field} to measure: {_no_effect(discrepancy, settings)}"
            )
        if discrepancy.matched(settings):
            settings = differ_again(discrepancy, settings, settings)
    if "all" in differences:
        settings, chosen = _all_parted(settings)
    for discrepancy in remaining(settings):
        if discrepancy not in chosen:
            settings, _ = match_toward(discrepancy, settings, sides[discrepancy.field])
    ordered = tuple(discrepancy for discrepancy in CATALOGUE if discrepancy in chosen)
    first, seeds = settings.seed, seeds if draws_something(settings) else 1
    return Plan(settings, ordered, tuple((first + k) % (MAX_SEED + 1) for k in range(seeds)), sides, threshold)


def _all_parted(settings: Settings) -> tuple[Settings, list[Discrepancy]]:
    """As many differences as can be made together: each that has an effect, also by those made before, and that takes
    no other's away.
    """
    chosen = [one for one in CATALOGUE if one.acts(settings)]
    found = True
    while found:
        found = False
        for discrepancy in (one for one in CATALOGUE if one not in chosen and one.in_effect(settings)):
            try:
                parted = differ_again(discrepancy, settings, settings)
            except SettingsError:
                continue
            if all(one.acts(parted) for one in [*chosen, discrepancy]):
                settings, chosen, found = parted, [*chosen, discrepancy], True
    return settings, chosen


def _no_effect(discrepancy: Discrepancy, settings: Settings) -> str:
    """Why, from its explanation's numbers: 'there is no softmax in this network'."""
    why = discrepancy.explain(settings).numbers.split(":")[0]
    return f"{why[0].lower()}{why[1:]}."


@dataclass(frozen=True, eq=False)
class Impact:
    """What was measured. Each game is (M, S): the gap of every combination that is measured, at every seed.

    `held` are the games with a missing bias leaving the weights as they are with one; none where that is no question.
    `epochs_to_threshold` (M, S) by side: the first epoch with a true loss under the threshold, one past the last if
    none. At the seeds in `diverged` some combination diverges: its loss is held where it was last finite, as training
    would stop there, and the distance of its weights is not a number.
    """

    plan: Plan
    seeds: tuple[int, ...]
    epochs: int
    games: dict[Measure, FloatArray]
    weights_held: dict[Measure, FloatArray] | None
    epochs_to_threshold: dict[SideName, FloatArray]
    diverged: tuple[int, ...]
    finished: bool
    seconds: float

    @property
    def runs(self) -> int:
        """How many runs of both sides this stands for."""
        return len(self.seeds) * len(self.plan.members.combinations)


class Study:
    """A measurement in progress, block of seeds by block of seeds; what is measured so far can be had at any time."""

    def __init__(self, plan: Plan, memory: int = MEMORY) -> None:
        self.plan = plan
        self._combinations = plan.combinations
        most = max(1, MOST_RUNS // len(self._combinations))
        self._size = min(most, len(plan.seeds), block_seeds(plan.settings, self._combinations, memory))
        self._waiting = list(plan.seeds)
        self._block: Block | None = None
        self._done: list[Measurements] = []
        self._seconds = 0.0

    @property
    def blocks(self) -> int:
        """How many there are."""
        return ceil(len(self.plan.seeds) / self._size)

    @property
    def finished(self) -> bool:
        """Whether all is measured."""
        return not self._waiting and self._block is None

    @property
    def share(self) -> float:
        """How much of the work is done, from 0 to 1."""
        block = self._block
        under_way = len(block.seeds) * block.epoch / self.plan.settings.epochs if block is not None else 0
        return (sum(len(one.seeds) for one in self._done) + under_way) / len(self.plan.seeds)

    def step(self, epochs: int = BLOCK_EPOCHS) -> None:
        """Train so many epochs of the present block."""
        started = time.perf_counter()
        if self._block is None and self._waiting:
            seeds, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
            self._block = Block(self.plan.settings, self._combinations, seeds, self.plan.threshold)
        if self._block is not None:
            with np.errstate(all="ignore"):
                self._block.train(epochs)
            if self._block.finished:
                self._done.append(self._block.measurements())
                self._block = None
        self._seconds += time.perf_counter() - started

    def impact(self) -> Impact | None:
        """What is measured: the finished blocks, or the first one so far; nothing before its first epoch."""
        done = list(self._done)
        if not done and self._block is not None and self._block.epoch:
            with np.errstate(all="ignore"):
                done = [self._block.measurements()]
        return _impact(self.plan, done, self.finished, self._seconds) if done else None


def measure(plan: Plan) -> Impact:
    """Measure it all. Raises `DeviceError` and `SettingsError`."""
    from engine.networks.torch_threads import limited

    with limited(plan.settings):
        study = Study(plan)
        while not study.finished:
            study.step()
        impact = study.impact()
    assert impact is not None
    return impact


def _impact(plan: Plan, parts: list[Measurements], finished: bool, seconds: float) -> Impact:
    whole = Measurements.joined(parts)
    numpy_epochs, pytorch_epochs = whole.epochs_to_threshold
    later = np.abs(numpy_epochs - pytorch_epochs)
    games = [
        {
            Measure.AREA: whole.area[game],
            Measure.REPORTED: whole.reported[game],
            Measure.WEIGHTS: whole.distance[game],
            Measure.EPOCHS: later[game],
        }
        for game in range(len(whole.area))
    ]
    return Impact(
        plan=plan,
        seeds=whole.seeds,
        epochs=whole.epochs,
        games=games[0],
        weights_held=games[1] if len(games) > 1 else None,
        epochs_to_threshold={SideName.NUMPY: numpy_epochs[0], SideName.PYTORCH: pytorch_epochs[0]},
        diverged=whole.diverged,
        finished=finished,
        seconds=seconds,
    )


def only(plan: Plan, discrepancy: Discrepancy) -> Settings:
    """The comparison in which this difference alone is in, at the plan's first seed."""
    return plan.combination(1 << plan.differences.index(discrepancy))
