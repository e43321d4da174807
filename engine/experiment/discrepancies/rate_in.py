"""Where the learning rate is multiplied in: in the update, or in every δ."""

from __future__ import annotations

from engine.experiment.choices import RateIn
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.settings import Settings
from engine.experiment.side import Side

CHOICES = (
    Choice(RateIn.UPDATE, "update", "update", "W −= η·dW: once"),
    Choice(
        RateIn.DELTA,
        "delta",
        "every δ",
        "δ = η·e·σ′ in every layer, and W −= dW: the last layer moves by η, the one before by η², and so on",
    ),
)


def _rates(settings: Settings, side: Side) -> str:
    """Of each layer, the first one's first."""
    layers = len(settings.activations)
    return ", ".join(plain(side.learning_rate ** (layers - layer), 3) for layer in range(layers))


def _numbers(settings: Settings) -> str:
    rates = (_rates(settings, side) for side in (settings.numpy, settings.pytorch))
    return f"With η in every δ, the first layer's rate being said first, the layers move by {each_side(*rates)}."


WORDING = Wording(
    phrase={RateIn.UPDATE: "in the update", RateIn.DELTA: "in every δ"}.__getitem__,
    differ="The learning rate is multiplied in {by_hand} by hand, {pytorch} in PyTorch.",
    equal="both multiply the learning rate in {both}; otherwise their layers would move by other rates",
    numbers=_numbers,
    formula="layer l of L moves by η; with η in every δ by η to the power L − l + 1",
    theory=lambda settings: (
        "δ of one layer is made from δ of the layer above, so a factor in every δ is multiplied up on the way down. "
        "With one layer it is the same as in the update; with more, lower layers learn slower if η is below 1, and "
        "run away if it is above."
    ),
)


DISCREPANCY = Discrepancy(
    field="rate_in",
    title="Rate in",
    summary="whether the learning rate is multiplied in the update, or in every δ on the way down",
    group=Group.UPDATE,
    order=96,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=5,
)
