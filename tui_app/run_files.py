"""A snapshot's run as files: what an export is made of, and what is kept of a run that a fault ends."""

from __future__ import annotations

from platformdirs import user_state_path

from engine.errors import InputError
from engine.experiment.settings import Settings
from engine.export.exports import export_files
from engine.export.files import write_folder
from engine.run.result import Result
from engine.shown_text import shown
from engine.worker.snapshot import Snapshot
from tui_app.cli.options import command_line


def result_of(snapshot: Snapshot) -> Result | None:
    """The run so far; nothing before its first epoch."""
    if snapshot.curves is None or snapshot.comparison is None or snapshot.verdict is None or not snapshot.epoch:
        return None
    return Result(
        snapshot.settings,
        snapshot.curves,
        snapshot.initial_parameters,
        snapshot.parameters,
        snapshot.comparison,
        snapshot.verdict,
    )


def repeating_command(settings: Settings) -> str:
    """The line that repeats the run, as far as there is one."""
    try:
        return command_line(settings)
    except InputError:
        return "mlp-tui --from run.json"


def keep_run(snapshot: Snapshot) -> str:
    """Export the run so far into the state folder, over what was kept last; returns a sentence that says where."""
    folder = user_state_path("mlp-tui") / "run-before-fault"
    try:
        result = result_of(snapshot)
        if result is None:
            return ""
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_folder(folder, export_files(result, repeating_command(result.settings)), replace_existing=True)
    except Exception:
        return ""  # what ended the explorer may end this too, and has been said
    return f"The run so far is in {shown(folder)}."
