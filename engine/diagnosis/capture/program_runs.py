"""Runs a stranger's program in a child process, and reads what the child has found: `capture`.

The child is `child.py`. It has its own process group, which is killed when it has answered or its time is up.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.diagnosis.capture.program_text import ProgramText, read_program
from engine.diagnosis.capture.refusals import LEFT, LEFT_BEFORE
from engine.diagnosis.data_places import Probe
from engine.diagnosis.made_arrays import MadeArray
from engine.diagnosis.recording import LayerNames, Recording
from engine.diagnosis.written_lines import written_lines
from engine.errors import DataError, InputError
from engine.experiment.npz_files import DAMAGES
from engine.experiment.settings import Activation
from engine.paths import typed_path
from engine.shown_text import shown
from engine.types import FloatArray

ROOT = Path(__file__).resolve().parents[3]

LATE = 20.0
"""Seconds that the child has to find the network once its program's time is up."""

LARGEST_FILE = 1_000_000_000

MOST_MEMORY = 0.75
"""Of the machine's."""

TAIL = 4000
"""Bytes of what the program writes on standard error."""

BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from engine.diagnosis.capture.child import main; main()"

TIMERS = (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF)
"""Those of the watch outlive it where the process becomes another program's."""

SOFTMAXES = {
    "softmax-over-samples": "The softmax sums over the samples of a batch, not over the classes.",
    "softmax-over-all": "The softmax sums over the samples of a batch and the classes, not over the classes alone.",
}
"""Those that are written in another way, and what is said of it."""


class CaptureError(InputError):
    """A program cannot be diagnosed; the message says why, and what to do."""


def capture(
    program: str,
    arguments: Sequence[str] = (),
    steps: int = 60,
    seconds: float = 60.0,
    names: Mapping[str, str] | None = None,
    module: bool = False,
    probe: Probe | None = None,
) -> Recording:
    """The first steps of a program that is run with these arguments, as the same user, from the current folder.

    `names` gives roles (x, y) the program's names where the tool had to ask; `module` says that `program` is the name
    of a module, as for `python -m`; `probe` puts other data in the places of the program's own.
    Raises `CaptureError` or another `InputError`.
    """
    text = ProgramText("")
    if not module:
        path = typed_path(program)
        text = read_program(path)
        program = str(path)
    asked = {
        "program": program,
        "source": text.source,
        "cells": text.cells,
        "arguments": list(arguments),
        "steps": steps,
        "seconds": seconds,
        "names": dict(names or {}),
        "module": module,
        "probe": None if probe is None else probe.as_json(),
    }
    with tempfile.TemporaryDirectory(prefix="mlp-tui-") as folder:
        out = Path(folder) / "found.zip"
        ending = _run({**asked, "out": str(out)}, seconds + LATE, Path(folder) / "asked.json")
        if not out.exists():
            raise CaptureError(f"{shown(program)}: {_without_answer(ending, seconds)}")
        answer, arrays = _read(program, out)
    if "fault" in answer:
        raise RuntimeError(answer["fault"])
    if "refused" in answer:
        refused = _with_last_line(answer["refused"], ending.said)
        raise CaptureError(f"{shown(program)}: {_with_note(refused, text.note)}")
    return _recording(program, answer, arrays, text)


def _with_last_line(refused: str, said: str) -> str:
    """Of a program that has left with a status: its own words."""
    return refused.replace(LEFT_BEFORE, f"{LEFT_BEFORE} ({shown(said)})") if said and LEFT in refused else refused


def _with_note(refused: str, note: str) -> str:
    """What was left out may be why."""
    return f"{refused.removesuffix('.')} ({note.removesuffix('.')})." if note else refused


@dataclass(frozen=True)
class _Ending:
    """How the child has ended: its status as `subprocess` has it, none if it was killed; its last line of errors."""

    status: int | None
    said: str


def _without_answer(ending: _Ending, seconds: float) -> str:
    said = f" ({shown(ending.said)})" if ending.said else ""
    if ending.status is None:
        return f"Gave no answer within {seconds:g} seconds{said}; give it more with --seconds, or use the recorder."
    if -ending.status in TIMERS:
        return f"It replaced itself by another program, as os.exec does{said}, and that is not watched; name that one."
    if ending.status < 0:
        name = signal.Signals(-ending.status).name if -ending.status in set(signal.Signals) else f"{-ending.status}"
        want = ", for want of memory perhaps," if -ending.status == signal.SIGKILL else ""
        return f"Its process was ended by the signal {name}{want} before enough was seen{said}; use the recorder."
    return f"Its process left with the status {ending.status} before enough was seen{said}; use the recorder."


def _run(asked: Mapping[str, Any], seconds: float, request: Path) -> _Ending:
    """Let the child run."""
    environment = {
        **os.environ,
        "MPLBACKEND": "Agg",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    request.write_text(json.dumps(asked), encoding="utf-8")
    try:
        child = subprocess.Popen(
            [sys.executable, "-P", "-c", BOOT, str(ROOT), str(request)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            preexec_fn=_limit,  # noqa: PLW1509 - it only sets limits, and no thread runs here
        )
    except OSError as error:
        why = error.strerror or str(error)
        raise CaptureError(
            f"No process can be started with {shown(sys.executable)}: {why}; use the recorder."
        ) from None
    tail = _Tail(child)
    status = None
    try:
        status = child.wait(seconds)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _kill(child)
    return _Ending(status, tail.last_line())


class _Tail:
    """Reads what the child writes on standard error, however much it is, and keeps the end."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stderr is not None
        self.stream = child.stderr
        self.kept = b""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        with suppress(OSError, ValueError):
            while piece := os.read(self.stream.fileno(), 65536):
                self.kept = (self.kept + piece)[-TAIL:]

    def last_line(self) -> str:
        """Once it has ended; what it left running may hold the stream open."""
        self.thread.join(1.0)
        if not self.thread.is_alive():
            self.stream.close()
        lines = self.kept.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _limit() -> None:
    """Lower limits stay; one that cannot be set is none."""
    import resource

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for kind, most in (
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, int(MOST_MEMORY * memory)),
    ):
        with suppress(ValueError, OSError):
            hard = resource.getrlimit(kind)[1]
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (least, least))


def _kill(child: subprocess.Popen[bytes]) -> None:
    """The whole process group, what the program has started included."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _read(program: str, out: Path) -> tuple[dict[str, Any], dict[str, FloatArray]]:
    try:
        with zipfile.ZipFile(out) as archive:
            answer = json.loads(archive.read("answer.json"))
            arrays = {}
            for name in archive.namelist():
                if name.endswith(".npy"):
                    with archive.open(name) as member:
                        arrays[name.removesuffix(".npy")] = np.lib.format.read_array(member, allow_pickle=False)
    except DAMAGES:
        raise DataError(f"{shown(program)}: what was recorded of it is damaged; try again.") from None
    return answer, arrays


def _recording(
    program: str, answer: Mapping[str, Any], arrays: Mapping[str, FloatArray], text: ProgramText
) -> Recording:
    states = answer["states"]
    notes = [*answer["notes"], *([text.note] if text.note else ())]
    layers = []
    for one in answer["layers"]:
        slipped = one["activation"] in SOFTMAXES
        name, _, slope = one["activation"].partition(":")
        activation = Activation.SOFTMAX if slipped else Activation(name)
        if slipped:
            notes.append(SOFTMAXES[one["activation"]])
        layers.append(
            LayerNames(
                one["weight"],
                one["transposed"],
                one["bias"],
                one["ones"],
                activation,
                one["ones_first"],
                float(slope) if slope else None,
            )
        )
    return Recording(
        {name: np.stack([arrays[row[index]] for row in states]) for index, name in enumerate(answer["names"])},
        tuple(arrays[name] for name in answer["inputs"]),
        tuple(arrays[name] for name in answer["targets"]),
        tuple(layers),
        {name: np.array(series) for name, series in answer["logged"].items()},
        {_by_cell(name, text.cells): value for name, value in answer["constants"].items()},
        answer["lines"],
        program,
        text.source or answer["source"],
        text.cells,
        tuple(notes),
        made=tuple(MadeArray(line, name, size, tuple(sums)) for line, name, size, sums in answer["made"]),
        made_at=answer["made_at"],
        data=tuple(Probe.from_json(one) for one in answer["data"]),
    )


def _by_cell(name: str, cells: Sequence[tuple[int, int]]) -> str:
    """'line 31: 0.1' of a notebook as 'cell 2, line 5: 0.1'."""
    line = re.match(r"line (\d+):", name) if cells else None
    return name if line is None else written_lines([int(line[1])], cells) + name[line.end() - 1 :]
