"""The laboratory: two models, one by hand in NumPy and one in PyTorch, trained in lockstep and compared.

    import engine
    run = engine.train(engine.preset("answer"))
    print(run.verdict.headline, run.comparison.losses.max_absolute)
    print(engine.conclusion(engine.effects(engine.measure(engine.plan(run.settings)), engine.Measure.AREA)))

Nothing here knows of terminals, and importing this package does not import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from engine.impact.effects import conclusion, effects
    from engine.impact.study import Measure, measure, plan
    from engine.networks.programs import scripts
    from engine.run.comparison import Comparison, LossGap, ParameterGap
    from engine.run.training import Progress, Run, SideRun, train
    from engine.run.verdict import Level, Verdict
    from engine.step.trace import trace_epoch

HOMES = {
    "engine.errors": ("DataError", "DeviceError", "InputError", "SettingsError"),
    "engine.experiment.asked": ("Missing",),
    "engine.experiment.built_in_data": ("BUILT_IN", "built_in"),
    "engine.experiment.choices": (
        "InitialWeights",
        "LossReport",
        "Objective",
        "Precision",
        "Reduction",
        "SideName",
    ),
    "engine.experiment.data": ("Dataset",),
    "engine.experiment.data_files": ("load",),
    "engine.experiment.discrepancies": ("CATALOGUE", "Discrepancy", "remaining"),
    "engine.experiment.given": ("Given", "GivenLayer"),
    "engine.experiment.held_out": ("hold_out",),
    "engine.experiment.presets": ("PRESETS", "preset"),
    "engine.experiment.settings": ("Activation", "Settings"),
    "engine.experiment.side": ("Side",),
    "engine.impact.effects": ("conclusion", "effects"),
    "engine.impact.study": ("Measure", "measure", "plan"),
    "engine.networks.programs": ("scripts",),
    "engine.run.comparison": ("Comparison", "LossGap", "ParameterGap"),
    "engine.run.training": ("Progress", "Run", "SideRun", "train"),
    "engine.run.verdict": ("Level", "Verdict"),
    "engine.step.trace": ("trace_epoch",),
}
"""Where each name lives: it is imported when it is first asked for, so that who needs one waits for no other."""


def __getattr__(name: str) -> Any:
    home = next((module for module, names in HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'engine' has no attribute '{name}'")
    found = globals()[name] = getattr(import_module(home), name)
    return found


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
