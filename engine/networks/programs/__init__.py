"""The two sides of an experiment as programs that run alone: what a person would write by hand, and PyTorch.

Their losses are the engine's, bit for bit: the training step in them is the engine's own source.
"""

from __future__ import annotations

from engine.experiment.choices import SideName
from engine.experiment.settings import Settings
from engine.networks.programs.base import Script, data_file_content, data_file_name
from engine.networks.programs.given_start import given_files
from engine.networks.programs.marks import PROGRAMS, lines_to_change, marked_lines


def scripts(settings: Settings) -> dict[SideName, Script]:
    """Both programs."""
    return {side: program(settings) for side, program in PROGRAMS.items()}


def script_files(settings: Settings) -> dict[str, str | bytes]:
    """The content of every file that the programs are made of, by name; the data and what is given are among them
    unless they stand in the programs.
    """
    files: dict[str, str | bytes] = {script.name: script.text for script in scripts(settings).values()}
    name = data_file_name(settings.data)
    return files | ({name: data_file_content(settings.data)} if name else {}) | given_files(settings)


__all__ = ["Script", "data_file_name", "given_files", "lines_to_change", "marked_lines", "script_files", "scripts"]
