"""The learning rate of each side."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.gradient_factors import gradient_factor
from engine.experiment.settings import Settings
from engine.experiment.side import LEARNING_RATES
from engine.number_text import read_number


def _numbers(settings: Settings) -> str:
    """The rates that would make the steps equal, with the gradients as they are."""
    numpy, pytorch = settings.numpy, settings.pytorch
    factors = [gradient_factor(side, settings.batch_sizes(side)) for side in (numpy, pytorch)]
    steps = [factor * side.learning_rate for factor, side in zip(factors, (numpy, pytorch), strict=True)]
    text = f"Factor × learning rate: {each_side(*(plain(step, 4) for step in steps))}. "
    if abs(steps[0] / steps[1] - 1) < 1e-12:
        return text + "Both sides take the same step."
    wanted = plain(numpy.learning_rate * (factors[0] / factors[1]))
    equal = plain(pytorch.learning_rate * (factors[1] / factors[0]))
    return text + f"Equal steps need {wanted} in PyTorch or {equal} by hand."


def _theory(settings: Settings) -> str:
    rule = (
        f"One side takes the gradient of a sum and the other of a mean: the rule for equal steps is × N·C/2 = "
        f"{plain(settings.elements / 2)}, which is a doubling only where N·C = 4."
        if settings.numpy.reduction is not settings.pytorch.reduction
        else "Both sides scale the gradient alike, so equal rates are equal steps."
    )
    return (
        "The factor is what the error is multiplied by (Gradient). Another rate stretches the curve along the epochs, "
        f"and it can hide another factor. {rule}"
    )


WORDING = Wording(
    phrase=plain,
    differ="The learning rate is {by_hand} by hand, {pytorch} in PyTorch.",
    equal="both learning rates are {both}; with two rates, one curve would be stretched along the epochs",
    numbers=_numbers,
    formula="W ← W − η·∂L/∂W, with η the learning rate",
    theory=_theory,
)


DISCREPANCY = Discrepancy(
    field="learning_rate",
    title="Learning rate",
    summary="how far each update goes",
    group=Group.UPDATE,
    order=50,
    moves=Moves.WEIGHTS,
    choices=(),
    wording=WORDING,
    parse_other=read_number,
    other="a number from {:g} to {:g}".format(*LEARNING_RATES),
)
