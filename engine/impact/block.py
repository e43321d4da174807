"""Some seeds of a study, every combination of them at once: trained together, gaps gathered epoch by epoch.

A training is shared by all combinations whose weights move alike: what is only logged otherwise is only read otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.errors import SettingsError
from engine.experiment.batch_rules import EpochLoss
from engine.experiment.choices import LogMoment, LossReport, Objective, SideName
from engine.experiment.settings import Settings
from engine.networks.places import Tensors
from engine.networks.stacked_runs import Logged, Stack, StackedRun
from engine.types import FloatArray


@dataclass(frozen=True)
class Measurements:
    """Gaps (games, M, S); the second game, if there is one, has the bias' draws held. Epochs by side, NumPy first.

    At a `diverged` seed some combination did: its loss is held where it was last finite, its weights have no distance.
    """

    seeds: tuple[int, ...]
    epochs: int
    area: FloatArray
    reported: FloatArray
    distance: FloatArray
    epochs_to_threshold: tuple[FloatArray, FloatArray]
    diverged: tuple[int, ...]

    @staticmethod
    def joined(parts: Sequence[Measurements]) -> Measurements:
        """Several blocks as one."""

        def join(arrays: Sequence[FloatArray]) -> FloatArray:
            return np.concatenate(arrays, axis=2)

        return Measurements(
            seeds=tuple(seed for part in parts for seed in part.seeds),
            epochs=min(part.epochs for part in parts),
            area=join([part.area for part in parts]),
            reported=join([part.reported for part in parts]),
            distance=join([part.distance for part in parts]),
            epochs_to_threshold=(
                join([part.epochs_to_threshold[0] for part in parts]),
                join([part.epochs_to_threshold[1] for part in parts]),
            ),
            diverged=tuple(seed for part in parts for seed in part.diverged),
        )


class _Trainings:
    """All different trainings of one side, in as few stacks as their structures allow; `columns` finds a run's."""

    def __init__(
        self,
        settings: Settings,
        name: SideName,
        runs: Sequence[StackedRun],
        logs: Sequence[Logged],
        build: Callable[[Settings, Sequence[StackedRun], Sequence[Logged]], Stack],
    ) -> None:
        by_structure: dict[object, list[StackedRun]] = {}
        for run in dict.fromkeys(runs):
            by_structure.setdefault(run.structure(name), []).append(run)
        stacked = [run for group in by_structure.values() for run in group]
        place = {run: column for column, run in enumerate(stacked)}
        self.columns = np.array([place[run] for run in runs])
        self.count = len(stacked)
        self._stacks = [build(settings, group, logs) for group in by_structure.values()]
        self._before = [log.moment is LogMoment.BEFORE for log in logs]
        self._last = np.full((len(logs), self.count), np.nan)
        self.diverged = np.zeros(self.count, bool)

    def step(self) -> FloatArray:
        """(logs, R): what each is of every training's next epoch; where it diverged, the last finite."""
        logged = np.concatenate([stack.step() for stack in self._stacks], axis=1)
        known = np.isfinite(logged)
        finite = known[self._before].all(axis=0) & ~self.diverged
        if not (finite.all() and known.all()):
            self.diverged = ~finite
            logged = np.where(finite & known, logged, self._last)
        self._last = logged
        return logged

    def parameters(self) -> Tensors:
        """As `Stack.parameters`, of all trainings."""
        found = [stack.parameters() for stack in self._stacks]
        return {place: np.concatenate([one[place] for one in found]) for place in found[0]}


class Block:
    """Every combination at these seeds."""

    def __init__(
        self, settings: Settings, combinations: Sequence[Settings], seeds: Sequence[int], threshold: float
    ) -> None:
        from engine.networks.numpy_stack import NumpyStack
        from engine.networks.torch_stack import TorchStack

        self.seeds = tuple(seeds)
        self.epoch = 0
        self._settings = settings
        self._threshold = threshold
        # With a bias among the differences there is a second game, in which its draws shift nothing.
        self._games = 2 if any(one.numpy.bias != one.pytorch.bias for one in combinations) else 1
        self._shape = (self._games, len(combinations), len(seeds))
        places = list(product(range(self._games), combinations, seeds))
        self._logged = _logged_alike(places)
        wanted = (log for sides in self._logged for log in sides)
        # Before each update; of batches their mean.
        self._true_loss = Logged(true_loss(settings))
        self._logs = list(dict.fromkeys((self._true_loss, *wanted)))
        self._sides = [
            _Trainings(
                settings,
                name,
                [StackedRun.of(one.side(name), seed, bool(held)) for held, one, seed in places],
                self._logs,
                build,
            )
            for name, build in ((SideName.NUMPY, NumpyStack), (SideName.PYTORCH, TorchStack))
        ]
        self._area, self._reported = np.zeros(len(places)), np.zeros(len(places))
        self._below = [np.zeros(side.count, np.int64) for side in self._sides]
        self._distance: FloatArray | None = None

    @property
    def finished(self) -> bool:
        """Whether every epoch is trained and measured."""
        return self._distance is not None

    def train(self, epochs: int) -> None:
        """Up to so many more epochs."""
        count = min(epochs, self._settings.epochs - self.epoch)
        self._take(count)
        self.epoch += count
        if self.epoch == self._settings.epochs:
            self._distance = self._weight_distance()

    def _take(self, count: int) -> None:
        """Step, and add the gaps of so many epochs."""
        trained = []
        for side, below in zip(self._sides, self._below, strict=True):
            logged = np.stack([side.step() for _ in range(count)])
            self._watch_threshold(below, logged[:, self._logs.index(self._true_loss)])
            trained.append(logged)
        numpy_columns, pytorch_columns = (side.columns for side in self._sides)
        numpy, pytorch = (logged[:, self._logs.index(self._true_loss)] for logged in trained)
        self._area += _gap(numpy, pytorch, numpy_columns, pytorch_columns)
        for sides, places in self._logged.items():
            numpy, pytorch = (logged[:, self._logs.index(log)] for logged, log in zip(trained, sides, strict=True))
            self._reported[places] += _gap(numpy, pytorch, numpy_columns[places], pytorch_columns[places])

    def _watch_threshold(self, below: NDArray[np.int64], losses: FloatArray) -> None:
        under = losses < self._threshold
        first = self.epoch + 1 + under.argmax(axis=0)
        news = under.any(axis=0) & (below == 0)
        below[news] = first[news]

    def _weight_distance(self) -> FloatArray:
        """‖W_NumPy − W_PyTorch‖ over all parameters, a missing bias counting as zero."""
        total = np.zeros(len(self._area))
        numpy, pytorch = self._sides
        theirs_by_place = pytorch.parameters()
        for place, ours in numpy.parameters().items():
            theirs = theirs_by_place[place]
            for start in range(0, len(total), PLACES_AT_ONCE):
                part = slice(start, start + PLACES_AT_ONCE)
                gap = ours[numpy.columns[part]] - theirs[pytorch.columns[part]]
                total[part] += np.square(gap).reshape(len(gap), -1).sum(axis=1)
        return np.sqrt(total)

    def measurements(self) -> Measurements:
        """All gaps so far."""
        distance = self._weight_distance() if self._distance is None else self._distance
        distance = np.where(self._diverged, np.nan, distance)
        epochs = [
            np.where(below == 0, self.epoch + 1, below)[side.columns].astype(np.float64).reshape(self._shape)
            for side, below in zip(self._sides, self._below, strict=True)
        ]
        return Measurements(
            self.seeds,
            self.epoch,
            self._area.reshape(self._shape).copy(),
            self._reported.reshape(self._shape).copy(),
            distance.reshape(self._shape),
            (epochs[0], epochs[1]),
            self._diverged_seeds(),
        )

    @property
    def _diverged(self) -> NDArray[np.bool_]:
        """At which places a side diverged."""
        numpy, pytorch = (side.diverged[side.columns] for side in self._sides)
        found: NDArray[np.bool_] = numpy | pytorch
        return found

    def _diverged_seeds(self) -> tuple[int, ...]:
        at_seed = np.asarray(self._diverged.reshape(self._shape).any(axis=(0, 1)))
        return tuple(seed for seed, diverged in zip(self.seeds, at_seed, strict=True) if diverged)


def true_loss(settings: Settings) -> LossReport:
    """What both sides are measured by, whatever they log: mean(e²), or the cross-entropy that both are trained on."""
    objectives = {settings.numpy.objective, settings.pytorch.objective}
    if len(objectives) == 1 and Objective.SQUARED_ERROR not in objectives:
        return LossReport.CROSS_ENTROPY
    return LossReport.MSE


PLACES_AT_ONCE = 64
"""Pairs of final weights that are laid beside each other at once."""


def _gap(
    numpy: FloatArray, pytorch: FloatArray, numpy_columns: NDArray[np.int64], pytorch_columns: NDArray[np.int64]
) -> FloatArray:
    """Σ over epochs of |Δ| for each pair of columns."""
    gap: FloatArray = np.abs(numpy[:, numpy_columns] - pytorch[:, pytorch_columns]).sum(axis=0)
    return gap


def _logged_alike(places: Sequence[tuple[int, Settings, int]]) -> dict[tuple[Logged, Logged], NDArray[np.int64]]:
    """The places at which both sides log the same kind of number of the same weights."""
    found: dict[tuple[Logged, Logged], list[int]] = {}
    for place, (_, one, _) in enumerate(places):
        found.setdefault((Logged.of(one.numpy), Logged.of(one.pytorch)), []).append(place)
    return {logged: np.array(alike) for logged, alike in found.items()}


def block_seeds(settings: Settings, combinations: Sequence[Settings], memory: int) -> int:
    """How many seeds fit into so many bytes; raises `SettingsError` when not even one does."""
    trainings = 0
    for name in SideName:
        trainings += len({StackedRun.of(one.side(name), 0, held) for one in combinations for held in (False, True)})
    # Per training, all that a step computes, which is held while it is recorded: some twelve arrays of a layer's
    # samples; weights, their gradients, velocities and copies.
    sides = [side for one in combinations for side in (one.numpy, one.pytorch)]
    samples = max(settings.batch_samples(side) for side in sides)
    if any(side.epoch_loss is EpochLoss.WHOLE for side in sides):
        samples = settings.data.samples
    values = 12 * samples * sum(settings.layer_sizes) + 8 * settings.parameter_count
    # Per combination: a chunk of gathered curves.
    needed = 8 * trainings * values + 16 * 8 * 64 * len(combinations)
    if needed > memory:
        raise SettingsError(
            f"One seed of {len(combinations):,} combinations needs about {needed / 1e9:.1f} GB, more than the "
            f"{memory / 1e9:.1f} GB allowed; measure fewer differences, or a smaller network."
        )
    return memory // needed
