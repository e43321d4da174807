"""What the output error is multiplied by: the gradient of a sum or of a mean."""

from __future__ import annotations

from engine.discrepancies.base import Choice, Discrepancy, Explanation, Moves
from engine.settings import GradientScale, Settings, gradient_factor

CHOICES = (
    Choice(GradientScale.SUM, "sum", "Σ", "ŷ − y, the gradient of ½·Σ(ŷ − y)²"),
    Choice(GradientScale.MEAN, "mean", "mean", "2/(N·C)·(ŷ − y), the gradient of nn.MSELoss()"),
)


def explain(settings: Settings) -> Explanation:
    """With N·C/2 and the effective steps put in."""
    samples, outputs, elements = settings.data.samples, settings.data.outputs, settings.elements
    steps = [
        gradient_factor(side.gradient_scale, elements) * side.learning_rate
        for side in (settings.numpy, settings.pytorch)
    ]
    ratio = steps[0] / steps[1]
    verdict = "the same step" if ratio == 1 else f"{ratio:.4g} times PyTorch's step"
    coincidence = (
        "That it is 2 is a coincidence of N·C = 4: for other data, doubling the learning rate mends nothing."
        if elements == 4
        else f"Doubling the learning rate, right for XOR's four samples, is wrong here: the factor is {elements / 2:g}."
    )
    return Explanation(
        what="Starting the backward pass with ŷ − y follows the gradient of half the SUM of the squares. nn.MSELoss "
        "takes the MEAN over all N·C elements. Same direction, other length: it looks like another learning rate.",
        formula="∂(½Σe²)/∂ŷ = e;   ∂(mean e²)/∂ŷ = 2e/(N·C);   ratio N·C/2",
        numbers=f"N = {samples}, C = {outputs}: N·C/2 = {elements / 2:g}. {coincidence} With the learning rates as "
        f"they are, factor × rate is {steps[0]:.4g} by hand and {steps[1]:.4g} in PyTorch: the hand-written code "
        f"takes {verdict}.",
        fix_by_hand=f"output_error = 2 / (N * C) * (prediction - Y)   # 2/{elements}",
        fix_pytorch="loss = 0.5 * nn.functional.mse_loss(prediction, Y, reduction='sum'); loss.backward()",
    )


DISCREPANCY = Discrepancy(
    field="gradient_scale",
    title="Gradient",
    summary="the gradient of half the sum of squares, or of their mean",
    order=40,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    explain=explain,
)
