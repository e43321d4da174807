"""The named experiments: the answer's own path from the question as asked to nothing left different."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.errors import SettingsError
from engine.experiment.data import xor
from engine.experiment.settings import Settings
from engine.experiment.side import InitialWeights, LossReport, Precision, Reduction, Side
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


PRESETS: dict[str, Preset] = {preset.name: preset for preset in _path()}
"""Every preset by name, in the order of the answer's path."""


def preset(name: str) -> Settings:
    """The settings of the preset called `name`; raises `SettingsError` when there is none."""
    if name not in PRESETS:
        raise SettingsError(f"There is no preset '{shown(name)}'; there are {', '.join(PRESETS)}.")
    return PRESETS[name].settings
