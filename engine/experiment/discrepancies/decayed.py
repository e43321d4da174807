"""Whether weight decay pulls the biases, too, and every layer."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording
from engine.experiment.per_layer import by_layer
from engine.experiment.settings import Settings
from engine.experiment.side import Side, decaying_layers
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
    Choice(
        Decayed.NONE,
        "none",
        "none",
        "nothing, as of a layer whose penalty is missing; in PyTorch it is then in the group with weight_decay=0",
    ),
)


def _matters(settings: Settings) -> bool:
    return any(side.weight_decay.rate > 0 for side in (settings.numpy, settings.pytorch))


def _pulled(settings: Settings, side: Side) -> set[tuple[int, bool]]:
    """The layers whose weights and biases decay; a bias that nothing moves does not."""
    layers = len(settings.activations)
    weights, biases = decaying_layers(side, layers)
    has_bias = by_layer(side.bias, layers)
    found = {(i, True) for i, decays in weights.items() if decays}
    return found | {(i, False) for i, decays in biases.items() if decays and has_bias[i]}


def _alike(settings: Settings) -> bool:
    """Without biases that move, the weights alone are all; and a side without a decay pulls nothing."""
    sides = [side for side in (settings.numpy, settings.pytorch) if side.weight_decay.rate > 0]
    return len(sides) == 2 and _pulled(settings, sides[0]) == _pulled(settings, sides[1])


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "No side has a weight decay: it has no effect here, nothing to change."
    biases = sum(settings.layer_sizes[1:])
    return f"{biases:,} of the network's {settings.parameter_count:,} parameters are biases."


WORDING = Wording(
    phrase={
        Decayed.ALL: "weights and biases",
        Decayed.WEIGHTS: "the weights alone",
        Decayed.NONE: "nothing",
    }.__getitem__,
    differ="Weight decay pulls {by_hand} by hand, {pytorch} in PyTorch.",
    equal="weight decay pulls {both} on both; otherwise the biases could drift apart",
    numbers=_numbers,
    formula="weights alone: W ← W − η·(g + λ·W), b ← b − η·g",
    theory=lambda settings: (
        "Textbooks add a penalty on the weights, ½·λ·Σw², and leave the biases out: they are few, and do not make a "
        "network steep. torch.optim pulls every parameter that it is given, biases too. To leave them out there, give "
        "the optimizer two groups of parameters, the second with weight_decay=0. Where a penalty is written layer by "
        "layer, one is easily forgotten, or given to the first layer alone."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="decayed",
    title="Decays",
    summary="whether weight decay pulls the biases, too, and every layer",
    group=Group.UPDATE,
    order=112,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=6,
    per_layer=True,
    alike=_alike,
)
