"""`diagnose --write`: the programs of a diagnosed experiment, in PyTorch and by hand. Both have all that the diagnosed
program does, and repeat its run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from engine.diagnosis.diagnosis import Diagnosis
from engine.errors import InputError, SettingsError
from engine.experiment.settings import Settings
from engine.export.files import check_writable, same_file, write_whole
from engine.networks.programs import script_files
from engine.shown_text import shown


def twin_settings(diagnosis: Diagnosis) -> Settings:
    """Both sides as the diagnosed program has it; raises `InputError` where no program can repeat it."""
    settings = diagnosis.settings
    if settings is None:
        raise InputError(f"--write: no program can repeat what is {diagnosis.conclusion.value}.")
    if not diagnosis.repeats:
        raise InputError(
            "--write: the program takes batches of sizes that change from epoch to epoch; no experiment here does."
        )
    try:
        return replace(settings, pytorch=settings.numpy)
    except SettingsError as error:
        raise InputError(f"--write: {error}") from None


def twin_files(settings: Settings, target: Path) -> dict[Path, str | bytes]:
    """The content of every file by its path: PyTorch's program is the target, the other has its name and _numpy."""
    files = script_files(settings)
    names = {"pytorch_mlp.py": target.name, "numpy_mlp.py": f"{target.stem}_numpy{target.suffix}"}
    return {target.with_name(names.get(name, name)): content for name, content in files.items()}


def check_twin(target: Path, program: str | None, replace_existing: bool) -> None:
    """Refuse a target that could not be written later, or that is the program itself; raises `InputError`."""
    if target.suffix != ".py":
        raise InputError(f"--write cannot be {shown(target)}; the program's name ends in .py, as twin.py.")
    check_writable(target, replace_existing)
    beside = target.with_name(f"{target.stem}_numpy{target.suffix}")
    check_writable(beside, replace_existing)
    _check_spared(program, [target, beside])


def _check_spared(program: str | None, targets: Iterable[Path]) -> None:
    for target in targets:
        if program is not None and same_file(program, target):
            raise InputError(f"{shown(target)} is the program that is diagnosed; name another place.")


def write_twin(settings: Settings, target: Path, program: str | None, replace_existing: bool) -> list[Path]:
    """Write the files, each whole or not at all; returns their paths. Raises `InputError`."""
    files = twin_files(settings, target)
    _check_spared(program, files)
    for path in files:
        check_writable(path, replace_existing)
    for path, content in files.items():
        write_whole(path, content, replace_existing)
    return list(files)
