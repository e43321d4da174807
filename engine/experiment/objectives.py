"""An experiment turned to another objective on both sides, with the outputs and the logged loss that go with it."""

from __future__ import annotations

from dataclasses import replace

from engine.experiment.choices import LossInput, LossReport, Objective, TargetShape
from engine.experiment.settings import OWN_LOSS, Settings
from engine.experiment.side import Side, own_report


def with_objective(settings: Settings, objective: Objective) -> Settings:
    """Both sides trained on it, each logging the number that its gradient is taken of; the outputs are those that a
    cross-entropy is made for. Raises `SettingsError` where the targets are no probabilities.
    """
    output = next((one for one, loss in OWN_LOSS.items() if loss is objective), settings.output_activation)
    numpy, pytorch = (_trained_on(side, objective) for side in (settings.numpy, settings.pytorch))
    return replace(settings, numpy=numpy, pytorch=pytorch, output_activation=output)


def _trained_on(side: Side, objective: Objective) -> Side:
    if objective is side.objective:
        return side
    side = replace(
        side,
        objective=objective,
        loss_input=LossInput.LOGITS,
        loss_report=LossReport.MSE,
        target_shape=TargetShape.AS_OUTPUT,
    )
    usual = LossReport.MSE if objective is Objective.SQUARED_ERROR else LossReport.CROSS_ENTROPY
    return replace(side, loss_report=own_report(side) or usual)
