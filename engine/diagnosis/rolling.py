"""Momentum beside a learning rate that changes: what a step is once the velocity is taken out of it.

Each form with a coefficient makes of gradients and steps others that are in proportion to each other, step by step, if
the form is right; what they are in proportion by is the learning rate of each step. T steps, n numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from engine.diagnosis.decayed_tensors import decayed_readings
from engine.diagnosis.laws import LEAST_MOVES, Law, Motion, divided, each_for_itself
from engine.diagnosis.observed import Observed
from engine.diagnosis.reader import Found, Rule
from engine.diagnosis.updates import Candidate, decay_readings, scaled_candidates
from engine.experiment.gradient_factors import gradient_factor
from engine.experiment.update_rules import DecayForm, Momentum, MomentumForm, ZeroGrad
from engine.types import FloatArray

COEFFICIENTS = (0.9, 0.5, 0.8, 0.95, 0.99)
"""That people write, where the program names no other."""

DECAYS = (0.01, 1e-3, 1e-4)

MOST_NAMED = 8

FEW_STEPS = 4
"""That refuse most forms."""

DECAY = re.compile(r"lam|reg|decay|wd|l2|penal")


@dataclass(frozen=True)
class Rolling:
    """A form of momentum; `pull` is what multiplies a parameter where it is added to the gradient of a sum."""

    form: MomentumForm
    coefficient: float
    accumulated: bool = False
    """Whether gradients are added to those of all steps before."""
    pull: float = 0.0

    def unrolled(self, motion: Motion, gradients: FloatArray) -> tuple[Motion, FloatArray]:
        """The motion without its velocity, and what it is in proportion to."""
        mu, g = self.coefficient, gradients
        if self.accumulated:
            g = np.cumsum(g, axis=0)
        g = g + self.pull * motion.before
        if mu == 0:
            return motion, g
        if self.form is MomentumForm.TEXTBOOK:
            return replace(motion, steps=motion.steps - mu * _before(motion.steps)), g
        if self.form is MomentumForm.TEXTBOOK_NESTEROV:
            v = _summed(motion.steps / (1 + mu), mu / (1 + mu))
            return replace(motion, steps=v - mu * _before(v)), g
        v = _summed(g, mu)
        return motion, g + mu * v if self.form is MomentumForm.NESTEROV else v


def _before(values: FloatArray) -> FloatArray:
    """Of each step, what the step before had; zeros of the first."""
    return np.concatenate([np.zeros_like(values[:1]), values[:-1]])


def _summed(values: FloatArray, share: float) -> FloatArray:
    """S ← share·s + value."""
    found = np.empty_like(values)
    total = np.zeros_like(values[0])
    for step, value in enumerate(values):
        total = share * total + value
        found[step] = total
    return found


@dataclass(frozen=True, eq=False)
class RollingLaw:
    """A form, and the rates of what it leaves."""

    rolling: Rolling
    law: Law
    divided: int = 0
    """To which power of N the gradients are divided before they are added up."""


def rolling_rule(observed: Observed) -> Rule[RollingLaw]:
    """How such laws are found in this recording."""
    forms = RollingStack.of(list(_forms(observed)))

    def law_of(motion: Motion, gradients: FloatArray, samples: tuple[int, ...]) -> RollingLaw | None:
        if motion.stands_still or motion.moves.sum() < LEAST_MOVES or not np.isfinite(gradients).all():
            return None
        for power in (0, 1, 2) if len(set(samples)) > 1 else (0,):
            for rolling in forms.promising(motion, divided(gradients, samples, power)):
                law = each_for_itself(*rolling.unrolled(motion, divided(gradients, samples, power)))
                if law is not None:
                    return RollingLaw(rolling, law, power)
        return None

    return Rule(law_of, partial(like, pulls=_pulls(observed)))


@dataclass(frozen=True, eq=False)
class RollingStack:
    """F forms at once over a few steps, as matrices (F, T, T): what each leaves of the steps, and what it makes of
    gradients and of the parameters that are added to them.
    """

    forms: Sequence[Rolling]
    of_steps: FloatArray
    of_gradients: FloatArray
    of_parameters: FloatArray

    @classmethod
    def of(cls, forms: Sequence[Rolling]) -> RollingStack:
        """Read from what each makes of ones and zeros."""
        ones, zeros = np.eye(FEW_STEPS), np.zeros((FEW_STEPS, FEW_STEPS))
        alone = [form.unrolled(Motion(zeros, ones, 0.0), ones) for form in forms]
        pulled = [form.unrolled(Motion(ones, zeros, 0.0), zeros) for form in forms]
        return cls(
            forms,
            np.array([motion.steps for motion, _ in alone]),
            np.array([along for _, along in alone]),
            np.array([along for _, along in pulled]),
        )

    def promising(self, motion: Motion, gradients: FloatArray) -> Iterator[Rolling]:
        """Those whose first steps are in proportion to what they make of the gradients, (T, n) both."""
        few = motion.of_steps(slice(0, FEW_STEPS))
        taken = len(few.steps)
        places = (slice(None), slice(taken), slice(taken))
        steps = self.of_steps[places] @ few.steps
        along = self.of_gradients[places] @ gradients[:taken] + self.of_parameters[places] @ few.before
        squares = (along * along).sum(axis=2)
        rates = (along * steps).sum(axis=2) / np.where(squares > 0, squares, 1.0)
        left = np.abs(steps - rates[:, :, None] * along).max(axis=2)
        most = np.maximum(np.abs(few.before), np.abs(few.before + steps)).max(axis=2)
        allowed = motion.tolerance * np.abs(steps).max(axis=2) + 16 * motion.eps * most
        fitting = (left <= (1 + 1e-9) * allowed).all(axis=1)
        return (form for form, fits in zip(self.forms, fitting, strict=True) if fits)


def like(
    known: RollingLaw, motion: Motion, gradients: FloatArray, samples: tuple[int, ...], pulls: Sequence[float] = ()
) -> RollingLaw | None:
    """The same form, if it explains this tensor's steps, with its decay or without; or with a decay that it has not."""
    if motion.stands_still or not np.isfinite(gradients).all():
        return None
    for power in dict.fromkeys((known.divided, known.divided + 1)) if len(set(samples)) > 1 else (0,):
        others = () if known.rolling.pull else pulls
        own = (replace(known.rolling, pull=pull) for pull in (0.0, *others))
        for rolling in dict.fromkeys((known.rolling, *own)):
            law = each_for_itself(*rolling.unrolled(motion, divided(gradients, samples, power)), known.law)
            if law is not None:
                return RollingLaw(rolling, law, power)
    return None


def _forms(observed: Observed) -> Iterator[Rolling]:
    """The likeliest first."""
    named = [one for one in dict.fromkeys(observed.recording.constants.values()) if 0.1 < one < 1]
    named += [1 - one for one in named if 0.5 < 1 - one < 1]
    coefficients = list(dict.fromkeys((*named[:MOST_NAMED], *COEFFICIENTS)))
    forms = (
        MomentumForm.TEXTBOOK,
        MomentumForm.PYTORCH,
        MomentumForm.NESTEROV,
        MomentumForm.TEXTBOOK_NESTEROV,
    )
    pulls = (0.0, *_pulls(observed))
    for pull, accumulated in product(pulls, (False, True)):
        if pull or accumulated:
            yield Rolling(MomentumForm.PYTORCH, 0.0, accumulated, pull)
        for form, coefficient in product(forms, coefficients):
            if not (pull and accumulated):
                yield Rolling(form, coefficient, accumulated, pull)


def _pulls(observed: Observed) -> list[float]:
    """Of numbers that are called like decays, beside gradients of sums."""
    constants = observed.recording.constants.items()
    named = [one for name, one in constants if 0 < one < 1 and DECAY.search(name.lower())]
    N = observed.samples[0]
    C = observed.outputs
    # The penalty's gradient is λ·w, or 2·λ·w where its half is forgotten.
    factors = dict.fromkeys((float(N), N * C / 2, 1.0, 2.0 * N, float(N * C), 2.0))
    return [decay * factor for decay in dict.fromkeys(named or DECAYS) for factor in factors]


def rolling_candidates(observed: Observed, found: Found[RollingLaw]) -> list[Candidate]:
    """The sides that such laws may stand for, the likeliest first."""
    rolling = found.laws[observed.leading].rolling
    samples = np.array(observed.samples, np.float64)
    laws = {place: Law(one.law.rates / samples**one.divided) for place, one in found.laws.items()}
    plain = Found(found.reading, laws, found.unexplained)
    made: list[Candidate] = []
    for form, share in _equals(rolling):
        for one in scaled_candidates(observed, plain, _fields(rolling, form), share):
            made += _with_decay(observed, found, one)
    return sorted(made, key=lambda one: one.rank)


def _equals(rolling: Rolling) -> Iterator[tuple[MomentumForm, float]]:
    """The form, and what multiplies the rates in others that are the same."""
    yield rolling.form, 1.0
    if rolling.form is MomentumForm.PYTORCH and rolling.coefficient:
        yield MomentumForm.AVERAGED, 1 / (1 - rolling.coefficient)


def _fields(rolling: Rolling, form: MomentumForm) -> dict[str, Any]:
    fields: dict[str, Any] = {"momentum": Momentum(rolling.coefficient, form)}
    if rolling.accumulated:
        fields["zero_grad"] = ZeroGrad.FORGOTTEN
    return fields


def _with_decay(observed: Observed, found: Found[RollingLaw], one: Candidate) -> Iterator[Candidate]:
    pulls = {place: law.rolling.pull for place, law in found.laws.items()}
    pull = pulls[observed.leading] or max(pulls.values())
    if not pull:
        yield one
        return
    acting = pull * gradient_factor(one.side, observed.sizes())
    decayed = decayed_readings({place: own > 0 for place, own in pulls.items()}, observed.layers)
    for fields in decay_readings(observed, acting, DecayForm.IN_GRADIENT, decayed):
        yield replace(one, side=replace(one.side, **fields))
