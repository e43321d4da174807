"""How one implementation does it: `Side`, frozen and checked when made, and what follows from its choices.

The choices are `choices.py`'s; what both sides share is `settings.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.errors import SettingsError
from engine.experiment.batch_rules import ALL, BatchSize, EpochLoss, LastBatch, SampleOrder, parse_batch_size
from engine.experiment.choices import (
    BiasGradient,
    DerivativeAt,
    InitialWeights,
    InputScale,
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
    TargetShape,
    parse_choice,
)
from engine.experiment.clipping import NO_CLIPPING, Clipping
from engine.experiment.loss_epsilon import NO_LOSS_EPSILON, LossEpsilon, LossEpsilonKind
from engine.experiment.optimizers import SGD, BiasCorrection, EpsilonAt, Optimizer, OptimizerKind
from engine.experiment.per_layer import PerLayer, by_layer, parsed_per_layer
from engine.experiment.schedules import NO_SCHEDULE, Schedule
from engine.experiment.tensor_steps import AS_THEY_ARE, TensorSteps
from engine.experiment.update_rules import (
    NO_MOMENTUM,
    NO_WEIGHT_DECAY,
    Decayed,
    DecayFactor,
    DecayForm,
    Moments,
    Momentum,
    UpdateOrder,
    WeightDecay,
    ZeroGrad,
)
from engine.shown_text import shown

COUNTING = (
    BiasCorrection.PER_STEP,
    BiasCorrection.FROM_ZERO,
    BiasCorrection.PER_EPOCH,
    BiasCorrection.FIRST_MOMENT,
    BiasCorrection.SECOND_MOMENT,
)
"""Those that go by the number of the update."""

NEGATIVE_SLOPES = (0.0, 1.0)
"""The least and the greatest of a leaky ReLU."""

LEARNING_RATES = (1e-30, 1e30)
"""The least and the greatest: float32 holds both, and their products with 2/(N·C)."""


@dataclass(frozen=True)
class Side:
    """How one implementation does it. The defaults are PyTorch's. Raises `SettingsError`.

    What concerns a layer is one value, or one per layer.
    """

    objective: Objective = Objective.SQUARED_ERROR
    loss_input: LossInput = LossInput.LOGITS
    loss_epsilon: LossEpsilon = NO_LOSS_EPSILON
    target_shape: TargetShape = TargetShape.AS_OUTPUT
    input_scale: InputScale = InputScale.RAW
    batch: BatchSize = ALL
    order: SampleOrder = SampleOrder.IN_ORDER
    last_batch: LastBatch = LastBatch.KEEP
    softmax_form: SoftmaxForm = SoftmaxForm.STABLE
    loss_report: LossReport = LossReport.MSE
    initial_weights: PerLayer[InitialWeights] = InitialWeights.PYTORCH
    bias: PerLayer[bool] = True
    negative_slope: float = 0.01
    """Of a leaky ReLU."""
    reduction: Reduction = Reduction.MEAN
    learning_rate: float = 0.3
    schedule: Schedule = NO_SCHEDULE
    precision: Precision = Precision.FLOAT32
    update_order: UpdateOrder = UpdateOrder.TOGETHER
    log_moment: LogMoment = LogMoment.BEFORE
    logged_penalty: LoggedPenalty = LoggedPenalty.LEFT_OUT
    epoch_loss: EpochLoss = EpochLoss.MEAN
    derivative_at: PerLayer[DerivativeAt] = DerivativeAt.OUTPUT
    sent_down: SentDown = SentDown.DELTA
    bias_gradient: BiasGradient = BiasGradient.SUM
    tensor_steps: TensorSteps = AS_THEY_ARE
    rate_in: RateIn = RateIn.UPDATE
    zero_grad: ZeroGrad = ZeroGrad.EACH_STEP
    clipping: Clipping = NO_CLIPPING
    optimizer: Optimizer = SGD
    moments: Moments = Moments.KEPT
    bias_correction: BiasCorrection = BiasCorrection.PER_STEP
    epsilon_at: EpsilonAt = EpsilonAt.OUTSIDE
    momentum: Momentum = NO_MOMENTUM
    weight_decay: WeightDecay = NO_WEIGHT_DECAY
    decayed: PerLayer[Decayed] = Decayed.ALL
    decay_factor: DecayFactor = DecayFactor.ONCE

    def __post_init__(self) -> None:
        kinds = {
            "objective": Objective,
            "loss_input": LossInput,
            "target_shape": TargetShape,
            "input_scale": InputScale,
            "order": SampleOrder,
            "last_batch": LastBatch,
            "softmax_form": SoftmaxForm,
            "loss_report": LossReport,
            "reduction": Reduction,
            "precision": Precision,
            "update_order": UpdateOrder,
            "log_moment": LogMoment,
            "logged_penalty": LoggedPenalty,
            "epoch_loss": EpochLoss,
            "sent_down": SentDown,
            "bias_gradient": BiasGradient,
            "rate_in": RateIn,
            "zero_grad": ZeroGrad,
            "moments": Moments,
            "bias_correction": BiasCorrection,
            "epsilon_at": EpsilonAt,
            "decay_factor": DecayFactor,
        }
        for field, kind in kinds.items():
            if not isinstance(getattr(self, field), kind):
                object.__setattr__(self, field, parse_choice(kind, getattr(self, field), field))
        object.__setattr__(self, "batch", parse_batch_size(self.batch))
        for field, parse in PER_LAYER.items():
            object.__setattr__(self, field, parsed_per_layer(getattr(self, field), parse))
        object.__setattr__(self, "tensor_steps", _parsed(TensorSteps, self.tensor_steps, "tensor_steps"))
        object.__setattr__(self, "loss_epsilon", _parsed(LossEpsilon, self.loss_epsilon, "loss_epsilon"))
        object.__setattr__(self, "optimizer", _parsed(Optimizer, self.optimizer, "optimizer"))
        object.__setattr__(self, "clipping", _parsed(Clipping, self.clipping, "clipping"))
        object.__setattr__(self, "schedule", _parsed(Schedule, self.schedule, "schedule"))
        object.__setattr__(self, "momentum", _parsed(Momentum, self.momentum, "momentum"))
        object.__setattr__(self, "weight_decay", _parsed(WeightDecay, self.weight_decay, "weight_decay"))
        object.__setattr__(self, "learning_rate", _number_of(self.learning_rate, "learning_rate", LEARNING_RATES))
        object.__setattr__(self, "negative_slope", _number_of(self.negative_slope, "negative_slope", NEGATIVE_SLOPES))

    @property
    def sgd_momentum(self) -> Momentum:
        """None where the optimizer has moments of its own."""
        return self.momentum if self.optimizer.is_sgd else NO_MOMENTUM

    @property
    def has_moments(self) -> bool:
        """Whether a step makes something that the next one can go on from, beside the parameters."""
        return self.sgd_momentum.coefficient > 0 or not self.optimizer.is_sgd

    @property
    def writes_update(self) -> bool:
        """Whether PyTorch's side writes its update out, since `torch.optim` has no such rule."""
        if self.sgd_momentum.written_out:
            return True
        if self.moments in (Moments.FIRST_DROPPED, Moments.RESET):
            return self.has_moments
        if self.optimizer.kind is OptimizerKind.ADAM:
            return self.bias_correction is not BiasCorrection.PER_STEP or self.epsilon_at is not EpsilonAt.OUTSIDE
        return not self.optimizer.is_sgd and self.epsilon_at is EpsilonAt.INSIDE

    @property
    def counts_updates(self) -> bool:
        """Whether an update that is written out goes by its number."""
        if not self.writes_update or self.moments is Moments.NEW_OPTIMIZER:
            return False
        if self.moments is Moments.FIRST_DROPPED or self.optimizer.kind is OptimizerKind.ADAM:
            return self.moments is Moments.FIRST_DROPPED or self.bias_correction in COUNTING
        return self.moments is Moments.RESET and not self.momentum.written_out and self.sgd_momentum.dampening > 0

    @property
    def makes_optimizers(self) -> bool:
        """Whether each step makes an optimizer of PyTorch's own anew, and that changes anything."""
        return self.moments is Moments.NEW_OPTIMIZER and self.has_moments and not self.writes_update

    @property
    def goes_by_layer(self) -> bool:
        """Whether PyTorch's side passes the error down layer by layer, since autograd does not pass it so."""
        slips = self.sent_down is SentDown.ERROR or self.rate_in is RateIn.DELTA
        return slips or self.update_order is UpdateOrder.IN_TURN

    @property
    def decays_biases(self) -> bool:
        """Whether what pulls weights towards 0 pulls biases, too: those that nothing moves stay."""
        return self.decayed is Decayed.ALL and self.bias_gradient is not BiasGradient.NONE

    @property
    def decays_by_layer(self) -> bool:
        """Whether not every layer decays, or not alike."""
        return self.decayed not in (Decayed.ALL, Decayed.WEIGHTS)

    @property
    def sums_costs(self) -> bool:
        """Whether PyTorch's side makes its objective of each sample's cost, since `torch.nn` has no loss function for
        it: of a cross-entropy of probabilities, of those with an ε, or of the logits of another softmax than its own.
        """
        if self.adds_loss_epsilon:
            return True
        if self.objective is not Objective.CROSS_ENTROPY or self.loss_input is LossInput.TWICE:
            return False
        return self.loss_input is LossInput.PROBABILITIES or self.softmax_form is not SoftmaxForm.STABLE

    @property
    def adds_loss_epsilon(self) -> bool:
        """Whether the objective takes probabilities, and adds ε to them."""
        adds = self.loss_epsilon.kind is not LossEpsilonKind.NONE
        return adds and self.objective is not Objective.SQUARED_ERROR and self.loss_input is LossInput.PROBABILITIES

    @property
    def takes_mean(self) -> bool:
        """Whether the objective is the mean that PyTorch's own loss function has."""
        by_sample = self.reduction in (Reduction.PER_SAMPLE, Reduction.MEAN_OF_SUMS)
        of_samples = self.objective is Objective.CROSS_ENTROPY and by_sample
        return self.reduction is Reduction.MEAN or of_samples

    @property
    def logs_objective(self) -> bool:
        """Whether what is logged is the very number whose gradient is taken."""
        return self.loss_report is own_report(self) and not self.logs_after_update

    @property
    def logs_after_update(self) -> bool:
        """Whether a batch's loss is logged of the weights that its update has made. Where only the whole set's is
        logged, no batch's is.
        """
        return self.log_moment is LogMoment.AFTER and self.epoch_loss is not EpochLoss.WHOLE


def _checked_bias(value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"bias cannot be {shown(repr(value))}; it is True or False.")
    return value


PER_LAYER: dict[str, Callable[[Any], Any]] = {
    "initial_weights": lambda value: parse_choice(InitialWeights, value, "initial_weights"),
    "bias": _checked_bias,
    "derivative_at": lambda value: parse_choice(DerivativeAt, value, "derivative_at"),
    "decayed": lambda value: parse_choice(Decayed, value, "decayed"),
}
"""What a side may have for each layer, and how one value is read."""


def _number_of(value: object, field: str, bounds: tuple[float, float]) -> float:
    low, high = bounds
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise SettingsError(f"{field} cannot be {shown(repr(value))}; it is a number from {low:g} to {high:g}.")
    return float(value)


Rule = TypeVar("Rule", TensorSteps, LossEpsilon, Clipping, Optimizer, Schedule, Momentum, WeightDecay)


def _parsed(kind: type[Rule], value: object, field: str) -> Rule:
    if isinstance(value, kind):
        return value
    try:
        return kind.parse(str(value))
    except SettingsError:
        raise
    except ValueError:
        raise SettingsError(f"{field} cannot be {shown(repr(value))}; it is a {kind.__name__} or its name.") from None


def logs_penalty(side: Side) -> bool:
    """Whether what it logs has a penalty in it."""
    return side.logged_penalty is not LoggedPenalty.LEFT_OUT and side.weight_decay.rate > 0


def logs_batch_penalty(side: Side) -> bool:
    """Whether what it logs of a batch has one: where only the whole set's loss is logged, no batch's is."""
    return logs_penalty(side) and side.epoch_loss is not EpochLoss.WHOLE


OWN_REPORTS = {
    (True, Reduction.MEAN): LossReport.MSE,
    (True, Reduction.SUM): LossReport.HALF_SUM,
    (True, Reduction.TWICE_SUM): LossReport.SUM,
    (True, Reduction.PER_SAMPLE): LossReport.HALF_PER_SAMPLE,
    (True, Reduction.MEAN_OF_SUMS): LossReport.SUM_PER_SAMPLE,
    (False, Reduction.MEAN): LossReport.CROSS_ENTROPY,
    (False, Reduction.SUM): LossReport.CROSS_ENTROPY_SUM,
}
"""By whether errors are squared, and by reduction."""


def own_report(side: Side) -> LossReport | None:
    """What logs the very number whose gradient is taken, if something does."""
    if side.adds_loss_epsilon:
        return None
    return OWN_REPORTS.get((side.objective is Objective.SQUARED_ERROR, side.reduction))


def is_fused(side: Side) -> bool:
    """Whether loss and output activation are one: the loss takes logits, and the output's δ is p − y."""
    return side.objective is not Objective.SQUARED_ERROR and side.loss_input is LossInput.LOGITS


def decay_rates(side: Side, samples: int) -> tuple[float, float]:
    """By how much of itself a parameter decays in a step, beside the learning rate; and how much of that is in the
    gradient. A full batch has so many samples.
    """
    rate = side.weight_decay.rate
    if side.decay_factor is DecayFactor.TWICE:
        rate = 2 * rate
    elif side.decay_factor is DecayFactor.PER_SAMPLE:
        rate = rate / samples
    return rate, rate if side.weight_decay.form is DecayForm.IN_GRADIENT else 0.0


def decaying_layers(side: Side, layers: int) -> tuple[dict[int, bool], dict[int, bool]]:
    """Whether the weight decays, and the bias if it moves, of each layer by its number from 1."""
    decayed = by_layer(side.decayed, layers)
    moves = side.bias_gradient is not BiasGradient.NONE
    weights = {i: one is not Decayed.NONE for i, one in decayed.items()}
    return weights, {i: moves and one is Decayed.ALL for i, one in decayed.items()}


def shrinks_in_optimizer(side: Side) -> bool:
    """Whether PyTorch's optimizer decays weights beside its step: `AdamW`."""
    decays = side.weight_decay.rate > 0 and side.weight_decay.form is DecayForm.DECOUPLED
    return decays and side.optimizer.kind is OptimizerKind.ADAM and not side.writes_update
