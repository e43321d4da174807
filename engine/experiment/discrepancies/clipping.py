"""What is done to gradients that are too large."""

from __future__ import annotations

from engine.experiment.clipping import Clipping, ClippingKind
from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, plain
from engine.experiment.settings import Settings
from engine.experiment.update_rules import UpdateOrder

CHOICES = (
    Choice(Clipping(), "none", "none", "gradients stay what they are"),
    Choice(
        Clipping(ClippingKind.NORM, 1.0),
        "norm:1.0",
        "norm 1",
        "all are scaled down together to a norm of 1: nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
    ),
    Choice(
        Clipping(ClippingKind.EXACT_NORM, 1.0),
        "exact-norm:1.0",
        "exact norm 1",
        "all are scaled down together to a norm of 1, and nothing is added to the norm that they are divided by",
    ),
    Choice(
        Clipping(ClippingKind.TENSOR_NORM, 1.0),
        "tensor-norm:1.0",
        "each norm 1",
        "each weight's and each bias' is scaled down to a norm of 1 by itself",
    ),
    Choice(
        Clipping(ClippingKind.VALUE, 0.5),
        "value:0.5",
        "value 0.5",
        "each element is cut off at ±0.5: nn.utils.clip_grad_value_(model.parameters(), 0.5)",
    ),
)


def _phrase(clipping: Clipping) -> str:
    bound = plain(clipping.bound)
    return {
        ClippingKind.NONE: "not clipped",
        ClippingKind.NORM: f"scaled together to a norm of at most {bound}",
        ClippingKind.EXACT_NORM: f"scaled together to a norm of at most {bound}, without 1e-6",
        ClippingKind.TENSOR_NORM: f"scaled each for itself to a norm of at most {bound}",
        ClippingKind.VALUE: f"cut off at ±{bound}",
    }[clipping.kind]


def _numbers(settings: Settings) -> str:
    sides = settings.numpy, settings.pytorch
    kinds = {side.clipping.kind for side in sides}
    text = f"{settings.parameter_count:,} weights and biases in {2 * len(settings.activations)} tensors."
    if kinds == {ClippingKind.NORM, ClippingKind.TENSOR_NORM}:
        text += " One norm of all is larger than that of each: it clips sooner."
    if kinds == {ClippingKind.NORM, ClippingKind.EXACT_NORM}:
        text += " Each step that is clipped is shorter in PyTorch's form by 1e-6 of the norm over the norm."
    if kinds & {ClippingKind.NORM, ClippingKind.EXACT_NORM} and UpdateOrder.IN_TURN in {
        one.update_order for one in sides
    }:
        text += " Layers that are updated in turn are clipped one by one, each weight and its bias by their own norm."
    return f"{text} Where no gradient reaches the bound, clipping changes nothing."


WORDING = Wording(
    phrase=_phrase,
    differ="Gradients are {by_hand} by hand, {pytorch} in PyTorch.",
    equal="on both gradients are {both}; otherwise large ones would make steps of other lengths",
    numbers=_numbers,
    formula="norm: g ← g·min(1, bound/(‖g‖ + 1e-6)), ‖g‖ of all gradients or of each tensor's; exact: bound/‖g‖; "
    "value: each element between −bound and bound",
    theory=lambda settings: (
        "Scaling keeps a gradient's direction, cutting off single elements does not. PyTorch takes one norm over all "
        "parameters; a loop over layers that clips each by its own norm changes their lengths to each other. Clipping "
        "comes after the backward pass and before weight decay, momentum and step, and with Adam it hardly shortens a "
        "step: that is as long as the learning rate anyway."
    ),
)


DISCREPANCY = Discrepancy(
    field="clipping",
    title="Clipping",
    summary="what is done to gradients that are too large: scaled down, all together or each, or cut off",
    group=Group.UPDATE,
    order=97,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=8,
    parse_other=Clipping.parse,
    other="none, norm:1, exact-norm:1, tensor-norm:1 or value:0.5",
)
