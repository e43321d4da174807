"""What becomes of a velocity, or of Adam's moments, from step to step."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.optimizers import BiasCorrection, OptimizerKind
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.experiment.update_rules import Moments, Momentum, MomentumForm

CHOICES = (
    Choice(Moments.KEPT, "kept", "kept", "they go on from step to step"),
    Choice(
        Moments.FIRST_DROPPED,
        "first-dropped",
        "first lost",
        "the first step only makes them, as zeros: its gradient is in none of them and moves nothing",
    ),
    Choice(Moments.RESET, "reset", "reset", "m, v = 0, 0 in every step: only its own gradient is in them"),
    Choice(
        Moments.NEW_OPTIMIZER,
        "new-optimizer",
        "in the loop",
        "optimizer = torch.optim.Adam(...) inside the loop: moments from 0 in every step, and t is always 1",
    ),
)


def _sides(settings: Settings) -> tuple[Side, Side]:
    return settings.numpy, settings.pytorch


def _matters(settings: Settings) -> bool:
    return any(side.has_moments for side in _sides(settings))


def _counts(side: Side) -> bool:
    """Whether a step from moments made anew depends on its number t."""
    if side.optimizer.kind is OptimizerKind.ADAM:
        return side.bias_correction in (BiasCorrection.PER_STEP, BiasCorrection.FROM_ZERO)
    return side.sgd_momentum.form is MomentumForm.PYTORCH and side.sgd_momentum.dampening > 0


def _acting(side: Side) -> Moments:
    """What the side's value comes to."""
    if not side.has_moments:
        return Moments.KEPT
    if side.moments.forgotten and not _counts(side):
        return Moments.NEW_OPTIMIZER
    return side.moments


def _alike(settings: Settings) -> bool:
    by_hand, pytorch = map(_acting, _sides(settings))
    return by_hand is pytorch


def _late_step(side: Side) -> str:
    """How long it is along a steady gradient of size 1, in learning rates."""
    rule, forgotten = side.optimizer, side.moments.forgotten
    if rule.is_sgd:
        return _late_step_alone(side) if forgotten else _late_step_of_momentum(side.sgd_momentum)
    if rule.kind is OptimizerKind.ADAGRAD:
        return "1 at most" if forgotten else "ever less"
    if rule.kind is OptimizerKind.RMSPROP:
        return plain((1 - rule.beta2) ** -0.5 if forgotten else 1, 3)
    return _late_step_of_adam(side)


def _late_step_alone(side: Side) -> str:
    """From a velocity of 0."""
    momentum = side.sgd_momentum
    if momentum.nesterov:
        return plain(1 + momentum.coefficient, 4)
    if momentum.form is MomentumForm.AVERAGED:
        return plain(1 - momentum.coefficient, 4)
    undampened = side.moments is Moments.NEW_OPTIMIZER and not momentum.form.holds_rate
    return plain(1.0 if undampened else 1 - momentum.dampening, 4)


def _late_step_of_momentum(momentum: Momentum) -> str:
    if momentum.form is MomentumForm.AVERAGED:
        return "1"
    return plain((1 - momentum.dampening) / (1 - momentum.coefficient), 4) if momentum.coefficient < 1 else "ever more"


def _late_step_of_adam(side: Side) -> str:
    first, second = 1 - side.optimizer.beta1, 1 - side.optimizer.beta2
    constant = side.bias_correction is BiasCorrection.CONSTANT
    if not side.moments.forgotten:
        return plain(second**0.5 / first if constant else 1, 3)
    if side.moments is Moments.NEW_OPTIMIZER and side.bias_correction is BiasCorrection.FROM_ZERO:
        return "no number"
    corrected = constant or (side.moments is Moments.NEW_OPTIMIZER and side.bias_correction is BiasCorrection.PER_STEP)
    return plain(1 if corrected else first / second**0.5, 3)


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "Neither side keeps anything of earlier gradients: it has no effect here, nothing to change."
    lengths = each_side(*map(_late_step, _sides(settings)))
    return f"Along a steady gradient of size 1 a late step is as long as so many learning rates: {lengths}."


WORDING = Wording(
    phrase={
        Moments.KEPT: "go on from step to step",
        Moments.FIRST_DROPPED: "begin with the second step's gradient",
        Moments.RESET: "begin with 0 in every step",
        Moments.NEW_OPTIMIZER: "are made anew in every step, and so is t",
    }.__getitem__,
    differ="Velocities and moments {by_hand} by hand; they {pytorch} in PyTorch.",
    equal="velocities and moments {both} on both sides; otherwise other gradients would be in them",
    numbers=_numbers,
    formula="m ← β₁·m + (1 − β₁)·g: m is that of the step before; made anew, it is 0",
    theory=lambda settings: (
        "A velocity and Adam's moments are worth having because they remember. Set to 0 inside the loop, or kept by an "
        "optimizer that is made inside the loop, they know the present gradient alone: momentum is then none, and "
        "Adam's step is the learning rate times the gradient's sign, whatever its size. If t still counts on, the "
        "corrections 1 − βᵗ soon correct nothing, and a step is (1 − β₁)/√(1 − β₂) times as long: 3.16 with PyTorch's "
        "numbers. Code that makes the moments at the first call and returns loses the first gradient."
    ),
    matters=_matters,
)


DISCREPANCY = Discrepancy(
    field="moments",
    title="Moments",
    summary="whether a velocity, or Adam's moments, are kept from step to step",
    group=Group.UPDATE,
    order=101,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=9,
    alike=_alike,
)
