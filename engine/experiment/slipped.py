"""Which activations with which derivatives `torch.nn` does not have. No arithmetic here."""

from __future__ import annotations

from engine.experiment.choices import DerivativeAt, SoftmaxForm
from engine.experiment.settings import Activation

Slip = tuple[Activation, DerivativeAt, SoftmaxForm]
"""An activation, what becomes of its derivative, and how it is written if it is softmax."""

SLIPS = {
    Activation.SIGMOID: (
        DerivativeAt.PRE_ACTIVATION,
        DerivativeAt.OUTPUT_AGAIN,
        DerivativeAt.NONE,
        DerivativeAt.OF_TANH,
        DerivativeAt.OF_RELU,
        DerivativeAt.ITSELF,
    ),
    Activation.TANH: (
        DerivativeAt.PRE_ACTIVATION,
        DerivativeAt.OUTPUT_AGAIN,
        DerivativeAt.NONE,
        DerivativeAt.OF_SIGMOID,
        DerivativeAt.OF_RELU,
        DerivativeAt.ITSELF,
    ),
    Activation.RELU: (
        DerivativeAt.NOT_NEGATIVE,
        DerivativeAt.ONE_AT_ZERO,
        DerivativeAt.NONE,
        DerivativeAt.OF_SIGMOID,
        DerivativeAt.OF_TANH,
        DerivativeAt.ITSELF,
    ),
    Activation.LEAKY_RELU: (
        DerivativeAt.ONE_AT_ZERO,
        DerivativeAt.NONE,
        DerivativeAt.OF_SIGMOID,
        DerivativeAt.OF_TANH,
        DerivativeAt.OF_RELU,
        DerivativeAt.ITSELF,
    ),
    Activation.SOFTMAX: (
        DerivativeAt.PRE_ACTIVATION,
        DerivativeAt.OUTPUT_AGAIN,
        DerivativeAt.NONE,
        DerivativeAt.DIAGONAL,
    ),
    Activation.IDENTITY: (),
}
"""The slips that change an activation's derivative: ReLU's, for one, is the same of z and of its output."""


DERIVATIVE_OF = {
    DerivativeAt.OF_SIGMOID: Activation.SIGMOID,
    DerivativeAt.OF_TANH: Activation.TANH,
    DerivativeAt.OF_RELU: Activation.RELU,
}
"""Whose derivative is taken for another's."""


def is_slipped(activation: Activation, derivative_at: DerivativeAt, softmax_form: SoftmaxForm) -> bool:
    """Whether it has another derivative than its own, or is a softmax of another form."""
    form = activation is Activation.SOFTMAX and softmax_form is not SoftmaxForm.STABLE
    return form or derivative_at in SLIPS[activation]
