"""What moves a bias: the sum of δ over the samples, or what people write instead."""

from __future__ import annotations

from engine.experiment.choices import BiasGradient
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, batch_words
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import Settings

CHOICES = (
    Choice(BiasGradient.SUM, "sum", "Σ samples", "δ.sum(axis=0): the gradient"),
    Choice(BiasGradient.MEAN, "mean", "mean", "δ.mean(axis=0), where the weights have the sum"),
    Choice(BiasGradient.SCALAR, "scalar", "one number", "np.sum(δ) without an axis: one number for all biases"),
    Choice(BiasGradient.NONE, "none", "none", "none: the line that moves the bias is missing"),
)


def _matters(settings: Settings) -> bool:
    return any(any(of_layers(side.bias, len(settings.activations))) for side in (settings.numpy, settings.pytorch))


def _alike(settings: Settings) -> bool:
    """A layer without a bias has nothing to move."""
    by_hand, pytorch = (
        [side.bias_gradient if bias else BiasGradient.SUM for bias in of_layers(side.bias, len(settings.activations))]
        for side in (settings.numpy, settings.pytorch)
    )
    return by_hand == pytorch


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "No layer has a bias: it has no effect here, nothing to change."
    units = ", ".join(f"{size:,}" for size in settings.layer_sizes[1:])
    return (
        f"{batch_words(settings)}: the mean moves a bias N times less than the sum. Biases in each layer: {units}; "
        "one number moves them all by the same."
    )


WORDING = Wording(
    phrase={
        BiasGradient.SUM: "the sum of δ over the samples",
        BiasGradient.MEAN: "the mean of δ",
        BiasGradient.SCALAR: "one sum over samples and units",
        BiasGradient.NONE: "nothing",
    }.__getitem__,
    differ="The hand-written biases are moved by {by_hand}, PyTorch's by {pytorch}.",
    equal="the biases of both are moved by {both}; otherwise they would part after the first step",
    numbers=_numbers,
    formula="∂L/∂b = Σδ over the samples, one number for each unit",
    theory=lambda settings: (
        "A bias is a weight whose input is always 1, so its gradient is summed over the samples like a weight's. "
        "np.sum(dZ) without axis=0 adds up the units too; broadcasting takes the single number, and the biases of a "
        "layer then move together. The mean is right only where the weights' gradient is divided by N as well."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="bias_gradient",
    title="Bias gradient",
    summary="what moves a bias: the sum of δ over the samples, its mean, one number for all, or nothing",
    group=Group.BACKWARD,
    order=94,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=5,
    alike=_alike,
)
