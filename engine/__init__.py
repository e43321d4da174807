"""The laboratory: two models, one by hand in NumPy and one in PyTorch, trained in lockstep and compared.

    import engine
    run = engine.train(engine.preset("answer"))
    print(run.verdict.headline, run.comparison.losses.max_absolute)

Nothing here knows of terminals, and importing this package does not import torch.
"""

from engine.errors import DataError, DeviceError, InputError, SettingsError
from engine.experiment.data import BUILT_IN, Dataset, built_in
from engine.experiment.data_files import load
from engine.experiment.discrepancies import CATALOGUE, Discrepancy, remaining
from engine.experiment.presets import PRESETS, preset
from engine.experiment.settings import (
    Activation,
    InitialWeights,
    LossReport,
    Precision,
    Reduction,
    Settings,
    Side,
    SideName,
)
from engine.run.comparison import Comparison, LossGap, ParameterGap
from engine.run.training import Progress, Run, SideRun, train
from engine.run.verdict import Level, Verdict

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
    "InitialWeights",
    "InputError",
    "Level",
    "LossGap",
    "LossReport",
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
    "load",
    "preset",
    "remaining",
    "train",
]
