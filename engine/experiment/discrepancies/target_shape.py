"""Whether the targets have the outputs' shape (N, C), or are flat (N,) beside outputs (N, 1)."""

from __future__ import annotations

from engine.experiment.choices import Objective, TargetShape
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, plain
from engine.experiment.settings import Settings

CHOICES = (
    Choice(TargetShape.AS_OUTPUT, "as-output", "(N, C)", "the outputs' own shape: each output meets its own target"),
    Choice(
        TargetShape.FLAT,
        "flat",
        "(N,)",
        "(N,) beside outputs (N, 1): ŷ − y becomes an N×N matrix, every output against every target",
    ),
)


def _matters(settings: Settings) -> bool:
    several = settings.batch_samples(settings.pytorch) > 1
    return settings.data.outputs == 1 and several and settings.pytorch.objective is Objective.SQUARED_ERROR


def _numbers(settings: Settings) -> str:
    data = settings.data
    if data.outputs > 1:
        return f"There are {data.outputs} outputs, and targets (N,) do not fit them: nothing to change."
    if settings.pytorch.objective is not Objective.SQUARED_ERROR:
        return "PyTorch's cross-entropies refuse targets of another shape: nothing to change."
    if settings.batch_samples(settings.pytorch) == 1:
        return "A batch is one sample, and 1×1 is what it should be: it has no effect here, nothing to change."
    mean, variance = float(data.Y.mean()), float(data.Y.var())
    return (
        f"The mean of the targets is {plain(mean)}: with flat targets every output is taught that number. The mean "
        f"of all pairs' squares can fall to the targets' variance, {plain(variance)}, and no further."
    )


WORDING = Wording(
    phrase={TargetShape.AS_OUTPUT: "its own target", TargetShape.FLAT: "every target"}.__getitem__,
    differ="An output is compared with {by_hand} by hand, with {pytorch} in PyTorch.",
    equal="an output of both is compared with {both}; otherwise one side would be taught the mean of the targets",
    numbers=_numbers,
    formula="flat: mean over i, j of (ŷᵢ − yⱼ)², gradient 2/N·(ŷᵢ − mean y)",
    theory=lambda settings: (
        "A target of shape (N,) beside an output (N, 1) is broadcast to an N×N matrix. nn.MSELoss takes the mean over "
        "all N² pairs, and warns; ((ŷ − y)**2).mean() does not even warn. The gradient at each output is then exactly "
        "2/N·(ŷ − mean y): your network is taught the mean of the targets. Give the targets the outputs' shape, with "
        "y.unsqueeze(1) or y.reshape(-1, 1). nn.BCELoss, nn.BCEWithLogitsLoss and nn.CrossEntropyLoss refuse it."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="target_shape",
    title="Target shape",
    summary="whether each output meets its own target, or, by broadcasting, every target",
    group=Group.DATA,
    order=38,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=6,
)
