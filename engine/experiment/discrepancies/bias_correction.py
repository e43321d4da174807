"""What Adam's moments, which start at 0, are divided by."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.optimizers import BiasCorrection, OptimizerKind
from engine.experiment.settings import Settings
from engine.experiment.side import Side

CHOICES = (
    Choice(BiasCorrection.PER_STEP, "per-step", "1 − βᵗ", "by 1 − βᵗ, t being the number of the step from 1"),
    Choice(BiasCorrection.NONE, "none", "none", "by nothing: the first steps are longer"),
    Choice(
        BiasCorrection.FIRST_MOMENT,
        "first-moment",
        "m alone",
        "the first moment by 1 − β₁ᵗ, the second by nothing: the first steps are far too long",
    ),
    Choice(
        BiasCorrection.SECOND_MOMENT,
        "second-moment",
        "v alone",
        "the second moment by 1 − β₂ᵗ, the first by nothing: the first steps are too short",
    ),
    Choice(
        BiasCorrection.PER_EPOCH,
        "per-epoch",
        "t by epoch",
        "by 1 − βᵗ, t being the number of the epoch: at the updates of one epoch by the same",
    ),
    Choice(BiasCorrection.CONSTANT, "constant", "1 − β", "by 1 − β at every step: t is never counted up"),
    Choice(BiasCorrection.FROM_ZERO, "from-zero", "t from 0", "by 1 − βᵗ with t from 0: the first time by 0"),
)


def _matters(settings: Settings) -> bool:
    return any(side.optimizer.kind is OptimizerKind.ADAM for side in (settings.numpy, settings.pytorch))


def _lengths(settings: Settings, side: Side) -> str:  # noqa: PLR0911 - each of them
    """Of a first and of a late step along a steady gradient, in learning rates."""
    first, second = 1 - side.optimizer.beta1, 1 - side.optimizer.beta2
    if side.optimizer.kind is not OptimizerKind.ADAM or side.bias_correction is BiasCorrection.PER_STEP:
        return "1 and 1"
    if side.bias_correction is BiasCorrection.PER_EPOCH:
        return _lengths_by_epoch(side, settings.batches(side).count)
    if side.bias_correction is BiasCorrection.FROM_ZERO:
        return "no number and 1"
    if side.bias_correction is BiasCorrection.CONSTANT:
        return f"1 and {plain(second**0.5 / first, 3)}"
    if side.bias_correction is BiasCorrection.FIRST_MOMENT:
        return f"{plain(1 / second**0.5, 3)} and 1"
    if side.bias_correction is BiasCorrection.SECOND_MOMENT:
        return f"{plain(first, 3)} and 1"
    return f"{plain(first / second**0.5, 3)} and 1"


def _lengths_by_epoch(side: Side, updates: int) -> str:
    """Where an epoch has so many."""
    if updates == 1:
        return "1 and 1"
    moment, square = (1 - beta**updates for beta in (side.optimizer.beta1, side.optimizer.beta2))
    first, second = 1 - side.optimizer.beta1, 1 - side.optimizer.beta2
    longest = moment / first / (square / second) ** 0.5
    return f"1 and 1 ({plain(longest, 3)} at update {updates:,}, the last with t = 1)"


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "Neither side takes Adam's steps: it has no effect here, nothing to change."
    lengths = each_side(*(_lengths(settings, side) for side in (settings.numpy, settings.pytorch)))
    return f"Along a steady gradient the first and a late step, in learning rates: {lengths}."


WORDING = Wording(
    phrase={
        BiasCorrection.PER_STEP: "by 1 − βᵗ",
        BiasCorrection.NONE: "by nothing",
        BiasCorrection.FIRST_MOMENT: "by 1 − βᵗ, but the first alone",
        BiasCorrection.SECOND_MOMENT: "by 1 − βᵗ, but the second alone",
        BiasCorrection.PER_EPOCH: "by 1 − βᵗ with t the epoch",
        BiasCorrection.CONSTANT: "by 1 − β at every step",
        BiasCorrection.FROM_ZERO: "by 1 − βᵗ with t from 0",
    }.__getitem__,
    differ="Adam's moments are divided {by_hand} by hand, {pytorch} in PyTorch.",
    equal="both divide Adam's moments {both}; otherwise their first steps would be of other lengths",
    numbers=_numbers,
    formula="M = m/(1 − β₁ᵗ); V = v/(1 − β₂ᵗ); t = 1, 2, 3 and so on",
    theory=lambda settings: (
        "Adam's moments are means that start at 0, and 1 − βᵗ is the weight of the gradients in them. Without it the "
        "first steps are (1 − β₁)/√(1 − β₂) times as long: 3.16 with PyTorch's numbers. A t that is never counted up "
        "leaves 1 − β, which is right at the first step and makes late ones √(1 − β₂)/(1 − β₁) times as long. One "
        "that counts epochs of B updates makes steps too long at first, then for long up to √B times too short. A t "
        "from 0 divides 0 by 0: every weight is then no number."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="bias_correction",
    title="Correction",
    summary="the bias correction: what Adam's moments, which start at 0, are divided by",
    group=Group.UPDATE,
    order=102,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=8,
)
