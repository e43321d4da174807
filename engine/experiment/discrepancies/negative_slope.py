"""What a leaky ReLU makes of a negative number."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import NEGATIVE_SLOPES
from engine.number_text import read_number

CHOICES = (
    Choice(0.01, "0.01", "0.01", "0.01·z, as nn.LeakyReLU() has it"),
    Choice(0.2, "0.2", "0.2", "0.2·z, as TensorFlow has it: nn.LeakyReLU(0.2)"),
    Choice(0.3, "0.3", "0.3", "0.3·z, as Keras has it: nn.LeakyReLU(0.3)"),
)


def _matters(settings: Settings) -> bool:
    return Activation.LEAKY_RELU in settings.activations


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "No layer has a leaky ReLU: it has no effect here, nothing to change."
    count = settings.activations.count(Activation.LEAKY_RELU)
    slopes = each_side(*(plain(-side.negative_slope, 4) for side in (settings.numpy, settings.pytorch)))
    layers = f"{count} of {len(settings.activations)} layers" if count < len(settings.activations) else "every layer"
    return f"Leaky in {layers}. Of z = −1 it makes: {slopes}."


WORDING = Wording(
    phrase=plain,
    differ="Leaky ReLU's slope below 0 is {by_hand} by hand, {pytorch} in PyTorch.",
    equal="leaky ReLU's slope below 0 is {both} on both sides; otherwise the outputs would differ at once",
    numbers=_numbers,
    formula="z where z > 0, else slope·z; its derivative is 1, else slope",
    theory=lambda settings: (
        "A leaky ReLU lets a little of a negative number through, so that no unit is dead for good. How little is a "
        "number that every library has another one for: 0.01 in PyTorch, 0.2 in TensorFlow, 0.3 in Keras. Nothing "
        "fails where they are mixed up; the network is only another one."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="negative_slope",
    title="Leaky slope",
    summary="what a leaky ReLU multiplies a negative number by",
    group=Group.FORWARD,
    order=42,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    parse_other=read_number,
    other="a number from {:g} to {:g}".format(*NEGATIVE_SLOPES),
    since=11,
)
