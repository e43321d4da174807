"""The named experiments: the answer's own path from the question as asked to nothing left different, one for each kind
of class labels, and `families.py`'s.
"""

from __future__ import annotations

from dataclasses import replace

from engine.errors import SettingsError
from engine.experiment.choices import InitialWeights, LossReport, Objective, Precision, Reduction
from engine.experiment.families import FAMILIES
from engine.experiment.made_data import clusters, moons, xor
from engine.experiment.named_experiment import Preset
from engine.experiment.objectives import with_objective
from engine.experiment.settings import Settings
from engine.experiment.side import Side, is_fused
from engine.shown_text import shown

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


def _made(name: str, summary: str, settings: Settings) -> Preset:
    return Preset(name, summary, lambda: settings)


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
        _made("asked", "the question as it was asked: five differences", asked),
        _made("same-loss", "both report the mean squared error", same_loss),
        _made("same-weights", "and both draw PyTorch's weights; mixed precision by hand", same_weights),
        _made("no-bias", "and neither has a bias", no_bias),
        _made("answer", "and a doubled rate: the answer, bit for bit", answer),
        _made(
            "exact",
            "nothing differs, float64: only rounding is left",
            replace(answer, numpy=exact_side, pytorch=exact_side),
        ),
        _made(
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
        _made(
            "classes",
            "softmax and cross-entropy: nothing differs",
            with_objective(three, Objective.CROSS_ENTROPY),
        ),
        _made(
            "two-classes",
            "sigmoid, binary cross-entropy: nothing differs",
            with_objective(two, Objective.BINARY_CROSS_ENTROPY),
        ),
    )


PRESETS: dict[str, Preset] = {preset.name: preset for preset in (*_path(), *_of_classes(), *FAMILIES)}
"""Every preset by name, those of the answer's path first and in its order, the families last."""


def fitting_preset(settings: Settings) -> str | None:
    """The preset that is made for the class labels of data of one's own, where nothing of it is chosen yet."""
    if settings.data.source is None and not settings.data.classes:
        return None
    if any(side.objective is not Objective.SQUARED_ERROR for side in (settings.numpy, settings.pytorch)):
        return None
    if is_a_familys(settings):
        return None
    if settings.data.classes:
        return "classes"
    Y = settings.data.Y
    return "two-classes" if Y.shape[1] == 1 and ((Y == 0) | (Y == 1)).all() else None


def chosen(name: str, settings: Settings) -> Settings:
    """The preset of that name in the place of these settings, on their device and threads: a family with all that is
    its own; another on the present data, layers, epochs and seed, unless a family has brought those.

    Raises `SettingsError`.
    """
    named = preset(name)
    if PRESETS[name].is_family or is_a_familys(settings):
        return replace(named, device=settings.device, threads=settings.threads)
    return on_present_data(named, settings)


def is_a_familys(settings: Settings) -> bool:
    """Whether data, layers and epochs are a family's; another seed is soon given."""

    def brought(of: Settings) -> tuple[object, ...]:
        return of.layer_sizes, of.activations, of.epochs, of.data

    return settings.data.source is None and any(brought(family.settings) == brought(settings) for family in FAMILIES)


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
