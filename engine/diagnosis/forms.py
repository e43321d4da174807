"""The forms that a gradient may have: of the output's error, and of each hidden layer's. Values, likely ones first.

What is computed of a form is `gradients.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.experiment.choices import DerivativeAt, LossInput, Objective, SentDown, SoftmaxForm
from engine.experiment.loss_epsilon import NO_LOSS_EPSILON, LossEpsilon, LossEpsilonKind
from engine.experiment.settings import ELEMENTWISE, LEFT_OVER, OWN_LOSS, Activation
from engine.experiment.slipped import SLIPS
from engine.experiment.update_rules import UpdateOrder
from engine.types import FloatArray

SLIPS_OF_SIGMOID = tuple(one for one in SLIPS[Activation.SIGMOID] if one is not DerivativeAt.OF_RELU)
"""Its output is above 0 everywhere: of that, ReLU's derivative is none."""

LIKELY = (
    DerivativeAt.OUTPUT,
    DerivativeAt.DIAGONAL,
    DerivativeAt.NONE,
    DerivativeAt.NOT_NEGATIVE,
    DerivativeAt.ONE_AT_ZERO,
    DerivativeAt.PRE_ACTIVATION,
    DerivativeAt.OUTPUT_AGAIN,
    DerivativeAt.OF_RELU,
    DerivativeAt.OF_SIGMOID,
    DerivativeAt.OF_TANH,
    DerivativeAt.ITSELF,
)

DERIVATIVES: dict[Activation, tuple[DerivativeAt, ...]] = {
    kind: tuple(one for one in LIKELY if one in (DerivativeAt.OUTPUT, *slips))
    for kind, slips in (SLIPS | {Activation.SIGMOID: SLIPS_OF_SIGMOID}).items()
}
"""What may become of each activation's derivative."""

SOFTMAXES = (SoftmaxForm.STABLE, SoftmaxForm.OVER_SAMPLES, SoftmaxForm.OVER_ALL)
"""Over what a softmax may sum."""


@dataclass(frozen=True)
class OutputForm:
    """How the output's error is made."""

    activation: Activation
    objective: Objective
    loss_input: LossInput
    derivative_at: DerivativeAt
    softmax_form: SoftmaxForm = SoftmaxForm.STABLE
    loss_epsilon: LossEpsilon = NO_LOSS_EPSILON


NAMED_OUTPUTS = {Activation.IDENTITY: (Activation.IDENTITY, Activation.SIGMOID, Activation.SOFTMAX)}
"""What an output layer may be whose value has a name: what is made of it on the way to the error may have none."""


def output_forms(
    activation: Activation | None, targets: FloatArray, epsilons: Sequence[LossEpsilon] = ()
) -> Iterator[OutputForm]:
    """Those of an output layer, whose activation is known or not; `targets` are all there are, (N, C). Its loss may add
    one of the `epsilons` to probabilities.
    """
    for kind in tuple(Activation) if activation is None else NAMED_OUTPUTS.get(activation, (activation,)):
        if kind is Activation.SOFTMAX and targets.shape[1] == 1:
            continue
        shares = SOFTMAXES if kind is Activation.SOFTMAX else SOFTMAXES[:1]
        for softmax_form in shares:
            for objective, loss_input in _losses(kind, targets):
                fused = objective is not Objective.SQUARED_ERROR and loss_input is LossInput.LOGITS
                for derivative in (DerivativeAt.OUTPUT,) if fused else DERIVATIVES[kind]:
                    form = OutputForm(kind, objective, loss_input, derivative, softmax_form)
                    yield form
                    if loss_input is LossInput.PROBABILITIES and derivative is DerivativeAt.OUTPUT:
                        kinds = epsilons if objective is Objective.BINARY_CROSS_ENTROPY else _one_of_each(epsilons)
                        yield from (replace(form, loss_epsilon=one) for one in kinds)


def _one_of_each(epsilons: Sequence[LossEpsilon]) -> list[LossEpsilon]:
    """Of classes both kinds are the same."""
    return [one for one in epsilons if one.kind is LossEpsilonKind.LOGARITHM]


def _losses(kind: Activation, targets: FloatArray) -> Iterator[tuple[Objective, LossInput]]:
    """The losses that such outputs can have with these targets, and what each is computed from."""
    probable = kind in OWN_LOSS and bool(((targets >= 0) & (targets <= 1)).all())
    own = OWN_LOSS.get(kind)
    objectives = [one for one in (Objective.BINARY_CROSS_ENTROPY, Objective.CROSS_ENTROPY) if probable]
    if not (np.abs(targets.sum(axis=1) - 1) <= LEFT_OVER).all() and Objective.CROSS_ENTROPY in objectives:
        objectives.remove(Objective.CROSS_ENTROPY)
    if own in objectives:
        yield own, LossInput.LOGITS
    yield Objective.SQUARED_ERROR, LossInput.LOGITS
    for objective in objectives:
        yield objective, LossInput.PROBABILITIES
    if own in objectives:
        yield own, LossInput.TWICE


BACKWARD = tuple((order, sent) for sent in SentDown for order in UpdateOrder)
"""How an error may come down to the layer below."""


def hidden_activations(known: Activation | None) -> tuple[Activation, ...]:
    """Those that a hidden layer may have."""
    return ELEMENTWISE if known is None else (known,)
