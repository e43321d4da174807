"""Which gradients a recorded run followed: the search from the output's error back to the first layer.

Which numbers the run was made with is `updates.py`'s; whether a reading is the truth, a free run shows.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Generic, TypeVar

import numpy as np

from engine.diagnosis.forms import BACKWARD, DERIVATIVES, OutputForm, hidden_activations, output_forms
from engine.diagnosis.gradients import Reading
from engine.diagnosis.laws import Motion
from engine.diagnosis.observed import FEW_STEPS, Observed
from engine.diagnosis.stacked_steps import Series
from engine.experiment.choices import BiasGradient, DerivativeAt, SentDown
from engine.experiment.per_layer import of_layers
from engine.experiment.side import Side
from engine.experiment.update_rules import UpdateOrder
from engine.networks.places import Kind, Place
from engine.types import FloatArray

LawType = TypeVar("LawType")

ALIKE = 1e-11
"""Gradients that differ by no more, of their size, are the same function on this data."""

AT_LEAST_ZERO = re.compile(r">=\s*0\b(?!\.\d*[1-9])")
"""A ReLU's derivative that is taken so is 1 everywhere."""


@dataclass(frozen=True, eq=False)
class Rule(Generic[LawType]):
    """How laws of one kind are found: `of` a tensor alone, and `like` one that is known already."""

    of: Callable[[Motion, FloatArray, tuple[int, ...]], LawType | None]
    like: Callable[[LawType, Motion, FloatArray, tuple[int, ...]], LawType | None]
    least: int = 1
    """Of how many numbers it is read: those of a bias are taken with a weight that has fewer."""
    few: bool = True
    """Whether the first steps show already that there is none."""
    prepared: Callable[[Observed, Reading, Series], Series] | None = None
    """What is made of gradients before a law acts on them."""
    goes_along: Callable[[LawType, LawType, Motion], bool] | None = None
    """Whether a tensor's law changes from step to step as that of the last weight does; not all kinds change."""

    def gradients(self, observed: Observed, reading: Reading, few: bool = False, lowest: int = 1) -> Series:
        """Those of sums, prepared; only from the `lowest` layer up where no other is needed."""
        if self.prepared is None:
            return observed.gradients(reading, few, lowest)
        return self.prepared(observed, reading, observed.gradients(reading, few))


@dataclass(frozen=True, eq=False)
class Found(Generic[LawType]):
    """A reading, the law that each tensor moved by, and what is not explained; `alike` are readings with the very same
    gradients.
    """

    reading: Reading
    laws: dict[Place, LawType]
    unexplained: tuple[Place, ...]
    alike: tuple[Reading, ...] = ()


def find(observed: Observed, rule: Rule[LawType], until: float = math.inf) -> Iterator[Found[LawType]]:
    """What explains the last layer's weight at least, the likeliest first. `until` is a time of `time.monotonic`."""
    for reading, law, alike in _outputs(observed, rule, until):
        yield _with_hidden(observed, rule, reading, law, alike)


def _outputs(
    observed: Observed, rule: Rule[LawType], until: float
) -> Iterator[tuple[Reading, LawType, tuple[Reading, ...]]]:
    """Readings whose last layer moves by a law."""
    last = observed.leading.layer
    places = _read_together(observed, rule)
    motion = _joined(observed, places)
    few, samples = motion.of_steps(slice(0, FEW_STEPS)), observed.samples
    passed: list[tuple[Reading, LawType]] = []
    for reading in _first_readings(observed):
        if time.monotonic() > until:
            break
        first = _columns(rule.gradients(observed, reading, True, last), places) if rule.few else None
        if first is not None and rule.of(few, first, samples[:FEW_STEPS]) is None:
            continue
        law = rule.of(motion, _columns(rule.gradients(observed, reading, False, last), places), samples)
        if law is not None:
            passed.append((reading, law))
    taken: list[Reading] = []
    for reading, law in passed:
        if reading in taken:
            continue
        same = [other for other, _ in passed if other is not reading and _same(observed, reading, other)]
        taken += same
        yield reading, law, tuple(_in_other_words(reading, same))


def _read_together(observed: Observed, rule: Rule[LawType]) -> list[Place]:
    """The last weight that moves, and its bias where that is needed."""
    place, bias = observed.leading, Place(Kind.BIAS, observed.leading.layer)
    # Where no weight moves nothing is read of a bias alone.
    is_short = 0 < observed.motions[place].count < rule.least
    moves = bias in observed.motions and not observed.motions[bias].stands_still
    return [place, bias] if is_short and moves else [place]


def _joined(observed: Observed, places: Sequence[Place]) -> Motion:
    parts = [observed.motions[place] for place in places]
    before, steps = (np.concatenate([getattr(one, name) for one in parts], axis=1) for name in ("before", "steps"))
    return Motion(before, steps, parts[0].eps)


def _columns(gradients: Series, places: Sequence[Place]) -> FloatArray:
    found: FloatArray = np.concatenate([gradients[place] for place in places], axis=1)
    return found


def _in_other_words(reading: Reading, same: Sequence[Reading]) -> Iterator[Reading]:
    """Those that say more than that the error comes down in another way, where that is the same."""
    for other in same:
        sent_alike = replace(other, side=replace(other.side, sent_down=reading.side.sent_down))
        if sent_alike == other or sent_alike not in (reading, *same):
            yield other


def _first_readings(observed: Observed) -> Iterator[Reading]:
    known = [layer.activation for layer in observed.recording.layers]
    for hidden in product(*(hidden_activations(one) for one in known[:-1])):
        for form in output_forms(known[-1], observed.targets, observed.loss_epsilons):
            yield from _sent_through(observed, Reading((*hidden, form.activation), _side_of(form, observed)))


def _sent_through(observed: Observed, reading: Reading) -> Iterator[Reading]:
    """With each way in which the error may come down to the last layer that moves."""
    if observed.leading.layer == observed.layers:
        yield reading
        return
    for sent in SentDown:
        readings = [replace(reading, side=replace(reading.side, sent_down=sent))]
        for i in reversed(range(observed.leading.layer, observed.layers)):
            readings = [changed for one in readings for changed in _derivatives(observed, one, i)]
        yield from readings


def _side_of(form: OutputForm, observed: Observed) -> Side:
    derivatives = (*[DerivativeAt.OUTPUT] * (observed.layers - 1), form.derivative_at)
    return Side(
        objective=form.objective,
        loss_input=form.loss_input,
        loss_epsilon=form.loss_epsilon,
        softmax_form=form.softmax_form,
        derivative_at=derivatives,
        bias=observed.biases,
        negative_slope=observed.negative_slope,
    )


def _same(observed: Observed, one: Reading, other: Reading) -> bool:
    place = observed.leading
    first, second = (observed.gradients(each, lowest=place.layer)[place] for each in (one, other))
    return bool(np.abs(first - second).max() <= ALIKE * max(np.abs(first).max(), 1e-300))


def _with_hidden(
    observed: Observed, rule: Rule[LawType], reading: Reading, law: LawType, alike: tuple[Reading, ...]
) -> Found[LawType]:
    """The forms of the layers below, and of the biases, that explain most tensors."""
    best: tuple[tuple[int, int], Found[LawType]] | None = None
    for order, sent in _ways_down(observed, reading):
        start = replace(reading, side=replace(reading.side, update_order=order, sent_down=sent))
        found = _with_biases(observed, rule, *_down(observed, rule, start, law), alike)
        against = len(found.unexplained), _apart(observed, rule, found)
        if best is None or against < best[0]:
            best = against, found
        if not any(best[0]):
            break
    assert best is not None
    return best[1]


def _apart(observed: Observed, rule: Rule[LawType], found: Found[LawType]) -> int:
    """How many tensors have a law that does not change as the last weight's does: with one sample and one output an
    error and its derivative differ by a number of each step, and any rate makes up for that.
    """
    if rule.goes_along is None:
        return 0
    last = found.laws[observed.leading]
    return sum(not rule.goes_along(law, last, observed.motions[place]) for place, law in found.laws.items())


def _ways_down(observed: Observed, reading: Reading) -> Sequence[tuple[UpdateOrder, SentDown]]:
    """How the error may come to the layers below the last one that moves."""
    ways = BACKWARD
    if observed.leading.layer < observed.layers:
        ways = tuple(one for one in BACKWARD if one[1] is reading.side.sent_down)
    return ways if observed.leading.layer > 1 else ways[:1]


def _down(
    observed: Observed, rule: Rule[LawType], reading: Reading, law: LawType
) -> tuple[Reading, dict[Place, LawType], list[Place]]:
    """From the layer below the output to the first, each with the derivative that explains it."""
    laws: dict[Place, LawType] = {observed.leading: law}
    unexplained: list[Place] = []
    for i in reversed(range(1, observed.leading.layer)):
        place = Place(Kind.WEIGHT, i)
        motion = observed.motions[place]
        for candidate in _derivatives(observed, reading, i):
            own = rule.like(law, motion, rule.gradients(observed, candidate)[place], observed.samples)
            if own is not None:
                reading, laws[place] = _told_at_zero(observed, rule, candidate, law, i) or (candidate, own)
                break
        else:
            if not motion.stands_still:
                unexplained.append(place)
    return reading, laws, unexplained


def _told_at_zero(
    observed: Observed, rule: Rule[LawType], reading: Reading, law: LawType, layer: int
) -> tuple[Reading, LawType] | None:
    """The reading with another ReLU′(0), and the weight's law, where its bias alone tells the two apart: an input of
    zeros adds nothing to a weight's gradient.
    """
    weight, bias = Place(Kind.WEIGHT, layer), Place(Kind.BIAS, layer)
    derivatives = of_layers(reading.side.derivative_at, len(reading.activations))
    possible = DerivativeAt.ONE_AT_ZERO in DERIVATIVES[reading.activations[layer - 1]]
    if not possible or derivatives[layer - 1] is not DerivativeAt.OUTPUT or bias not in observed.motions:
        return None

    def law_of(one: Reading, place: Place) -> LawType | None:
        return rule.like(law, observed.motions[place], rule.gradients(observed, one)[place], observed.samples)

    at_zero = (*derivatives[: layer - 1], DerivativeAt.ONE_AT_ZERO, *derivatives[layer:])
    other = replace(reading, side=replace(reading.side, derivative_at=at_zero))
    if law_of(reading, bias) is not None or law_of(other, bias) is None:
        return None
    own = law_of(other, weight)
    return None if own is None else (other, own)


def _derivatives(observed: Observed, reading: Reading, layer: int) -> Iterator[Reading]:
    """The reading with each derivative that the layer may have."""
    derivatives = of_layers(reading.side.derivative_at, len(reading.activations))
    possible = list(DERIVATIVES[reading.activations[layer - 1]])
    if AT_LEAST_ZERO.search(observed.recording.source):
        # What is at least 0 everywhere leaves as much of a gradient as no derivative does.
        possible.sort(key=lambda one: one is DerivativeAt.NONE)
    for one in possible:
        changed = (*derivatives[: layer - 1], one, *derivatives[layer:])
        yield replace(reading, side=replace(reading.side, derivative_at=changed))


def _with_biases(
    observed: Observed,
    rule: Rule[LawType],
    reading: Reading,
    laws: dict[Place, LawType],
    unexplained: list[Place],
    alike: tuple[Reading, ...],
) -> Found[LawType]:
    """The form of the biases' gradients that explains most of them."""
    places = [Place(Kind.BIAS, i) for i, bias in enumerate(observed.biases, start=1) if bias]
    moving = [place for place in places if not observed.motions[place].stands_still]
    forms = (BiasGradient.SUM, BiasGradient.SCALAR) if moving else (BiasGradient.NONE if places else BiasGradient.SUM,)
    best: Found[LawType] | None = None
    for form in forms:
        candidate = replace(reading, side=replace(reading.side, bias_gradient=form))
        own: dict[Place, LawType] = {}
        for place in moving:
            known = laws[observed.leading]
            law = rule.like(
                known, observed.motions[place], rule.gradients(observed, candidate)[place], observed.samples
            )
            if law is not None:
                own[place] = law
        left = [place for place in moving if place not in own]
        found = Found(candidate, laws | own, (*unexplained, *left), alike)
        if best is None or len(found.unexplained) < len(best.unexplained):
            best = found
    assert best is not None
    return best
