"""How softmax is written: over the classes, by mistake over the samples or all, and whether it can overflow."""

from __future__ import annotations

import numpy as np

from engine.experiment.choices import Precision, SoftmaxForm
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side

CHOICES = (
    Choice(
        SoftmaxForm.STABLE,
        "stable",
        "stable",
        "exp(z − max z)/Σ exp(z − max z) over a sample's classes, as nn.Softmax(dim=1) has it",
    ),
    Choice(
        SoftmaxForm.PLAIN,
        "plain",
        "plain",
        "exp(z)/Σ exp(z): the same until a z is so large that exp overflows",
    ),
    Choice(
        SoftmaxForm.OVER_SAMPLES,
        "over-samples",
        "over N",
        "the sum runs over the samples (axis=0): a row no longer sums to 1",
    ),
    Choice(
        SoftmaxForm.OVER_ALL,
        "over-all",
        "over all",
        "np.sum(np.exp(z)) without an axis: the whole batch sums to 1",
    ),
)

PHRASES = {
    SoftmaxForm.STABLE: "over the classes, the maximum subtracted",
    SoftmaxForm.PLAIN: "over the classes, nothing subtracted",
    SoftmaxForm.OVER_SAMPLES: "over the samples",
    SoftmaxForm.OVER_ALL: "over the samples and the classes at once",
}


def _matters(settings: Settings) -> bool:
    return settings.output_activation is Activation.SOFTMAX


def _largest(side: Side) -> float:
    """The z whose exp is the largest number."""
    dtype = np.float32 if side.precision is Precision.FLOAT32 else np.float64
    return float(np.log(np.finfo(dtype).max))


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "There is no softmax in this network: it has no effect here, nothing to change."
    N, C = settings.batch_samples(settings.numpy), settings.data.outputs
    largest = each_side(*(f"{_largest(side):.1f}" for side in (settings.numpy, settings.pytorch)))
    return (
        f"N = {N:,}, C = {C:,}: over the classes each of the {N:,} rows of p sums to 1, over the samples each of the "
        f"{C:,} columns does, over all the whole of p does. exp(z) overflows above z = {largest}."
    )


WORDING = Wording(
    phrase=PHRASES.__getitem__,
    differ="The hand-written softmax is taken {by_hand}, PyTorch's {pytorch}.",
    equal="both softmaxes are taken {both}; otherwise p would not be the same, or would overflow on one side",
    numbers=_numbers,
    formula="p = exp(z)/Σ exp(z) = exp(z − c)/Σ exp(z − c) for every c",
    theory=lambda settings: (
        "Subtracting the largest z changes nothing on paper: it cancels. In floating point it keeps exp from becoming "
        "infinite, and ∞/∞ is not a number. np.sum(np.exp(z), axis=0) adds up the samples where axis=1 adds up the "
        "classes, and broadcasting takes both; for one sample alone every p is then 1. Without an axis all is added: "
        "right for one sample alone, and about N times too small for N of them."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="softmax_form",
    title="Softmax",
    summary="whether softmax runs over the classes, and subtracts the largest logit",
    group=Group.FORWARD,
    order=37,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=5,
)
