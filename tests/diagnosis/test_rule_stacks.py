"""Many rules at once: those that may explain a few steps are those that do so one by one."""

import numpy as np
import pytest

from engine.diagnosis.adaptive_rules import AdaptiveLaw, Averages
from engine.diagnosis.adaptive_stack import FEW_STEPS, FirstStep, all_rules
from engine.diagnosis.laws import Motion
from engine.diagnosis.rolling import Rolling, RollingStack
from engine.experiment.update_rules import MomentumForm

MOST = 0.2
"""So far from the steps that some rules are nearer and some are not."""


def _random(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("dropped", [False, True], ids=["all steps", "the first dropped"])
@pytest.mark.parametrize("inside", [False, True], ids=["eps outside", "eps inside"])
@pytest.mark.parametrize("changing", [False, True], ids=["one rate", "a rate of each step"])
def test_the_rules_that_come_near_are_those_that_do_alone(dropped, inside, changing):
    gradients, before = _random(1, FEW_STEPS, 5), _random(2, FEW_STEPS, 5)
    begins, first = int(dropped), FirstStep(0.1, 0.3, inside)
    stack = all_rules(inside, dropped, (0.85,), 3)
    hidden = next(stack.laws(first, begins, Motion(before, _random(3, FEW_STEPS, 5), 1e-16), gradients, np.inf, False))
    steps = hidden.steps(Motion(before, gradients, 1e-16), Averages(gradients))
    if changing:
        steps = steps * np.array([1.0, 0.5, 0.25, 0.2])[:, None]
    motion = Motion(before, steps, 1e-16)

    def off_alone(law):
        made = law.steps(motion, Averages(gradients))
        if changing:
            made = made * ((made * steps).sum(axis=1) / np.maximum((made * made).sum(axis=1), 1e-300))[:, None]
        return (np.abs(made - steps).max(axis=1) / np.where(motion.lengths > 0, motion.lengths, 1)).max()

    every = list(stack.laws(first, begins, motion, gradients, np.inf, changing))
    near = list(stack.laws(first, begins, motion, gradients, MOST, changing))
    assert len(every) == len(stack.rules)
    expected = [(law.rule, law.uncorrected) for law in every if off_alone(law) <= MOST]
    assert [(law.rule, law.uncorrected) for law in near] == expected
    assert 0 < len(near) < len(every)


@pytest.mark.parametrize("inside", [False, True], ids=["eps outside", "eps inside"])
@pytest.mark.parametrize("dropped", [False, True], ids=["all steps", "the first dropped"])
def test_each_rule_begins_with_the_first_step_that_was_seen(dropped, inside):
    gradients, first, begins = _random(4, FEW_STEPS, 6), FirstStep(0.1, 0.3, inside), int(dropped)
    motion = Motion(_random(5, FEW_STEPS, 6), _random(6, FEW_STEPS, 6), 1e-16)
    g = gradients[begins]
    expected = -0.1 * g / (np.sqrt(g * g + 0.3) if inside else np.abs(g) + 0.3)
    for law in all_rules(inside, dropped, (), 1).laws(first, begins, motion, gradients, np.inf, False):
        assert isinstance(law, AdaptiveLaw)
        np.testing.assert_allclose(law.steps(motion, Averages(gradients))[begins], expected, rtol=1e-12)


def test_the_forms_of_momentum_that_are_promising_are_those_that_are_alone():
    forms = [Rolling(form, 0.9, pull=pull) for form in list(MomentumForm)[:4] for pull in (0.0, 0.01)]
    forms += [Rolling(MomentumForm.PYTORCH, 0.0, True), Rolling(MomentumForm.PYTORCH, 0.5, True)]
    gradients, before = _random(7, FEW_STEPS, 6), _random(8, FEW_STEPS, 6)
    for hidden in forms:
        nothing = Motion(before, np.zeros_like(gradients), 2.0**-52)
        _, along = hidden.unrolled(nothing, gradients)
        kept = RollingStack.of([hidden]).of_steps[0]
        steps = np.linalg.solve(kept, -np.array([0.1, 0.2, 0.05, 0.3])[:, None] * along)
        promising = set(RollingStack.of(forms).promising(Motion(before, steps, 2.0**-52), gradients))
        alone = set()
        for form in forms:
            motion, along = form.unrolled(Motion(before, steps, 2.0**-52), gradients)
            rates = (along * motion.steps).sum(axis=1) / (along * along).sum(axis=1)
            if (np.abs(motion.steps - rates[:, None] * along).max(axis=1) <= motion.allowed).all():
                alone.add(form)
        assert promising == alone
        assert hidden in alone
