"""Whether the network gets the data's inputs as they are, or each column from 0 to 1."""

from __future__ import annotations

from engine.experiment.choices import InputScale
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, plain
from engine.experiment.settings import Settings

CHOICES = (
    Choice(InputScale.RAW, "raw", "raw", "the inputs as they are in the data"),
    Choice(
        InputScale.UNIT,
        "0-to-1",
        "0..1",
        "(x − min x)/(max x − min x) of each column: the least becomes 0, the greatest 1",
    ),
)


def _matters(settings: Settings) -> bool:
    return not settings.data.spans_unit


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "Every input already runs from 0 to 1: it has no effect here, nothing to change."
    data = settings.data
    least, greatest = plain(float(data.X.min())), plain(float(data.X.max()))
    return f"D = {data.inputs:,}, N = {data.samples:,}: the least of all inputs is {least}, the greatest {greatest}."


WORDING = Wording(
    phrase={
        InputScale.RAW: "as they are in the data",
        InputScale.UNIT: "with each column from 0 to 1",
    }.__getitem__,
    differ="The hand-written network gets the inputs {by_hand}, PyTorch's {pytorch}.",
    equal="both networks get the inputs {both}; otherwise they would be trained on other numbers",
    numbers=_numbers,
    formula="x ← (x − min x)/(max x − min x), min and max over the samples",
    theory=lambda settings: (
        "Pixels from 0 to 255, or a price beside a length, make the first pre-activations so large that sigmoid and "
        "tanh are flat there: next to no gradient passes. And the first layer's gradient is the input times δ, so a "
        "learning rate that suits the other layers is far too large for it. Scaling changes both, and with it the "
        "whole run. The least and the greatest are those of the training data; what the network is asked later must "
        "be scaled by the very same two. A column that is the same everywhere has no range, and becomes 0."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="input_scale",
    title="Input scale",
    summary="whether the network gets the inputs as they are, or each column from 0 to 1",
    group=Group.DATA,
    order=39,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=7,
)
