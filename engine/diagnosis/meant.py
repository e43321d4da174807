"""The PyTorch network that a program means to be: what remains of its side without slips and forms of its own."""

from __future__ import annotations

from dataclasses import replace

from engine.diagnosis.gradients import Reading
from engine.experiment.choices import (
    BiasGradient,
    DerivativeAt,
    LoggedPenalty,
    LogMoment,
    LossInput,
    LossReport,
    Objective,
    Precision,
    RateIn,
    Reduction,
    SentDown,
    SoftmaxForm,
)
from engine.experiment.loss_epsilon import NO_LOSS_EPSILON
from engine.experiment.optimizers import BiasCorrection, EpsilonAt, OptimizerKind
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import OWN_LOSS
from engine.experiment.side import Side, own_report
from engine.experiment.tensor_steps import AS_THEY_ARE
from engine.experiment.update_rules import (
    Decayed,
    DecayFactor,
    DecayForm,
    Moments,
    Momentum,
    MomentumForm,
    UpdateOrder,
    WeightDecay,
    ZeroGrad,
)


def meant_side(reading: Reading) -> Side:
    """As people write it in PyTorch: its loss with a mean, autograd, `torch.optim` with the same numbers."""
    side = reading.side
    own = OWN_LOSS.get(reading.activations[-1])
    fused = side.objective is not Objective.SQUARED_ERROR and side.objective is own
    # nn.BCELoss takes probabilities as well.
    takes_p = side.loss_input is LossInput.PROBABILITIES
    of_probabilities = takes_p and side.objective is Objective.BINARY_CROSS_ENTROPY
    meant = replace(
        side,
        loss_input=LossInput.LOGITS if fused and not of_probabilities else LossInput.PROBABILITIES,
        loss_epsilon=NO_LOSS_EPSILON,
        reduction=Reduction.MEAN,
        softmax_form=SoftmaxForm.STABLE,
        derivative_at=DerivativeAt.OUTPUT,
        sent_down=SentDown.DELTA,
        update_order=UpdateOrder.TOGETHER,
        bias_gradient=BiasGradient.SUM,
        tensor_steps=AS_THEY_ARE,
        rate_in=RateIn.UPDATE,
        zero_grad=ZeroGrad.EACH_STEP,
        moments=Moments.KEPT,
        bias_correction=BiasCorrection.PER_STEP,
        epsilon_at=EpsilonAt.OUTSIDE,
        momentum=_meant_momentum(side.momentum),
        weight_decay=_meant_decay(side),
        decayed=Decayed.ALL,
        decay_factor=DecayFactor.ONCE,
        log_moment=LogMoment.BEFORE,
        logged_penalty=LoggedPenalty.LEFT_OUT,
        precision=Precision.FLOAT32 if side.precision is Precision.FLOAT32 else Precision.FLOAT64,
    )
    if side.objective is Objective.SQUARED_ERROR:
        meant = replace(meant, loss_input=side.loss_input)
    return replace(meant, loss_report=own_report(meant) or LossReport.MSE)


def slips_of(reading: Reading) -> int:
    """In how many choices that move weights a reading differs from the network that it means to be; each factor that
    tensors have of their own is one.
    """
    meant = meant_side(reading)
    named = {field: of_layers(getattr(reading.side, field), 1) for field in vars(meant)}
    others = {field: of_layers(getattr(meant, field), 1) for field in vars(meant)}
    apart = ("loss_report", "log_moment", "logged_penalty", "epoch_loss", "precision", "tensor_steps")
    choices = sum(set(named[field]) != set(others[field]) for field in named if field not in apart)
    return choices + len({factor for _, factor in reading.side.tensor_steps.factors})


def _meant_decay(side: Side) -> WeightDecay:
    """Of `torch.optim` only Adam has a decay beside its step: `AdamW`."""
    if side.optimizer.kind is OptimizerKind.ADAM:
        return side.weight_decay
    return replace(side.weight_decay, form=DecayForm.IN_GRADIENT)


def _meant_momentum(momentum: Momentum) -> Momentum:
    form = MomentumForm.NESTEROV if momentum.nesterov else MomentumForm.PYTORCH
    return Momentum(momentum.coefficient, form)
