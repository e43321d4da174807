"""Whether weight decay pulls the biases, too."""

from __future__ import annotations

from engine.experiment.choices import BiasGradient
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording
from engine.experiment.per_layer import values_of
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.experiment.update_rules import Decayed

CHOICES = (
    Choice(
        Decayed.ALL,
        "weights-and-biases",
        "W and b",
        "every parameter: torch.optim.SGD(model.parameters(), weight_decay=λ)",
    ),
    Choice(
        Decayed.WEIGHTS,
        "weights",
        "W",
        "the weights alone; in PyTorch the biases are then a group of their own with weight_decay=0",
    ),
)


def _matters(settings: Settings) -> bool:
    return any(_decays_biases(side) for side in (settings.numpy, settings.pytorch))


def _decays_biases(side: Side) -> bool:
    """Or would, with the other choice: a bias that nothing moves does not decay."""
    moved = True in values_of(side.bias) and side.bias_gradient is not BiasGradient.NONE
    return side.weight_decay.rate > 0 and moved


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "No side has both a weight decay and a bias that moves: it has no effect here, nothing to change."
    biases = sum(settings.layer_sizes[1:])
    return f"{biases:,} of the network's {settings.parameter_count:,} parameters are biases."


WORDING = Wording(
    phrase={Decayed.ALL: "weights and biases", Decayed.WEIGHTS: "the weights alone"}.__getitem__,
    differ="Weight decay pulls {by_hand} by hand, {pytorch} in PyTorch.",
    equal="weight decay pulls {both} on both; otherwise the biases could drift apart",
    numbers=_numbers,
    formula="weights alone: W ← W − η·(g + λ·W), b ← b − η·g",
    theory=lambda settings: (
        "Textbooks add a penalty on the weights, ½·λ·Σw², and leave the biases out: they are few, and do not make a "
        "network steep. torch.optim pulls every parameter that it is given, biases too. To leave them out there, give "
        "the optimizer two groups of parameters, the second with weight_decay=0."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="decayed",
    title="Decays",
    summary="whether weight decay pulls the biases, too",
    group=Group.UPDATE,
    order=112,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=6,
)
