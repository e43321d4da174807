"""The floating-point type each side computes in."""

from __future__ import annotations

from engine.experiment.choices import Precision
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.settings import Settings

CHOICES = (
    Choice(Precision.FLOAT64, "float64", "float64", "everything in float64, NumPy's default"),
    Choice(Precision.FLOAT32, "float32", "float32", "everything in float32, PyTorch's default"),
    Choice(
        Precision.MIXED,
        "mixed",
        "mixed",
        "weights kept in float32, activations and gradients in float64: the answer's own listing",
    ),
)

SPACING = {Precision.FLOAT64: 2.0**-52, Precision.FLOAT32: 2.0**-23, Precision.MIXED: 2.0**-23}
"""From 1 to the next number that a weight can be."""


def _numbers(settings: Settings) -> str:
    spacings = each_side(*(plain(SPACING[side.precision], 2) for side in (settings.numpy, settings.pytorch)))
    return f"The next weight above 1 differs from it by {spacings}; each of {settings.epochs:,} epochs rounds."


def _theory(settings: Settings) -> str:
    return (
        "NumPy computes in float64 unless told otherwise, PyTorch in float32. mixed: the weights are float32, "
        "everything else is float64. That is what becomes of weights taken out of a PyTorch model: they stay float32 "
        "when they are updated in place, while the data, and with them every activation and gradient, are float64. Two "
        "curves that are otherwise equal then differ in the eighth digit."
    )


WORDING = Wording(
    phrase={
        Precision.FLOAT64: "float64",
        Precision.FLOAT32: "float32",
        Precision.MIXED: "mixed precision (weights float32, the rest float64)",
    }.__getitem__,
    differ="The hand-written code computes in {by_hand}, PyTorch in {pytorch}.",
    equal="both compute in {both}; otherwise their roundings would differ",
    numbers=_numbers,
    formula="1 ULP at 1: 2⁻²³ ≈ 1.2e-07 in float32, 2⁻⁵² ≈ 2.2e-16 in float64",
    theory=_theory,
)


DISCREPANCY = Discrepancy(
    field="precision",
    title="Precision",
    summary="float64, float32, or the answer's mixture of both",
    group=Group.NUMBERS,
    order=60,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    rounds=True,
)
