"""`mlp-tui diagnose`: a stranger's own program or recording, and why it does not do what PyTorch does."""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from typing import TYPE_CHECKING

import rich_click as click

from engine.errors import InputError
from engine.number_text import typed_whole
from engine.paths import typed_path
from engine.shown_text import printable, shown
from tui_app.cli.number_options import NUMBER
from tui_app.cli.options import ascii_option
from tui_app.cli.printing import check_targets, output_console, say_written, wants_ascii, write_text
from tui_app.importing import importing
from tui_app.text.ascii import spell_out

if TYPE_CHECKING:
    from engine.diagnosis.data_places import Probe
    from engine.diagnosis.diagnosis import Diagnosis
    from engine.diagnosis.recording import Recording

STEPS = (6, 10_000)
LONGEST = 3600.0
ROLES = ("x", "y", "[WwBb][0-9]*")
"""What --names may name."""


class _ProgramCommand(click.RichCommand):
    """Says where a program's own options belong."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Raises `click.UsageError`."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as unknown:
            raise click.UsageError(
                f"No such option '{printable(unknown.option_name)}'; options of the program's own follow --, as in: "
                f"mlp-tui diagnose my_network.py -- {printable(unknown.option_name)}.",
                ctx,
            ) from None


@click.command(cls=_ProgramCommand)
@click.argument("program", metavar="PROGRAM")
@click.argument("arguments", metavar="[-- ARGUMENTS]", nargs=-1)
@click.option("-m", "module", is_flag=True, help="PROGRAM is the name of a module, as for 'python -m'.")
@click.option("--steps", metavar="N", default="60", help="Steps to watch (unless said, 60); the program ends then.")
@click.option("--seconds", type=NUMBER, metavar="S", default="60", help="How long the program may run (60).")
@click.option("--names", metavar="ROLE=NAME,...", help="What the program calls x, y, W1, b1, ...: x=data,y=labels.")
@click.option("--probe", is_flag=True, help="Run it again with other numbers of samples: which readings go on?")
@click.option("--json", "json_file", metavar="FILE", help="Write what was found ('-': stdout).")
@click.option("--write", "twin", metavar="FILE", help="Write a PyTorch program that repeats the run; NumPy's too.")
@click.option("--open", "opened", is_flag=True, help="Open what was found in the explorer.")
@click.option("--force", is_flag=True, help="Let --json and --write replace files that exist.")
@ascii_option
def diagnose(
    program: str,
    arguments: tuple[str, ...],
    module: bool,
    steps: str,
    seconds: float,
    names: str | None,
    probe: bool,
    json_file: str | None,
    twin: str | None,
    opened: bool,
    force: bool,
    ascii_only: bool | None,
) -> None:
    """Run a training program written in NumPy, find its network and say how it differs from PyTorch's, with a proof.

    The program is run as you would run it, and stopped after some steps. A file that ends in .ipynb is a notebook, one
    that ends in .npz a recording.

    Examples:
    - `mlp-tui diagnose my_network.py`
    - `mlp-tui diagnose train.py --steps 100 -- --lr 0.1`
    - `mlp-tui diagnose my_network.ipynb --probe`
    - `mlp-tui diagnose recording.npz --json found.json`
    - `mlp-tui diagnose my_network.py --write twin.py`
    - `mlp-tui diagnose my_network.py --open`
    """
    from engine.diagnosis.diagnosis import diagnose as diagnosed
    from engine.diagnosis.probed import probed
    from engine.export.diagnosis_file import diagnosis_document
    from engine.export.twin import check_twin, twin_settings, write_twin
    from tui_app.text.diagnosis_report import print_diagnosis

    ascii = wants_ascii({"ascii_only": ascii_only})
    source = None if module else program
    check_targets(json_file, force=force, source=source)
    if probe and source is not None and _is_recording(program):
        raise InputError(f"--probe runs a program again, and {shown(program)} is a recording; name the program.")
    if twin is not None:
        check_twin(typed_path(twin), source, force)
    if opened and (reason := _why_no_terminal()) is not None:
        raise InputError(f"--open needs a terminal, but {reason}.")
    asked = (
        program,
        arguments,
        module,
        _steps(steps),
        _seconds(seconds),
        _names(names, not module and _is_recording(program)),
        ascii,
    )
    diagnosis = diagnosed(_recorded(*asked))
    if probe:
        diagnosis = probed(diagnosis, partial(_recorded, *asked))
    if json_file != "-" and not opened:
        print_diagnosis(diagnosis, output_console(), ascii)
    write_text(json.dumps(diagnosis_document(diagnosis)) + "\n", json_file, force)
    if twin is not None:
        for path in write_twin(twin_settings(diagnosis), typed_path(twin), source, force):
            say_written(str(path))
    if opened:
        _open(diagnosis, ascii)


def _why_no_terminal() -> str | None:
    with importing():
        from tui_app.terminal.driver import why_no_terminal

    return why_no_terminal()


def _open(diagnosis: Diagnosis, ascii: bool) -> None:
    """In the explorer, until it is left."""
    if diagnosis.settings is None:
        raise InputError(f"--open: there is no experiment to open in what is {diagnosis.conclusion.value}.")
    with importing():
        from tui_app.app import explore

    sys.exit(explore(diagnosis.settings, ascii, diagnosis=diagnosis))


def _recorded(
    program: str,
    arguments: tuple[str, ...],
    module: bool,
    steps: int,
    seconds: float,
    names: dict[str, str],
    ascii: bool,
    probe: Probe | None = None,
) -> Recording:
    """Of a file, or of a program that is run for it."""
    if not module and _is_recording(program):
        from engine.diagnosis.recording_files import load_recording

        return load_recording(typed_path(program), names)
    from engine.diagnosis.capture.program_runs import capture

    again = "" if probe is None else f" again with {_sizes(probe)}"
    sentence = f"mlp-tui: running {printable(program)} as you{again}, until it has trained for {steps:,} steps."
    click.echo(spell_out(sentence) if ascii else sentence, err=True)
    return capture(program, arguments, steps, seconds, names, module, probe)


def _is_recording(program: str) -> bool:
    return program.lower().endswith(".npz")


def _sizes(probe: Probe) -> str:
    outputs = "" if probe.outputs is None else f" and {probe.outputs} outputs"
    return f"{len(probe.taken)} samples{outputs}"


def _steps(text: str) -> int:
    count = typed_whole("--steps", text)
    least, most = STEPS
    if not least <= count <= most:
        raise InputError(f"--steps cannot be {shown(text)}; it is a whole number from {least} to {most:,}.")
    return count


def _seconds(seconds: float) -> float:
    if not 0 < seconds <= LONGEST:
        raise InputError(f"--seconds cannot be {seconds:g}; it is a number above 0, up to {LONGEST:,.0f}.")
    return seconds


def _names(text: str | None, recording: bool) -> dict[str, str]:
    """'x=data,y=labels' by role; a program's weights are found by what they do."""
    found: dict[str, str] = {}
    allowed = ROLES if recording else ROLES[:2]
    for part in text.split(",") if text is not None else ():
        role, equals, name = (piece.strip() for piece in part.partition("="))
        if not role or not equals or not name:
            raise InputError(f"--names cannot be '{shown(part)}'; it is roles and names such as x=data,y=labels.")
        if not any(re.fullmatch(one, role) for one in allowed):
            roles = "x, y, W1, b1, W2 and so on" if recording else "x and y; a program's weights are found by their use"
            raise InputError(f"--names cannot name {shown(role)}; it names {roles}.")
        if role in found:
            raise InputError(f"--names gives {shown(role)} twice; once is enough.")
        found[role] = name
    return found
