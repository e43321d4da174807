"""The laboratory: two models, one by hand in NumPy and one in PyTorch, trained in lockstep and compared.

    import engine
    run = engine.train(engine.preset("answer"))
    print(run.verdict.headline, run.comparison.losses.max_absolute)
    print(engine.conclusion(engine.effects(engine.measure(engine.plan(run.settings)), engine.Measure.AREA)))

Nothing here knows of terminals, and importing this package does not import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from engine.errors import DataError, DeviceError, InputError, SettingsError
from engine.experiment.asked import Missing
from engine.experiment.built_in_data import BUILT_IN, built_in
from engine.experiment.choices import InitialWeights, LossReport, Objective, Precision, Reduction, SideName
from engine.experiment.data import Dataset
from engine.experiment.data_files import load
from engine.experiment.discrepancies import CATALOGUE, Discrepancy, remaining
from engine.experiment.given import Given, GivenLayer
from engine.experiment.held_out import hold_out
from engine.experiment.presets import PRESETS, preset
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side
from engine.run.comparison import Comparison, LossGap, ParameterGap
from engine.run.training import Progress, Run, SideRun, train
from engine.run.verdict import Level, Verdict

if TYPE_CHECKING:
    from engine.impact.effects import conclusion, effects
    from engine.impact.study import Measure, measure, plan
    from engine.networks.programs import scripts
    from engine.step.trace import trace_epoch

LATER = {
    "conclusion": "engine.impact.effects",
    "effects": "engine.impact.effects",
    "Measure": "engine.impact.study",
    "measure": "engine.impact.study",
    "plan": "engine.impact.study",
    "scripts": "engine.networks.programs",
    "trace_epoch": "engine.step.trace",
}
"""Names that are imported when they are first asked for, and where they live: training does without them."""


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module 'engine' has no attribute '{name}'")
    return getattr(import_module(LATER[name]), name)


__all__ = [
    "BUILT_IN",
    "CATALOGUE",
    "PRESETS",
    "Activation",
    "Comparison",
    "DataError",
    "Dataset",
    "DeviceError",
    "Discrepancy",
    "Given",
    "GivenLayer",
    "InitialWeights",
    "InputError",
    "Level",
    "LossGap",
    "LossReport",
    "Measure",
    "Missing",
    "Objective",
    "ParameterGap",
    "Precision",
    "Progress",
    "Reduction",
    "Run",
    "Settings",
    "SettingsError",
    "Side",
    "SideName",
    "SideRun",
    "Verdict",
    "built_in",
    "conclusion",
    "effects",
    "hold_out",
    "load",
    "measure",
    "plan",
    "preset",
    "remaining",
    "scripts",
    "trace_epoch",
    "train",
]
