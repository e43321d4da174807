"""The floating-point type each side computes in."""

from __future__ import annotations

from engine.discrepancies.base import Choice, Discrepancy, Explanation, Moves, sides_text
from engine.settings import Precision, Settings, SideName

CHOICES = (
    Choice(Precision.FLOAT64, "float64", "float64", "everything in float64, NumPy's default"),
    Choice(Precision.FLOAT32, "float32", "float32", "everything in float32, PyTorch's default"),
    Choice(
        Precision.MIXED,
        "mixed",
        "mixed",
        "weights kept in float32, activations and gradients in float64: the answer's own listing",
        sides=(SideName.NUMPY,),
    ),
)
MEANINGS = {choice.value: choice.meaning for choice in CHOICES}


def explain(settings: Settings) -> Explanation:
    """With the size of an ulp put in."""
    return Explanation(
        what="NumPy computes in float64 unless told otherwise, PyTorch in float32. Weights taken out of a "
        "PyTorch model are float32 and stay so under W += ..., while integer inputs make every activation float64: a "
        "mixture. That is why two curves that should be identical still part in the eighth digit.",
        formula="1 ulp at 1.0: 2⁻²³ ≈ 1.2e-07 in float32, 2⁻⁵² ≈ 2.2e-16 in float64",
        numbers=sides_text(settings, MEANINGS[settings.numpy.precision], MEANINGS[settings.pytorch.precision])
        + f" After {settings.epochs:,} epochs the roundings of one side have been fed back that many times.",
        fix_by_hand="X, Y, W = (array.astype(np.float32) for array in (X, Y, W))   # and no np.float64 scalars",
        fix_pytorch="model.double(); X = X.double(); Y = Y.double()",
    )


DISCREPANCY = Discrepancy(
    field="precision",
    title="Precision",
    summary="float64, float32, or the answer's mixture of both",
    order=60,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    explain=explain,
)
