"""Whether the network gets the data's inputs as they are, each column from 0 to 1, or standardised."""

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
    Choice(
        InputScale.STANDARD,
        "standardised",
        "standardised",
        "(x − mean x)/std x of each column, the variance divided by N: np.std, and StandardScaler",
    ),
    Choice(
        InputScale.STANDARD_SAMPLE,
        "standardised-sample",
        "std by N − 1",
        "(x − mean x)/std x of each column, the variance divided by N − 1: torch.std",
    ),
)

OF_DEVIATIONS = {InputScale.STANDARD, InputScale.STANDARD_SAMPLE}


def _alike(settings: Settings) -> bool:
    """Inputs from 0 to 1 already; or a single sample, whose deviation is 0 either way."""
    scales = {settings.numpy.input_scale, settings.pytorch.input_scale}
    if scales == {InputScale.RAW, InputScale.UNIT}:
        return settings.data.spans_unit
    return scales == OF_DEVIATIONS and settings.data.samples == 1


def _numbers(settings: Settings) -> str:
    data, N = settings.data, settings.data.samples
    if {settings.numpy.input_scale, settings.pytorch.input_scale} == OF_DEVIATIONS and N > 1:
        return f"N = {N:,}: a deviation by N − 1 is {plain((N / (N - 1)) ** 0.5, 5)} times that by N."
    least, greatest = plain(float(data.X.min())), plain(float(data.X.max()))
    return f"D = {data.inputs:,}, N = {N:,}: the least of all inputs is {least}, the greatest {greatest}."


WORDING = Wording(
    phrase={
        InputScale.RAW: "as they are in the data",
        InputScale.UNIT: "with each column from 0 to 1",
        InputScale.STANDARD: "standardised",
        InputScale.STANDARD_SAMPLE: "standardised with N − 1",
    }.__getitem__,
    differ="The hand-written network gets the inputs {by_hand}, PyTorch's {pytorch}.",
    equal="both networks get the inputs {both}; otherwise they would be trained on other numbers",
    numbers=_numbers,
    formula="x ← (x − min x)/(max x − min x), or x ← (x − mean x)/std x, over the samples",
    theory=lambda settings: (
        "Pixels from 0 to 255, or a price beside a length, make the first pre-activations so large that sigmoid and "
        "tanh are flat there: next to no gradient passes. And the first layer's gradient is the input times δ, so a "
        "learning rate that suits the other layers is far too large for it. Scaling changes both, and with it the "
        "whole run. The least and the greatest, or mean and deviation, are those of the training data; what the "
        "network is asked later must be scaled by the very same two. np.std divides by N, torch.std by N − 1 unless "
        "correction=0 is given. A column that is the same everywhere has no range, and becomes 0."
    ),
)


DISCREPANCY = Discrepancy(
    field="input_scale",
    title="Input scale",
    summary="whether the network gets the inputs as they are, from 0 to 1, or standardised",
    group=Group.DATA,
    order=39,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=7,
    alike=_alike,
)
