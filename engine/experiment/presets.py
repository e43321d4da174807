"""The named experiments: the answer's own path from the question as asked to nothing left different, and one for each
kind of class labels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.errors import SettingsError
from engine.experiment.choices import InitialWeights, LossReport, Objective, Precision, Reduction
from engine.experiment.made_data import clusters, moons, xor
from engine.experiment.objectives import with_objective
from engine.experiment.settings import Settings
from engine.experiment.side import Side, is_fused
from engine.shown_text import shown


@dataclass(frozen=True)
class Preset:
    """A named `Settings` value and one line on what it shows."""

    name: str
    summary: str
    settings: Settings


BY_HAND = Side(
    loss_report=LossReport.ERROR_TIMES_LOSS,
    initial_weights=InitialWeights.UNIT_UNIFORM,
    bias=False,
    reduction=Reduction.SUM,
    learning_rate=0.3,
    precision=Precision.FLOAT64,
)
"""The question's NumPy code."""

PLAIN_PYTORCH = Side()
"""The question's PyTorch code: every default, learning rate 0.3."""


def _path() -> tuple[Preset, ...]:
    asked = Settings(xor(), BY_HAND, PLAIN_PYTORCH)
    same_loss = replace(asked, numpy=replace(asked.numpy, loss_report=LossReport.MSE))
    # The answer takes its weights out of PyTorch: they are float32 and stay float32.
    weights_from_torch = replace(same_loss.numpy, initial_weights=InitialWeights.PYTORCH, precision=Precision.MIXED)
    same_weights = replace(same_loss, numpy=weights_from_torch)
    no_bias = replace(same_weights, pytorch=replace(same_weights.pytorch, bias=False))
    answer = replace(no_bias, pytorch=replace(no_bias.pytorch, learning_rate=0.6))
    exact_side = replace(answer.pytorch, precision=Precision.FLOAT64)
    return (
        Preset("asked", "the question as it was asked: five differences", asked),
        Preset("same-loss", "both report the mean squared error", same_loss),
        Preset("same-weights", "and both draw PyTorch's weights; NumPy's precision becomes mixed", same_weights),
        Preset("no-bias", "and neither has a bias", no_bias),
        Preset("answer", "and a doubled rate: the answer, bit for bit", answer),
        Preset(
            "exact",
            "nothing differs, float64: only rounding is left",
            replace(answer, numpy=exact_side, pytorch=exact_side),
        ),
        Preset(
            "pytorch",
            "nothing differs, PyTorch's defaults: float32",
            replace(asked, numpy=PLAIN_PYTORCH),
        ),
    )


def _of_classes() -> tuple[Preset, ...]:
    """Both in PyTorch's defaults, with what PyTorch has for classes."""
    three = Settings(clusters(), PLAIN_PYTORCH, PLAIN_PYTORCH)
    two = Settings(moons(), PLAIN_PYTORCH, PLAIN_PYTORCH)
    return (
        Preset(
            "classes",
            "softmax and cross-entropy: nothing differs",
            with_objective(three, Objective.CROSS_ENTROPY),
        ),
        Preset(
            "two-classes",
            "sigmoid, binary cross-entropy: nothing differs",
            with_objective(two, Objective.BINARY_CROSS_ENTROPY),
        ),
    )


PRESETS: dict[str, Preset] = {preset.name: preset for preset in (*_path(), *_of_classes())}
"""Every preset by name, those of the answer's path first and in its order."""


def fitting_preset(settings: Settings) -> str | None:
    """The preset that is made for the class labels of data of one's own, where nothing of it is chosen yet."""
    if settings.data.source is None and not settings.data.classes:
        return None
    if any(side.objective is not Objective.SQUARED_ERROR for side in (settings.numpy, settings.pytorch)):
        return None
    if settings.data.classes:
        return "classes"
    Y = settings.data.Y
    return "two-classes" if Y.shape[1] == 1 and ((Y == 0) | (Y == 1)).all() else None


def on_present_data(named: Settings, settings: Settings) -> Settings:
    """A preset's sides on these data, layers, epochs and seed; with its outputs where its objective needs them.

    Raises `SettingsError`.
    """
    needs_outputs = any(is_fused(side) for side in (named.numpy, named.pytorch))
    output = named.output_activation if needs_outputs else settings.output_activation
    return replace(settings, numpy=named.numpy, pytorch=named.pytorch, output_activation=output)


def preset(name: str) -> Settings:
    """The settings of the preset called `name`; raises `SettingsError` when there is none."""
    if name not in PRESETS:
        raise SettingsError(f"There is no preset '{shown(name)}'; there are {', '.join(PRESETS)}.")
    return PRESETS[name].settings
