"""The learning rate of each side."""

from __future__ import annotations

from engine.discrepancies.base import Discrepancy, Explanation, Moves
from engine.settings import GradientScale, Settings, gradient_factor


def explain(settings: Settings) -> Explanation:
    """With the rates, and the rates that would make the steps equal, put in."""
    numpy, pytorch, elements = settings.numpy, settings.pytorch, settings.elements
    numpy_step = numpy.learning_rate * gradient_factor(numpy.gradient_scale, elements)
    pytorch_step = pytorch.learning_rate * gradient_factor(pytorch.gradient_scale, elements)
    equal = numpy.learning_rate * (numpy_step and pytorch_step / numpy_step)
    wanted = pytorch.learning_rate * numpy_step / pytorch_step
    if abs(numpy_step / pytorch_step - 1) < 1e-12:
        balance = "Together with the gradient scale, both sides take the same step."
    else:
        balance = (
            f"Equal steps would need {wanted:.6g} in PyTorch, or {equal:.6g} in the hand-written code, "
            "with the gradients as they are."
        )
    rule = (
        f"The rule behind the answer's doubling is × N·C/2 = {elements / 2:g}."
        if GradientScale.SUM in (numpy.gradient_scale, pytorch.gradient_scale)
        else "Both sides take the mean's gradient, so equal rates are equal steps."
    )
    return Explanation(
        what="How far each update goes along the gradient. Another rate stretches the curve along the epochs; it also "
        "hides a different gradient scale.",
        formula="W ← W − learning_rate · ∂L/∂W",
        numbers=f"Here by hand {numpy.learning_rate:g}, PyTorch {pytorch.learning_rate:g}. {balance} {rule}",
        fix_by_hand=f"learning_rate = {pytorch.learning_rate:g}",
        fix_pytorch=f"torch.optim.SGD(model.parameters(), lr={numpy.learning_rate:g})",
    )


DISCREPANCY = Discrepancy(
    field="learning_rate",
    title="Learning rate",
    summary="how far each update goes",
    order=50,
    moves=Moves.WEIGHTS,
    choices=(),
    explain=explain,
    parse_other=float,
)
