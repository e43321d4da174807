"""The rule that makes an update of a gradient: SGD, Adam, RMSprop or Adagrad, and its numbers."""

from __future__ import annotations

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, each_side, plain
from engine.experiment.optimizers import DEFAULTS, PARAMETERS, Optimizer, OptimizerKind
from engine.experiment.settings import Settings

KERAS_EPSILON = 1e-7

CHOICES = (
    Choice(Optimizer(), "sgd", "SGD", "W ← W − η·g, or along a momentum: torch.optim.SGD"),
    Choice(
        Optimizer.of(OptimizerKind.ADAM),
        "adam",
        "Adam",
        "a mean of the gradients over the root of a mean of their squares: torch.optim.Adam, "
        "and AdamW where weight decay is decoupled",
    ),
    Choice(
        Optimizer.of(OptimizerKind.ADAM, epsilon=KERAS_EPSILON),
        "adam:epsilon=1e-07",
        "Adam ε 1e-7",
        "the same with Keras's ε",
    ),
    Choice(
        Optimizer.of(OptimizerKind.RMSPROP),
        "rmsprop",
        "RMSprop",
        "the gradient over the root of a mean of its squares, α = 0.99: torch.optim.RMSprop",
    ),
    Choice(
        Optimizer.of(OptimizerKind.ADAGRAD),
        "adagrad",
        "Adagrad",
        "the gradient over the root of the sum of its squares so far: torch.optim.Adagrad",
    ),
)

NAMES = {
    OptimizerKind.SGD: "SGD",
    OptimizerKind.ADAM: "Adam",
    OptimizerKind.RMSPROP: "RMSprop",
    OptimizerKind.ADAGRAD: "Adagrad",
}


def _phrase(optimizer: Optimizer) -> str:
    own = {
        typed: getattr(optimizer, name)
        for typed, name in PARAMETERS[optimizer.kind].items()
        if getattr(optimizer, name) != DEFAULTS[optimizer.kind][name]
    }
    numbers = ", ".join(f"{typed} {plain(number)}" for typed, number in own.items())
    return NAMES[optimizer.kind] + (f" with {numbers}" if numbers else "")


def _first_step(settings: Settings, optimizer: Optimizer, learning_rate: float) -> str:
    """How far a parameter moves at first whose gradient is large beside ε."""
    if optimizer.is_sgd:
        return f"{plain(learning_rate)}·|g|"
    if optimizer.kind is OptimizerKind.RMSPROP:
        return plain(learning_rate / (1 - optimizer.beta2) ** 0.5, 3)
    if optimizer.start:
        return f"{plain(learning_rate)}·|g|/√({plain(optimizer.start)} + g²)"
    return plain(learning_rate)


def _numbers(settings: Settings) -> str:
    steps = (_first_step(settings, side.optimizer, side.learning_rate) for side in (settings.numpy, settings.pytorch))
    return f"A parameter's first step is as long as: {each_side(*steps)}, where its gradient is large beside ε."


WORDING = Wording(
    phrase=_phrase,
    differ="The hand-written code takes its steps by {by_hand}, PyTorch by {pytorch}.",
    equal="both take their steps by {both}; otherwise they would be of other lengths",
    numbers=_numbers,
    formula="SGD: W ← W − η·g; Adam: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², W ← W − η·M/(√V + ε), "
    "M = m/(1 − β₁ᵗ), V = v/(1 − β₂ᵗ); RMSprop: W ← W − η·g/(√v + ε); Adagrad: v ← v + g²",
    theory=lambda settings: (
        "Adam, RMSprop and Adagrad divide a gradient by its usual size: a step is then about as long as the learning "
        "rate, whatever the gradient's factor: a sum for a mean then hardly shows, but for ε, and a learning rate made "
        "for SGD is far too large. Where a gradient is nearly 0, rounding alone decides the sign of a whole step: two "
        "equal sides drift apart faster than with SGD. Keras's Adam has ε = 1e-7, PyTorch's 1e-8."
    ),
)


DISCREPANCY = Discrepancy(
    field="optimizer",
    title="Optimizer",
    summary="which rule makes a step of a gradient: SGD, Adam, RMSprop or Adagrad, and with which numbers",
    group=Group.UPDATE,
    order=99,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    since=8,
    parse_other=Optimizer.parse,
    other="sgd, adam, rmsprop or adagrad, or with numbers: adam:beta1=0.9,epsilon=1e-7",
)
