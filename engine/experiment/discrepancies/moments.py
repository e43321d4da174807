"""What becomes of a velocity, or of Adam's moments, from step to step."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.optimizers import OptimizerKind
from engine.experiment.settings import Settings
from engine.experiment.side import COUNTING, Side
from engine.experiment.step_lengths import late_step
from engine.experiment.update_rules import Moments, MomentumForm

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
        return side.bias_correction in COUNTING
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


def _length(side: Side) -> str:
    length = late_step(side)
    if length is not None:
        return plain(length, 3)
    if side.optimizer.kind is OptimizerKind.ADAGRAD:
        return "ever less"
    return "without limit" if side.optimizer.is_sgd else "no number"


def _numbers(settings: Settings) -> str:
    if not _matters(settings):
        return "Neither side keeps anything of earlier gradients: it has no effect here, nothing to change."
    lengths = each_side(*map(_length, _sides(settings)))
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
