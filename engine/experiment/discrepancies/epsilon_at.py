"""Where ε is added to the root that a gradient is divided by."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.optimizers import BiasCorrection, EpsilonAt, OptimizerKind
from engine.experiment.settings import Settings
from engine.experiment.side import Side

CHOICES = (
    Choice(
        EpsilonAt.OUTSIDE,
        "outside",
        "√V + ε",
        "to the root of the second moment, Adam's corrected, as torch.optim does",
    ),
    Choice(EpsilonAt.INSIDE, "inside", "√(V + ε)", "under the root: as strong as √ε beside it"),
    Choice(
        EpsilonAt.UNCORRECTED,
        "uncorrected",
        "√v + ε",
        "to the root of the moment as it is, Adam's corrections being in the learning rate: as TensorFlow does",
    ),
)


def _matters(settings: Settings) -> bool:
    return not all(side.optimizer.is_sgd for side in (settings.numpy, settings.pytorch))


def _least(side: Side) -> str:
    """The gradient, at the first step, that is halved by ε."""
    rule = side.optimizer
    if rule.is_sgd:
        return "no gradient"
    # Where the second moment is a share of g², its root is that share's root of |g|.
    share = 1.0 if rule.kind in (OptimizerKind.ADAM, OptimizerKind.ADAGRAD) else 1 - rule.beta2
    if side.epsilon_at is EpsilonAt.INSIDE:
        return plain((rule.epsilon / (3 * share)) ** 0.5, 3)
    if side.epsilon_at is EpsilonAt.UNCORRECTED and rule.kind is OptimizerKind.ADAM:
        share = 1 - rule.beta2
    return plain(rule.epsilon / share**0.5, 3)


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "Neither side divides by a root: it has no effect here, nothing to change."
    least = each_side(*(_least(side) for side in (settings.numpy, settings.pytorch)))
    return f"At the first step ε halves the step along a gradient of: {least}."


def _alike(settings: Settings) -> bool:
    """Where the second moment is not corrected, the uncorrected one is the moment."""

    def in_effect(side: Side) -> EpsilonAt:
        left_as_it_is = side.bias_correction in (BiasCorrection.NONE, BiasCorrection.FIRST_MOMENT)
        corrects = side.optimizer.kind is OptimizerKind.ADAM and not left_as_it_is
        same = side.epsilon_at is EpsilonAt.UNCORRECTED and not corrects
        return EpsilonAt.OUTSIDE if same else side.epsilon_at

    return in_effect(settings.numpy) is in_effect(settings.pytorch)


WORDING = Wording(
    phrase={
        EpsilonAt.OUTSIDE: "to the root",
        EpsilonAt.INSIDE: "under the root",
        EpsilonAt.UNCORRECTED: "to the root of the uncorrected moment",
    }.__getitem__,
    differ="The hand-written code adds ε {by_hand}, PyTorch {pytorch}.",
    equal="both add ε {both}; otherwise steps along small gradients would be of other lengths",
    numbers=_numbers,
    formula="outside: η·M/(√V + ε); inside: η·M/√(V + ε); uncorrected: η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m/(√v + ε); "
    "M and V are Adam's moments m and v, corrected",
    theory=lambda settings: (
        "ε keeps the root from being 0. Under the root it is as strong as √ε beside it: 1e-8 is then 1e-4, and "
        "gradients below that move their weights far less. Beside the root of the uncorrected moment it counts for "
        "1/√(1 − β₂ᵗ) as much: for some 30 times at the first step. It shows where gradients are small: late in a run, "
        "and in saturated layers."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="epsilon_at",
    title="Epsilon",
    summary="where ε is added to the root that Adam, RMSprop and Adagrad divide by",
    group=Group.UPDATE,
    order=104,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=8,
    alike=_alike,
)
