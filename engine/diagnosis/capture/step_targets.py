"""The targets of each step, and which form of the last layer is the network's output.

Targets are what the program compares its output with: an array that holds ±k·(output − targets), times the derivative
of the activation perhaps, shows them. A counter of the loop shows nothing and never passes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.diagnosis.capture.laid_out import LaidOut
from engine.diagnosis.capture.layer_forms import Array, activated
from engine.diagnosis.capture.network_finder import Network
from engine.diagnosis.capture.passes import Steps, batch_rows, pre_activation
from engine.diagnosis.capture.refusals import NO_TARGETS
from engine.diagnosis.capture.sample_places import SamplePlaces, by_samples
from engine.diagnosis.capture.trace import GONE, Event, Trace
from engine.diagnosis.recorded_names import TARGETS
from engine.diagnosis.targets import as_rows
from engine.errors import DataError
from engine.shown_text import shown
from engine.types import FloatArray

LOOKED_AT = 10
"""Steps in which a proof of the targets is looked for."""

MOST_EVENTS = 3000
"""Of a step that are looked at."""

ENOUGH = 0.75
"""The part of them that must show it."""

Reader = Callable[[int], Array | None]
"""The rows of a candidate in a step; none if it has none."""


@dataclass(frozen=True)
class Candidate:
    """What may be the targets."""

    name: str
    rank: int
    """How sure it is to be data: 0 stands beside the inputs, 1 was there before the pass, 2 came after it."""
    rows: Reader


@dataclass(frozen=True)
class Targets:
    """The targets of each step, (N, C), and the output's activation."""

    name: str
    rows: tuple[FloatArray, ...]
    activation: str
    every_pair: bool = False
    """Whether the program takes them from every output of the batch, (N,) from (N, 1)."""


class TargetFinder:
    """Looks at one network's steps."""

    def __init__(self, trace: Trace, network: Network, steps: Steps) -> None:
        self.trace = trace
        self.network = network
        self.steps = steps
        groups = [one.parts or (one,) for one in steps.passes[: steps.count]]
        self.sizes = [len(group) for group in groups]
        self.passes = [one for group in groups for one in group]
        self.ends = [one.index for one in self.passes[1:]]
        if steps.count < len(steps.passes):
            self.ends.append(steps.passes[steps.count].index)
        self.batches = [batch_rows(trace, network, one) for one in self.passes]
        self.places = SamplePlaces(trace, self.passes, self.batches)
        self.forms = sorted({activation for _, activation in network.layers[-1].outputs})
        self.outputs = [self._outputs(step) for step in range(len(self.passes))]
        self.computed: dict[int, list[Array]] = {}
        self.laid_out: dict[tuple[int, tuple[int, ...]], LaidOut] = {}
        self.width = next(iter(self.outputs[0].values())).shape[1]

    def _outputs(self, step: int) -> dict[str, Array]:
        """By activation, the output of a step, computed from its weights."""
        one = self.passes[step]
        held = dict(one.held)
        held.update(zip(self.network.slots, one.state, strict=True))
        rows: Array = self.batches[step]
        found = {}
        for number, layer in enumerate(self.network.layers):
            plain = layer.form._replace(columns=False, flat_input=False)
            given = rows.reshape(len(rows), -1)
            z = pre_activation(self.trace, replace(layer, form=plain), given, held)
            if z is None:
                raise DataError("The layers that were found do not fit each other in every step; use the recorder.")
            if number + 1 == len(self.network.layers):
                found = {name: activated(name, z) for name in self.forms}
            rows = activated(layer.form.activation, z)
        return found

    def find(self, name: str | None) -> Targets:
        """Raises `DataError`, which says what `--names` should say."""
        candidates = [one for one in self._candidates() if name is None or is_called(one.name, name)]
        if not candidates:
            what = f"nothing called '{shown(name)}'" if name else "no array"
            raise DataError(
                f"{NO_TARGETS}: {what} has one row for each of {len(self.batches[0])} "
                f"samples beside {self.width} outputs; give --names y=NAME, or use the recorder."
            )
        looked = [
            (score, -one.rank, one, activation)
            for one in candidates
            for activation in self.forms
            if (score := self._shown(one, activation)) >= ENOUGH
        ]
        if looked:
            best = max(
                looked, key=lambda entry: (entry[1], entry[0], entry[3] == self.network.layers[-1].form.activation)
            )
            return self._read(best[2], best[3])
        return self._by_name(candidates, name)

    def sees_outputs(self) -> bool:
        """Whether what the layers give was seen in most passes: a form of it, or a multiple of its error."""
        steps = range(min(LOOKED_AT, len(self.passes)))
        seen = [
            any(self._laid_out(step, rows.shape).factors(rows).any() for rows in self.outputs[step].values())
            for step in steps
        ]
        return sum(seen) >= len(seen) / 2

    def _by_name(self, candidates: Sequence[Candidate], name: str | None) -> Targets:
        """Where nothing is computed from them under a name: the only ones, or those that are called like targets."""
        near = [one for one in candidates if one.rank < 2] if name is None else list(candidates)
        sure = [one for one in near if name or self._uses_all(one)]
        usual = [one for one in sure if name or _has_usual_name(one)] or [one for one in near if _has_usual_name(one)]
        pool = usual or ([] if len({one.name for one in sure}) > 1 else sure)
        different = {b"".join(rows.tobytes() for rows in self._rows(one) if rows is not None) for one in pool}
        if len(different) != 1:
            names = ", ".join(dict.fromkeys(one.name for one in pool or candidates))
            raise DataError(f"{NO_TARGETS}: they may be {shown(names)}; say which with --names y=NAME.")
        own = self.network.layers[-1].form.activation
        return self._read(pool[0], max(self.forms, key=lambda form: (self._shown(pool[0], form), form == own)))

    def _uses_all(self, one: Candidate) -> bool:
        """Whether the last output is ever asked for: class numbers that never reach it count something else."""
        return any(rows is not None and bool(np.any(rows[:, -1])) for rows in self._rows(one))

    def _rows(self, one: Candidate) -> list[Array | None]:
        return [one.rows(step) for step in range(len(self.passes))]

    def _read(self, one: Candidate, activation: str) -> Targets:
        rows = self._rows(one)
        found = [array for array in rows if array is not None]
        if len(found) != len(rows):
            raise DataError(f"The targets {shown(one.name)} were not there in every step; use the recorder.")
        left = iter(found)
        joined = [np.concatenate([next(left) for _ in range(size)]) for size in self.sizes]
        return Targets(one.name, tuple(joined), activation, self._pairs_up(one, activation))

    def _as_rows(self, array: Array, step: int) -> Array | None:
        samples = len(self.batches[step])
        if array.ndim == 2 and array.shape == (samples, self.width) and samples == self.width > 1:
            array = array.T if self.network.layers[-1].form.columns else array
        return as_rows(array, samples, self.width)

    def _candidates(self) -> Iterator[Candidate]:
        """All that has the right size in each step that is looked at; of several names of one, that which targets
        usually have.
        """
        checked = range(min(LOOKED_AT, len(self.passes)))
        found: dict[tuple[int, bytes], Candidate] = {}
        for one in (*self._beside(), *self._of_slots()):
            rows = [one.rows(step) for step in checked]
            if any(array is None for array in rows):
                continue
            key = one.rank, b"".join(array.tobytes() for array in rows if array is not None)
            if key not in found or (_has_usual_name(one) and not _has_usual_name(found[key])):
                found[key] = one
        yield from found.values()

    def _of_slots(self) -> Iterator[Candidate]:
        parameters = set(self.network.slots)
        often = Counter(event.slot for event in self._events(0) if event.value != GONE)
        filled = {slot for slot, count in often.items() if count > 1}
        for slot in range(len(self.trace.slots)):
            if slot not in parameters:
                if slot in self.passes[0].held:
                    yield Candidate(self.trace.name(slot), 1, self._before(slot))
                yield Candidate(self.trace.name(slot), 2, self._after(slot))
                if slot in filled:
                    yield Candidate(self.trace.name(slot), 2, self._after(slot, filled=True))

    def _before(self, slot: int) -> Reader:
        def read(step: int) -> Array | None:
            value = self.passes[step].held.get(slot)
            return None if value is None else self._as_rows(self.trace.values[value], step)

        return read

    def _after(self, slot: int, filled: bool = False) -> Reader:
        """What it gets in a pass: first, or where it is filled bit by bit, last."""
        before = self._before(slot)

        def read(step: int) -> Array | None:
            events = self._events(step)
            for event in reversed(events) if filled else events:
                if event.slot == slot and event.value != GONE:
                    return self._as_rows(self.trace.values[event.value], step)
            # What is computed again and stays the same is no event.
            return before(step)

        return read

    def _events(self, step: int) -> Sequence[Event]:
        """What happened from a pass to the next one."""
        start = self.passes[step].index
        end = self.ends[step] if step < len(self.ends) else len(self.trace.events)
        return self.trace.events[start : min(end, start + MOST_EVENTS)]

    def _computed(self, step: int) -> list[Array]:
        """What could be an error of the outputs, among all that came during a pass."""
        if step not in self.computed:
            samples = len(self.batches[step])
            sizes = {samples * self.width, samples**2 if self.width == 1 else 0}
            values = dict.fromkeys(event.value for event in self._events(step) if event.value != GONE)
            arrays = [self.trace.values[value] for value in values]
            self.computed[step] = [one for one in arrays if one.dtype.kind == "f" and one.size in sizes]
        return self.computed[step]

    def _beside(self) -> Iterator[Candidate]:
        """Rows of a constant that stand where the samples stand in another one."""
        held = self.passes[0].held
        whole = {value for value in held.values() if self.places.hold(value)}
        for value in whole:
            places = self.places.of(value)
            for slot, other in held.items():
                array = self.trace.values[other]
                if other not in whole and array.ndim and places is not None:
                    for rows in by_samples(array, places[1]):
                        yield Candidate(self.trace.name(slot), 0, self._at(rows, places[0]))

    def _at(self, rows: Array, places: Sequence[Array]) -> Reader:
        def read(step: int) -> Array | None:
            return self._as_rows(rows[places[step]], step)

        return read

    def _shown(self, one: Candidate, activation: str) -> float:
        """The part of the steps in which something is in proportion to output − targets, always by the same factor."""
        factors: list[set[tuple[int, float]]] = []
        for step in range(min(LOOKED_AT, len(self.passes))):
            rows = one.rows(step)
            # What stays is not seen again, as the error of outputs that no longer move.
            if step and np.array_equal(self.outputs[step][activation], self.outputs[step - 1][activation]):
                continue
            # Of targets of 0 the output itself is the difference.
            if rows is None or np.any(rows):
                factors.append(set() if rows is None else self._factors(step, rows, activation, one.rank))
        counted: dict[tuple[int, float], int] = {}
        for each in factors:
            for factor in each:
                counted[factor] = counted.get(factor, 0) + 1
        return max(counted.values(), default=0) / max(1, len(factors))

    def _factors(self, step: int, rows: Array, activation: str, rank: int) -> set[tuple[int, float]]:
        output = self.outputs[step][activation]
        with np.errstate(all="ignore"):
            gap = output - rows
            slopes = (1.0, output * (1 - output), 1 - output**2, output > 0, 1 / (output * (1 - output)))
            wanted = [gap * slope for slope in slopes]
            if self._has_pairs(step):
                wanted.append(output - rows.T)
        found = set()
        for number, one in enumerate(wanted):
            laid = self._laid_out(step, one.shape)
            factors = laid.factors(one)
            if rank == 2:
                factors[laid.are(rows)] = 0.0
            found |= {(number, float(f"{factor:.5g}")) for factor in factors[factors != 0]}
        return found

    def _has_pairs(self, step: int) -> bool:
        """Whether the step made an array with a number for every two samples."""
        samples = len(self.batches[step])
        return self.width == 1 and samples > 1 and any(one.size == samples**2 for one in self._computed(step))

    def _pairs_up(self, one: Candidate, activation: str) -> bool:
        """Whether every output meets every target, in some step that is looked at."""
        for step in range(min(LOOKED_AT, len(self.passes))):
            rows = one.rows(step)
            if rows is not None and self._has_pairs(step):
                gap = self.outputs[step][activation] - rows.T
                if self._laid_out(step, gap.shape).factors(gap).any():
                    return True
        return False

    def _laid_out(self, step: int, shape: tuple[int, ...]) -> LaidOut:
        key = step, shape
        if key not in self.laid_out:
            self.laid_out[key] = LaidOut(self._computed(step), shape)
        return self.laid_out[key]


def _has_usual_name(one: Candidate) -> bool:
    """Whether it has a name that people give targets."""
    return one.name.split(".")[-1].lower() in {known.lower() for known in TARGETS}


def has_targets(trace: Trace, network: Network, steps: Steps, name: str | None) -> bool:
    """Whether a network's targets can be found."""
    try:
        TargetFinder(trace, network, steps).find(name)
    except DataError:
        return False
    return True


def is_called(slot: str, name: str) -> bool:
    """Whether a slot's name is that, or ends with it as an attribute."""
    return name in (slot, slot.rsplit(".", maxsplit=1)[-1])
