"""What the output error is multiplied by: the gradient of a sum or of a mean."""

from __future__ import annotations

from dataclasses import replace

from engine.experiment.choices import Objective, Reduction, SideName
from engine.experiment.discrepancies.base import (
    Choice,
    Discrepancy,
    Group,
    Moves,
    Wording,
    batch_words,
    each_side,
    plain,
)
from engine.experiment.gradient_factors import batch_size, gradient_factor
from engine.experiment.settings import Settings
from engine.experiment.side import Side

CHOICES = (
    Choice(Reduction.SUM, "sum", "Σ", "ŷ − y, the gradient of ½·Σ(ŷ − y)²; of a cross-entropy's sum p − y"),
    Choice(
        Reduction.TWICE_SUM, "twice-sum", "2Σ", "2·(ŷ − y), the gradient of Σ(ŷ − y)²; of a cross-entropy 2·(p − y)"
    ),
    Choice(
        Reduction.MEAN,
        "mean",
        "mean",
        "2/(N·C)·(ŷ − y), the gradient of nn.MSELoss(); of a cross-entropy's mean (p − y)/N, /(N·C) if it is binary",
    ),
    Choice(
        Reduction.PER_SAMPLE,
        "per-sample",
        "1/N",
        "(ŷ − y)/N, the gradient of ½·Σ(ŷ − y)²/N; of a cross-entropy (p − y)/N, binary or not",
    ),
    Choice(
        Reduction.PER_BATCH_SIZE,
        "per-batch-size",
        "1/B",
        "(ŷ − y)/B, B the batch size, though the last batch is smaller; of a cross-entropy (p − y)/B",
    ),
    Choice(
        Reduction.TWICE_MEAN,
        "twice-mean",
        "2·mean",
        "4/(N·C)·(ŷ − y), the gradient of twice the mean; of a cross-entropy 2/N·(p − y): a 2 that only squares have",
    ),
    Choice(
        Reduction.PER_DATA_SET,
        "per-data-set",
        "1/M",
        "(ŷ − y)/M, M all samples of the data, in each batch of them; of a cross-entropy (p − y)/M",
    ),
    Choice(
        Reduction.PER_INPUT,
        "per-input",
        "1/D",
        "(ŷ − y)/D, the number of inputs taken for that of samples: X.shape[1] for X.shape[0]",
    ),
    Choice(
        Reduction.PER_SAMPLE_TWICE,
        "per-sample-twice",
        "1/N²",
        "(ŷ − y)/N²: δ is divided by N, and the weights' gradient again; of a cross-entropy (p − y)/N²",
    ),
    Choice(
        Reduction.MEAN_OF_SUMS,
        "mean-of-sums",
        "2/N",
        "2/N·(ŷ − y), the gradient of Σ(ŷ − y)²/N: a mean over the samples alone; of a cross-entropy (p − y)/N",
    ),
    Choice(
        Reduction.PER_OUTPUT,
        "per-output",
        "mean over C",
        "2/C·(ŷ − y): the mean over the outputs of each sample, summed over the samples; of a cross-entropy (p − y)/C",
    ),
)


RULES = {Objective.SQUARED_ERROR: "N·C/2", Objective.BINARY_CROSS_ENTROPY: "N·C", Objective.CROSS_ENTROPY: "N"}
"""How many times the mean's gradient the sum's is."""


def _objectives(settings: Settings) -> tuple[Objective, ...]:
    return tuple(dict.fromkeys((settings.numpy.objective, settings.pytorch.objective)))


def _times(objective: Objective, settings: Settings) -> float:
    """The rule as a number."""
    mean = replace(settings.numpy, objective=objective, reduction=Reduction.MEAN)
    return 1 / gradient_factor(mean, settings.batch_sizes(settings.numpy))


def _numbers(settings: Settings) -> str:
    """The rule, and the steps with the learning rates as they are."""
    data = settings.data
    steps = [
        plain(gradient_factor(side, settings.batch_sizes(side)) * side.learning_rate, 4)
        for side in (settings.numpy, settings.pytorch)
    ]
    rules = ", ".join(f"{RULES[one]} = {plain(_times(one, settings))}" for one in _objectives(settings))
    text = f"{batch_words(settings)}, C = {data.outputs:,}: {rules}. Factor × learning rate: {each_side(*steps)}."
    return f"{text}{_batch_size(settings)}"


def _batch_size(settings: Settings) -> str:
    """What B, M or D is, where a side divides by it."""
    for side in (settings.numpy, settings.pytorch):
        if side.reduction is Reduction.PER_BATCH_SIZE:
            batches = settings.batches(side)
            smaller = f", in the last batch, of {batches.last:,}, too" if batches.last != batches.size else ""
            return f" B is the batch size, {batch_size(side, batches.size):,}{smaller}."
        if side.reduction is Reduction.PER_DATA_SET:
            return f" M is the number of all samples, {settings.data.samples:,}."
        if side.reduction is Reduction.PER_INPUT:
            return f" D is the number of inputs, {settings.data.inputs:,}."
    return ""


def _theory(settings: Settings) -> str:
    coincidence = (
        "That N·C/2 is 2 is a coincidence of N·C = 4: with other data, doubling the learning rate does not make the "
        "steps equal."
        if settings.elements == 4
        else "Doubling the learning rate, right for XOR's four samples, is wrong here: the factor is "
        f"{plain(settings.elements / 2)}."
    )
    return (
        "ŷ − y is the gradient of half the sum of the squared errors; nn.MSELoss takes their mean over all N·C "
        "elements. The direction is the same, the length is not, as if the learning rate were another. "
        f"{coincidence}"
    )


WORDING = Wording(
    phrase={
        Reduction.SUM: "ŷ − y",
        Reduction.TWICE_SUM: "2·(ŷ − y)",
        Reduction.MEAN: "2/(N·C)·(ŷ − y)",
        Reduction.MEAN_OF_SUMS: "2/N·(ŷ − y)",
        Reduction.TWICE_MEAN: "4/(N·C)·(ŷ − y)",
        Reduction.PER_SAMPLE: "(ŷ − y)/N",
        Reduction.PER_BATCH_SIZE: "(ŷ − y)/B",
        Reduction.PER_DATA_SET: "(ŷ − y)/M",
        Reduction.PER_INPUT: "(ŷ − y)/D",
        Reduction.PER_SAMPLE_TWICE: "(ŷ − y)/N²",
        Reduction.PER_OUTPUT: "2/C·(ŷ − y)",
    }.__getitem__,
    differ="The backward pass starts from {by_hand} by hand, from {pytorch} in PyTorch.",
    equal="both backward passes start from {both}; otherwise one gradient would be N·C/2 times the other",
    numbers=_numbers,
    formula="∂(½·Σe²)/∂ŷ = e; ∂(mean(e²))/∂ŷ = 2/(N·C)·e",
    theory=_theory,
)


def _theory_of_cross_entropy(settings: Settings) -> str:
    return (
        "A mean divides the sum's gradient, the direction stays: it is as if the learning rate were another. "
        "nn.BCELoss divides by all N·C outputs, nn.CrossEntropyLoss by the N samples, each of which has one class. "
        "The rule of squared errors, N·C/2, is neither: their derivative has a 2 in it."
    )


OF_CROSS_ENTROPY = Wording(
    phrase={
        Reduction.SUM: "the sum",
        Reduction.TWICE_SUM: "twice the sum",
        Reduction.MEAN: "the mean",
        Reduction.MEAN_OF_SUMS: "1/N of the sum",
        Reduction.TWICE_MEAN: "twice the mean",
        Reduction.PER_SAMPLE: "1/N of the sum",
        Reduction.PER_BATCH_SIZE: "1/B of the sum",
        Reduction.PER_DATA_SET: "1/M of the sum",
        Reduction.PER_INPUT: "1/D of the sum",
        Reduction.PER_SAMPLE_TWICE: "1/N² of the sum",
        Reduction.PER_OUTPUT: "1/C of the sum",
    }.__getitem__,
    differ="The gradient is that of {by_hand} of all costs by hand, of {pytorch} in PyTorch.",
    equal="both gradients are those of {both} of all costs; otherwise one would be many times the other",
    numbers=_numbers,
    formula="cross-entropy: Σ is N times the mean; binary: N·C times; squared error: ½Σ is N·C/2 times",
    theory=_theory_of_cross_entropy,
)


def _alike(settings: Settings) -> bool:
    """Whether each side multiplies the error of every batch by the factor that the other's reduction would. PyTorch
    rounds a binary cross-entropy's each in its own way.
    """
    sides = (settings.numpy, settings.pytorch)
    rounds = any(side.objective is Objective.BINARY_CROSS_ENTROPY for side in sides)
    if rounds or settings.numpy.objective is not settings.pytorch.objective:
        return False
    return all(_same_factors(settings, side, other) for side, other in (sides, sides[::-1]))


def _same_factors(settings: Settings, side: Side, other: Side) -> bool:
    batches, whole = settings.batches(side), settings.batch_sizes(side)
    with_others = replace(side, reduction=other.reduction)
    return all(
        gradient_factor(side, sizes) == gradient_factor(with_others, sizes)
        for sizes in (whole, replace(whole, samples=batches.last))
    )


DISCREPANCY = Discrepancy(
    field="reduction",
    title="Gradient",
    summary="the gradient of a sum, or of a mean: for squared errors of half their sum",
    group=Group.LOSS,
    order=40,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    wording_in=lambda settings: WORDING if _objectives(settings) == (Objective.SQUARED_ERROR,) else OF_CROSS_ENTROPY,
    alike=_alike,
    answers_order=4,
    answers_side=SideName.NUMPY,
)
