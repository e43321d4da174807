"""The answer as a tour: from the question as asked to nothing left different, and what the answer leaves open.

Each step is an experiment with what is changed, what to expect, and what happened in the run's own numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.experiment.made_data import regression
from engine.experiment.presets import PRESETS
from engine.experiment.settings import Settings
from engine.number_text import number, ulps
from engine.run.comparison import Comparison
from engine.run.history import Curves


@dataclass(frozen=True)
class TourStep:
    """`happened` puts the numbers of a finished run into words."""

    title: str
    field: str
    changed: str
    expect: str
    settings: Settings
    happened: Callable[[Curves, Comparison], str]


def _ends(curves: Curves, _: Comparison) -> str:
    by_hand, pytorch = curves.numpy, curves.pytorch
    return (
        f"The hand-written number went from {number(by_hand.first)} to {number(by_hand.last)} and was "
        f"{number(by_hand.least)} at epoch {by_hand.least_epoch:,}, its least; PyTorch's went from "
        f"{number(pytorch.first)} to {number(pytorch.last)}."
    )


def _first_losses(curves: Curves, comparison: Comparison) -> str:
    losses = comparison.losses
    return (
        f"The first losses are {number(curves.numpy.first, 6)} and {number(curves.pytorch.first, 6)}, the last ones "
        f"{number(curves.numpy.last, 4)} and {number(curves.pytorch.last, 4)}; the largest gap is "
        f"{number(losses.max_absolute)} at epoch {losses.max_absolute_epoch:,}."
    )


def _gap(_: Curves, comparison: Comparison) -> str:
    losses = comparison.losses
    return (
        f"The largest gap of {losses.epochs:,} losses is {number(losses.max_absolute)}{ulps(losses.max_ulp)}; "
        f"{losses.different:,} of them differ at all."
    )


def _start(_: Curves, comparison: Comparison) -> str:
    start, losses = comparison.initial_weights, comparison.losses
    return (
        f"{start.different} of {start.elements} first weights and biases differ. After {losses.epochs:,} epochs "
        f"the losses are at most {number(losses.max_absolute)} apart."
    )


def _seven_samples() -> Settings:
    return replace(PRESETS["answer"].settings, data=regression())


def _tour() -> tuple[TourStep, ...]:
    settings = {name: preset.settings for name, preset in PRESETS.items()}
    return (
        TourStep(
            "The question",
            "loss_report",
            "Nothing yet: the two programs as they were asked about. One looks written to do what the other does.",
            "Two curves that have nothing to do with each other. The hand-written one lies on the zero line and dips "
            "just below it, as the legend says: it is no loss.",
            settings["asked"],
            _ends,
        ),
        TourStep(
            "The same loss",
            "loss_report",
            "The hand-written code logs the mean squared error, as nn.MSELoss() does.",
            "Both curves are losses now and fall, but not together. No weight has moved: only the plotted number has.",
            settings["same-loss"],
            _first_losses,
        ),
        TourStep(
            "The same weights",
            "initial_weights",
            "The hand-written code starts from the weights that nn.Linear draws: small, and around zero. Taken out of "
            "PyTorch they are float32 and stay so: the precision becomes mixed.",
            "Nearer at the start, but PyTorch also has biases, which add to its first prediction.",
            settings["same-weights"],
            _first_losses,
        ),
        TourStep(
            "No bias",
            "bias",
            "PyTorch's layers are made with bias=False.",
            "The first losses agree to rounding. After that the hand-written side runs ahead: its steps are longer.",
            settings["no-bias"],
            _first_losses,
        ),
        TourStep(
            "Twice the learning rate",
            "learning_rate",
            "PyTorch's learning rate is doubled, to 0.6. This is where the answer ends.",
            "One curve. What is left is far below what a plot can show.",
            settings["answer"],
            _gap,
        ),
        TourStep(
            "Why two?",
            "reduction",
            "The same settings on seven samples with three outputs.",
            "The curves part again. The sum's gradient is N·C/2 times the mean's: 2 for XOR, 10.5 here. The doubling "
            "was a coincidence of N·C = 4. Match the gradient instead, and it is right for any data.",
            _seven_samples(),
            _gap,
        ),
        TourStep(
            "Why still a gap?",
            "precision",
            "Back to XOR, gradients matched, and float64 throughout on both sides.",
            "NumPy kept float32 weights and computed in float64, PyTorch was float32 alone. In one precision the gap "
            "falls by eight orders of magnitude: what is left is the order in which sums are rounded.",
            settings["exact"],
            _gap,
        ),
        TourStep(
            "The start, not borrowed",
            "initial_weights",
            "Everything is PyTorch's default now, biases and float32 too, and NumPy draws PyTorch's numbers itself.",
            "The answer took its weights out of PyTorch. They can be drawn in NumPy: the same MT19937 words, 24 bits "
            "of each, rounded once. Not a bit of the start differs.",
            settings["pytorch"],
            _start,
        ),
    )


TOUR: tuple[TourStep, ...] = _tour()
"""The steps in order."""
