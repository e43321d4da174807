"""The laboratory: two models, one by hand in NumPy and one in PyTorch, trained in lockstep and compared.

    import engine
    run = engine.train(engine.preset("answer"))
    print(run.verdict.headline, run.comparison.losses.max_absolute)

Nothing here knows of terminals, and importing this package does not import torch.
"""

from engine.comparison import Comparison, LossGap, ParameterGap
from engine.data import BUILT_IN, Dataset, built_in
from engine.data_files import load
from engine.discrepancies import CATALOGUE, Discrepancy, remaining
from engine.errors import DataError, DeviceError, InputError, SettingsError
from engine.presets import PRESETS, preset
from engine.run import Progress, Run, SideRun, train
from engine.settings import (
    Activation,
    InitialWeights,
    LossReport,
    Precision,
    Reduction,
    Settings,
    Side,
    SideName,
)
from engine.verdict import Level, Verdict

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
