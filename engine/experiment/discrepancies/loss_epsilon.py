"""What is added where a cross-entropy of probabilities would divide by 0."""

from __future__ import annotations

from engine.experiment.choices import LossInput, Objective
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.loss_epsilon import LossEpsilon, LossEpsilonKind
from engine.experiment.settings import Settings
from engine.experiment.side import Side

CHOICES = (
    Choice(LossEpsilon(), "none", "none", "nothing is added: nn.BCELoss, −y/p"),
    Choice(
        LossEpsilon(LossEpsilonKind.LOGARITHM, 1e-8),
        "logarithm:1e-08",
        "log(p+1e-08)",
        "to each probability: −y/(p + ε) + (1 − y)/(1 − p + ε), the gradient of logarithms of p + ε and 1 − p + ε",
    ),
    Choice(
        LossEpsilon(LossEpsilonKind.DIVISOR, 1e-8),
        "divisor:1e-08",
        "p(1−p)+1e-08",
        "to the gradient's divisor: (p − y)/(p·(1 − p) + ε); of classes −y/(p + ε)",
    ),
)


def _takes_probabilities(side: Side) -> bool:
    return side.objective is not Objective.SQUARED_ERROR and side.loss_input is LossInput.PROBABILITIES


def _matters(settings: Settings) -> bool:
    return any(_takes_probabilities(side) for side in (settings.numpy, settings.pytorch))


def _in_effect(side: Side) -> LossEpsilon:
    return side.loss_epsilon if _takes_probabilities(side) else LossEpsilon()


def _alike(settings: Settings) -> bool:
    """Logits are divided by nothing; of classes both kinds are the same."""
    one, other = _in_effect(settings.numpy), _in_effect(settings.pytorch)
    classes = not any(settings.is_binary(side) for side in (settings.numpy, settings.pytorch))
    same_number = LossEpsilonKind.NONE not in (one.kind, other.kind) and one.epsilon == other.epsilon
    return one == other or (classes and same_number)


def _phrase(value: LossEpsilon) -> str:
    epsilon = plain(value.epsilon)
    return {
        LossEpsilonKind.NONE: "nothing",
        LossEpsilonKind.LOGARITHM: f"{epsilon} to each probability",
        LossEpsilonKind.DIVISOR: f"{epsilon} to the gradient's divisor",
    }[value.kind]


def _label(value: LossEpsilon) -> str:
    """'log(p+1e-07)', which a table has room for."""
    epsilon = plain(value.epsilon, 3)
    return f"log(p+{epsilon})" if value.kind is LossEpsilonKind.LOGARITHM else f"p(1−p)+{epsilon}"


def _least(side: Side) -> str:
    """The probability of the target, below which a gradient is less than half of what it would be."""
    value = _in_effect(side)
    return "none" if value.kind is LossEpsilonKind.NONE else plain(value.epsilon, 3)


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "Neither loss takes probabilities: it has no effect here, nothing to change."
    least = each_side(*(_least(side) for side in (settings.numpy, settings.pytorch)))
    return f"ε halves the gradient where the probability of what was right is: {least}."


WORDING = Wording(
    phrase=_phrase,
    differ="The hand-written cross-entropy adds {by_hand}, PyTorch's {pytorch}.",
    equal="both cross-entropies add {both}; otherwise their gradients would part where outputs are sure",
    numbers=_numbers,
    formula="logarithm: ∂L/∂p = −y/(p + ε) + (1 − y)/(1 − p + ε); divisor: (p − y)/(p·(1 − p) + ε)",
    theory=lambda settings: (
        "ε keeps a division by 0 from happening where an output is exactly 0 or 1. The error is then no longer p − y "
        "after the activation's derivative, but a little less: by some ε/p of it, which is nothing for most outputs, "
        "and much for one that is sure and wrong. nn.BCELoss adds nothing and stops its logarithms at −100; "
        "nn.BCEWithLogitsLoss and nn.CrossEntropyLoss take logits, and divide by nothing."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="loss_epsilon",
    title="Loss epsilon",
    summary="what is added where a cross-entropy of probabilities would divide by 0",
    group=Group.LOSS,
    order=41,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    parse_other=LossEpsilon.parse,
    label_other=_label,
    other="none, logarithm:1e-8 or divisor:1e-8",
    since=11,
    alike=_alike,
)
