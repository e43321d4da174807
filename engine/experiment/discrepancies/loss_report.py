"""Which number is logged as the loss."""

from __future__ import annotations

from dataclasses import replace
from math import log

from engine.experiment.choices import LossReport
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
from engine.experiment.settings import Settings

CHOICES = (
    Choice(
        LossReport.ERROR_TIMES_LOSS,
        "error-times-loss",
        "error·loss",
        "mean(e · ½·mean(e²)), what the question's code logs: signed, third order in the error, not a loss",
    ),
    Choice(LossReport.MSE, "mse", "MSE", "mean(e²), what nn.MSELoss() returns"),
    Choice(LossReport.HALF_SUM, "half-sum", "½Σe²", "½·Σe², the loss whose gradient is exactly e"),
    Choice(LossReport.HALF_MEAN, "half-mean", "½MSE", "½·mean(e²), half of what nn.MSELoss() returns"),
    Choice(
        LossReport.HALF_PER_SAMPLE,
        "half-per-sample",
        "½Σe²/N",
        "½·Σe²/N, the quadratic cost: half the squared length of a sample's error, averaged over the samples",
    ),
    Choice(
        LossReport.SUM_PER_SAMPLE,
        "sum-per-sample",
        "Σe²/N",
        "Σe²/N, np.mean(np.sum(e**2, axis=1)): the squared length of a sample's error, averaged over the samples",
    ),
    Choice(LossReport.SUM, "sum", "Σe²", "Σe², what nn.MSELoss(reduction='sum') returns"),
    Choice(
        LossReport.MEAN_ABSOLUTE,
        "mean-absolute",
        "mean|e|",
        "mean|e|, what nn.L1Loss() returns: how far off an output is, not what is made smaller",
    ),
    Choice(
        LossReport.CROSS_ENTROPY,
        "cross-entropy",
        "CE",
        "the mean cross-entropy: over the samples, over all outputs for a binary one, as PyTorch's losses have it",
    ),
    Choice(LossReport.CROSS_ENTROPY_SUM, "cross-entropy-sum", "ΣCE", "the sum of the cross-entropies of all samples"),
    Choice(
        LossReport.CROSS_ENTROPY_PER_OUTPUT,
        "cross-entropy-per-output",
        "CE/(N·C)",
        "the mean over all N·C outputs: np.mean of a matrix",
    ),
    Choice(
        LossReport.CROSS_ENTROPY_PER_SAMPLE,
        "cross-entropy-per-sample",
        "ΣCE/N",
        "the sum over the outputs, its mean over the N samples: C times the mean of a binary one",
    ),
    Choice(
        LossReport.CROSS_ENTROPY_EPSILON,
        "cross-entropy-epsilon",
        "log(p+ε)",
        "the mean cross-entropy with log(p + 1e-8), so that log 0 is −18.4 instead of infinite",
    ),
)

PHRASES = {
    LossReport.ERROR_TIMES_LOSS: "mean(e·½·mean(e²))",
    LossReport.MSE: "mean(e²)",
    LossReport.HALF_SUM: "½·Σe²",
    LossReport.HALF_MEAN: "½·mean(e²)",
    LossReport.HALF_PER_SAMPLE: "½·Σe²/N",
    LossReport.SUM_PER_SAMPLE: "Σe²/N",
    LossReport.SUM: "Σe²",
    LossReport.MEAN_ABSOLUTE: "mean|e|",
    LossReport.CROSS_ENTROPY: "the mean cross-entropy",
    LossReport.CROSS_ENTROPY_SUM: "the sum of the cross-entropies",
    LossReport.CROSS_ENTROPY_PER_OUTPUT: "the cross-entropy's mean over N·C",
    LossReport.CROSS_ENTROPY_PER_SAMPLE: "the sum of the cross-entropies divided by N",
    LossReport.CROSS_ENTROPY_EPSILON: "the mean cross-entropy with log(p + ε)",
}


def _logged(report: LossReport, error: float, settings: Settings, binary: bool) -> str:
    """What is logged when every one of the errors is the same; of a cross-entropy, when every class has p = ½."""
    square, elements = error * error, settings.elements
    cost = log(2) * (elements if binary else settings.batch_samples(settings.numpy))
    values = {
        LossReport.ERROR_TIMES_LOSS: error * square / 2,
        LossReport.MSE: square,
        LossReport.HALF_SUM: elements * square / 2,
        LossReport.HALF_MEAN: square / 2,
        LossReport.HALF_PER_SAMPLE: settings.data.outputs * square / 2,
        LossReport.SUM_PER_SAMPLE: settings.data.outputs * square,
        LossReport.SUM: elements * square,
        LossReport.MEAN_ABSOLUTE: abs(error),
        LossReport.CROSS_ENTROPY: log(2),
        LossReport.CROSS_ENTROPY_SUM: cost,
        LossReport.CROSS_ENTROPY_PER_OUTPUT: cost / elements,
        LossReport.CROSS_ENTROPY_PER_SAMPLE: cost / settings.batch_samples(settings.numpy),
        LossReport.CROSS_ENTROPY_EPSILON: log(2),
    }
    return plain(values[report])


def _numbers(settings: Settings) -> str:
    """What each side logs for an error of half of what a 0 or 1 asks for."""
    sides = (settings.numpy, settings.pytorch)
    elements = settings.elements

    def logged(error: float) -> str:
        texts = (_logged(side.loss_report, error, settings, settings.is_binary(side)) for side in sides)
        return each_side(*texts)

    if all(side.loss_report.of_probabilities for side in sides):
        return f"{batch_words(settings)}, C = {settings.data.outputs:,}. If every target has p = ½: {logged(0.5)}."
    text = f"e = ŷ − y, N·C = {elements:,}. If every e is 0.5: {logged(0.5)}"
    if not any(side.loss_report.signed for side in sides):
        return f"{text}."
    return f"{text}; if every e is −0.5: {logged(-0.5)}."


def _theory(settings: Settings) -> str:
    text = "The gradient does not pass through the logged number, so the weights stay as they are. "
    samples = f"N = {settings.batch_samples(settings.numpy):,}"
    if all(side.loss_report.of_probabilities for side in (settings.numpy, settings.pytorch)):
        return text + (
            f"A cross-entropy is a mean over the {samples} samples; np.mean over the whole matrix "
            f"divides by N·C = {settings.elements:,} instead, and a curve then looks {settings.data.outputs:,} times "
            "better than it is. log(p + 1e-8) keeps log 0 finite: it is not the number that the gradient is taken of, "
            "and it moves the curve only where p is tiny."
        )
    reports = (settings.numpy.loss_report, settings.pytorch.loss_report)
    if LossReport.MEAN_ABSOLUTE in reports:
        text += "mean|e| is not what the gradient makes smaller: it may rise while the squares fall. "
    if LossReport.HALF_PER_SAMPLE in reports:
        text += f"½·Σe²/N is C/2 times the MSE, here {plain(settings.data.outputs / 2)} times. "
    if LossReport.SUM_PER_SAMPLE in reports:
        text += f"Σe²/N is C times the MSE, here {plain(settings.data.outputs)} times. "
    return text + (
        f"With N·C = {settings.elements:,}, ½·Σe² is {plain(settings.elements / 2)} times the MSE. "
        "error·loss is negative where the predictions are too low on average: it is no loss, and no log axis can show "
        "it. In the question's own run (preset asked) it becomes negative, but only slightly: its least value is about "
        "−6.6e-05. A zero line is drawn so that this can be seen."
    )


WORDING = Wording(
    phrase=PHRASES.__getitem__,
    differ="The hand-written code logs {by_hand} as its loss, PyTorch {pytorch}.",
    equal="both log {both} as their loss; with two reports the curves would show two different numbers",
    numbers=_numbers,
    formula="e = ŷ − y; MSE = Σe²/(N·C); error·loss = ½·MSE·mean(e)",
    theory=_theory,
)


OF_CROSS_ENTROPY = replace(
    WORDING, formula="CE = −Σ y·log p/N; binary: −Σ(y·log p + (1 − y)·log(1 − p))/(N·C); MSE = Σ(p − y)²/(N·C)"
)


def _wording(settings: Settings) -> Wording:
    reports = (settings.numpy.loss_report, settings.pytorch.loss_report)
    return OF_CROSS_ENTROPY if any(report.of_probabilities for report in reports) else WORDING


DISCREPANCY = Discrepancy(
    field="loss_report",
    title="Loss report",
    summary="which number is logged as the loss",
    group=Group.LOG,
    order=10,
    moves=Moves.PLOT,
    choices=CHOICES,
    wording=WORDING,
    wording_in=_wording,
    answers_order=1,
)
