"""Which number is logged as the loss."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Moves, Wording, each_side, plain
from engine.experiment.settings import Settings
from engine.experiment.side import LossReport

CHOICES = (
    Choice(
        LossReport.ERROR_TIMES_LOSS,
        "error-times-loss",
        "error·loss",
        "mean(e · ½·mean(e²)), what the question's code logs: signed, third order in the error, not a loss",
    ),
    Choice(LossReport.MSE, "mse", "MSE", "mean(e²), what nn.MSELoss() returns"),
    Choice(LossReport.HALF_SUM, "half-sum", "½Σe²", "½·Σe², the loss whose gradient is exactly e"),
)

PHRASES = {
    LossReport.ERROR_TIMES_LOSS: "mean(e·½·mean(e²))",
    LossReport.MSE: "mean(e²)",
    LossReport.HALF_SUM: "½·Σe²",
}


def _logged(report: LossReport, error: float, elements: int) -> str:
    """What is logged when every one of the errors is the same."""
    square = error * error
    values = {
        LossReport.ERROR_TIMES_LOSS: error * square / 2,
        LossReport.MSE: square,
        LossReport.HALF_SUM: elements * square / 2,
    }
    return plain(values[report])


def _numbers(settings: Settings) -> str:
    """What each side logs for an error of half of what a 0 or 1 asks for."""
    reports = [side.loss_report for side in (settings.numpy, settings.pytorch)]
    elements = settings.elements
    above = each_side(*(_logged(report, 0.5, elements) for report in reports))
    text = f"e = ŷ − y, N·C = {elements:,}. If every e is 0.5: {above}"
    if not any(report.signed for report in reports):
        return f"{text}."
    below = each_side(*(_logged(report, -0.5, elements) for report in reports))
    return f"{text}; if every e is −0.5: {below}."


def _theory(settings: Settings) -> str:
    return (
        "The gradient does not pass through the logged number, so the weights stay as they are. "
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


DISCREPANCY = Discrepancy(
    field="loss_report",
    title="Loss report",
    summary="which number is logged as the loss",
    order=10,
    moves=Moves.PLOT,
    choices=CHOICES,
    wording=WORDING,
    answers_order=1,
)
