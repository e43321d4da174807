"""Which number is logged as the loss."""

from __future__ import annotations

from engine.discrepancies.base import Choice, Discrepancy, Explanation, Moves, sides_text
from engine.settings import LossReport, Settings

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
MEANINGS = {choice.value: choice.meaning for choice in CHOICES}


def explain(settings: Settings) -> Explanation:
    """With N·C put in."""
    elements = settings.elements
    return Explanation(
        what="The two programs log different numbers under the name of loss. This moves the plotted curve and "
        "nothing else: the gradient never passes through the logged number, so the weights stay as they are.",
        formula="e = ŷ − y;  MSE = (1/N·C)·Σe²;  error·loss = (1/N·C)·Σ(e·½·MSE) = ½·MSE·mean(e)",
        numbers=f"N·C = {elements} here, so ½Σe² is {elements / 2:g} times the MSE. Error·loss is negative whenever "
        "the predictions are too low on average, so it cannot be drawn on a log axis. "
        + sides_text(settings, MEANINGS[settings.numpy.loss_report], MEANINGS[settings.pytorch.loss_report]),
        fix_by_hand="losses.append(np.mean(np.square(prediction - Y)))",
        fix_pytorch="error = prediction - Y; losses.append((error * 0.5 * error.square().mean()).mean().item())",
    )


DISCREPANCY = Discrepancy(
    field="loss_report",
    title="Loss report",
    summary="which number is logged as the loss",
    order=10,
    moves=Moves.PLOT,
    choices=CHOICES,
    explain=explain,
)
