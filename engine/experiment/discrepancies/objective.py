"""The number that training makes smaller, before it is summed or averaged."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Moves, Wording
from engine.experiment.side import Objective

CHOICES = (Choice(Objective.SQUARED_ERROR, "squared-error", "(ŷ − y)²", "the squared error of each output"),)


WORDING = Wording(
    phrase={Objective.SQUARED_ERROR: "squared errors"}.__getitem__,
    differ="The hand-written network is trained on {by_hand}, PyTorch's on {pytorch}.",
    equal="both are trained on {both}; otherwise each would follow the gradient of another number",
    numbers=lambda settings: (
        f"N = {settings.data.samples:,}, C = {settings.data.outputs:,}: {settings.elements:,} errors an epoch."
    ),
    formula="e = ŷ − y; ∂(½·e²)/∂ŷ = e",
    theory=lambda settings: (
        "The objective says what an error costs, the reduction how the costs of all outputs become one number, the "
        "loss report which number is logged: three settings, since programs mix them in every way."
    ),
)


DISCREPANCY = Discrepancy(
    field="objective",
    title="Objective",
    summary="what an error costs: the number whose gradient is taken, before it is summed or averaged",
    order=35,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=4,
)
