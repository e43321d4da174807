"""The two sides of an experiment as programs that run alone: what a person would write by hand, and PyTorch.

Their losses are the engine's, bit for bit.
"""

from __future__ import annotations

from engine.discrepancies import remaining
from engine.scripts.base import Line, Script, data_file_name, data_file_text
from engine.scripts.numpy_script import numpy_script
from engine.scripts.pytorch_script import pytorch_script
from engine.settings import Settings, SideName


def scripts(settings: Settings) -> dict[SideName, Script]:
    """Both programs."""
    return {SideName.NUMPY: numpy_script(settings), SideName.PYTORCH: pytorch_script(settings)}


def script_files(settings: Settings) -> dict[str, str]:
    """The content of every file that the programs are made of, by name; the data are among them unless they stand in
    the programs.
    """
    files = {script.name: script.text for script in scripts(settings).values()}
    name = data_file_name(settings.data)
    return files | ({name: data_file_text(settings.data)} if name else {})


def differing_fields(settings: Settings) -> frozenset[str]:
    """The fields whose lines differ between the sides because of a discrepancy."""
    return frozenset(discrepancy.field for discrepancy in remaining(settings))


__all__ = ["Line", "Script", "data_file_name", "differing_fields", "script_files", "scripts"]
