"""Whether the error is passed down through weights that have already moved."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording
from engine.experiment.settings import Settings
from engine.experiment.update_rules import UpdateOrder

CHOICES = (
    Choice(UpdateOrder.TOGETHER, "together", "together", "every error from the old weights, then all weights move"),
    Choice(
        UpdateOrder.IN_TURN,
        "in-turn",
        "in turn",
        "each layer moves before the error passes down through it: not the gradient of anything",
    ),
)


def _numbers(settings: Settings) -> str:
    layers = len(settings.activations)
    in_turn = _where_in_turn(settings)
    if layers == 1:
        return "There is one layer: no error is passed down, so the order has no effect and there is nothing to change."
    if not in_turn:
        return f"Each of the {layers} layers gets its error through the weights of the forward pass."
    return (
        f"{in_turn}, the error of {layers - 1} of {layers} layers comes through weights that have already moved by one "
        "step."
    )


def _where_in_turn(settings: Settings) -> str:
    """Where layers move in turn, as a sentence begins; nothing where they do not."""
    by_hand, pytorch = (side.update_order is UpdateOrder.IN_TURN for side in (settings.numpy, settings.pytorch))
    if by_hand and pytorch:
        return "On both sides"
    return "By hand" if by_hand else "In PyTorch" if pytorch else ""


IN_TURN_FORWARD = (
    "pre_activations, outputs = [], [X]",
    "for linear, activation in zip(model[0::2], model[1::2]):\n"
    "    pre_activations.append(linear(outputs[-1].detach()))\n"
    "    outputs.append(activation(pre_activations[-1]))",
    "prediction = outputs[-1].detach().requires_grad_()",
)

WORDING = Wording(
    phrase={
        UpdateOrder.TOGETHER: "together, after the backward pass",
        UpdateOrder.IN_TURN: "in turn, during the backward pass",
    }.__getitem__,
    differ="By hand the layers move {by_hand}; in PyTorch {pytorch}.",
    equal="on both the layers move {both}; otherwise only one side would use updated weights in its backward pass",
    numbers=_numbers,
    formula="δ₁ = (δ₂·W₂ᵀ)·σ′, with W₂ before its update; in turn, with W₂ − η·∂L/∂W₂",
    theory=lambda settings: (
        "Back-propagation passes every error down through the weights of the forward pass. Code that moves a layer as "
        "soon as its gradient is known passes the error through the new weights instead: that is not the gradient of "
        "the loss. With a small learning rate the two are close, so it is easily overlooked."
    ),
    matters=lambda settings: bool(settings.hidden),
)


DISCREPANCY = Discrepancy(
    field="update_order",
    title="Update order",
    summary="whether a layer moves before the error passes down through it",
    group=Group.UPDATE,
    order=70,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=2,
)
