"""What a cross-entropy is computed from: logits, probabilities, or probabilities taken for logits."""

from __future__ import annotations

from math import e, exp, log

from engine.experiment.choices import LossInput, Objective
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, plain
from engine.experiment.settings import Settings
from engine.experiment.side import Side

CHOICES = (
    Choice(
        LossInput.LOGITS,
        "logits",
        "logits",
        "z, with the activation inside the loss: nn.CrossEntropyLoss, nn.BCEWithLogitsLoss; by hand δ = p − y",
    ),
    Choice(
        LossInput.PROBABILITIES,
        "probabilities",
        "p",
        "p, the activation's output: nn.BCELoss, −y·log p; the gradient passes the activation's own derivative",
    ),
    Choice(
        LossInput.TWICE,
        "twice",
        "p as logits",
        "p where logits are wanted: softmax or sigmoid is applied twice, and no answer can be sure",
    ),
)

PHRASES = {
    LossInput.LOGITS: "logits",
    LossInput.PROBABILITIES: "probabilities",
    LossInput.TWICE: "probabilities taken for logits",
}


def _matters(settings: Settings) -> bool:
    return any(side.objective is not Objective.SQUARED_ERROR for side in (settings.numpy, settings.pytorch))


def least_loss_twice(outputs: int) -> float:
    """The least cross-entropy that softmax applied twice can reach, with so many classes: −log(e/(e + C − 1))."""
    return -log(e / (e + outputs - 1))


def least_binary_loss_twice(target: float) -> float:
    """The least binary cross-entropy of sigmoid applied twice for a target of 0 or 1."""
    return log(1 + exp(-1)) if target else log(2)


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "Both objectives are squared errors, which have no logits: it has no effect here, nothing to change."
    binary = {settings.is_binary(side) for side in (settings.numpy, settings.pytorch) if _is_cross_entropy(side)}
    texts = []
    if False in binary:
        C = settings.data.outputs
        texts.append(
            f"C = {C:,}: applied twice, softmax cannot bring a sample's loss below "
            f"−log(e/(e + C − 1)) = {plain(least_loss_twice(C), 3)}"
        )
    if True in binary:
        ones, zeros = (plain(least_binary_loss_twice(target), 3) for target in (1, 0))
        texts.append(f"applied twice, sigmoid cannot bring an output's loss below {ones} for a 1 and {zeros} for a 0")
    text = "; ".join(texts)
    return f"{text[0].upper()}{text[1:]}. Once, the least loss is 0."


def _is_cross_entropy(side: Side) -> bool:
    return side.objective is not Objective.SQUARED_ERROR


WORDING = Wording(
    phrase=PHRASES.__getitem__,
    differ="The hand-written cross-entropy is that of {by_hand}, PyTorch's that of {pytorch}.",
    equal="both cross-entropies are those of {both}; otherwise one would follow another gradient, or round otherwise",
    numbers=_numbers,
    formula="logits: δ = p − y; p: δ = J·(−y/p) with softmax's derivative J; twice: δ = J·(softmax(p) − y)",
    theory=lambda settings: (
        "Logits and probabilities are the same number written in two ways, and differ only by rounding until an output "
        "is so sure that its probability is exactly 0 or 1: then log p is infinite (nn.BCELoss stops at −100) and its "
        "gradient 0, where that of the logits is still p − y. Probabilities given to a loss that wants logits pass "
        "the activation once more: the network learns, slowly, and its loss stops far above 0. PyTorch does not warn."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="loss_input",
    title="Loss input",
    summary="whether a cross-entropy is computed from logits or from probabilities, or takes these for those",
    group=Group.LOSS,
    order=36,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=5,
)
