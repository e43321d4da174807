"""Runs a stranger's program in a child process, and reads what the child has found: `capture`.

The child is `child.py`. It has its own process group, which is killed when it has answered or its time is up.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from engine.diagnosis.recording import LayerNames, Recording
from engine.errors import DataError, InputError
from engine.experiment.npz_files import DAMAGES
from engine.experiment.reading import read_text
from engine.experiment.settings import Activation
from engine.paths import typed_path
from engine.shown_text import shown
from engine.types import FloatArray

ROOT = Path(__file__).resolve().parents[3]

LATE = 20.0
"""Seconds that the child has to find the network once its program's time is up."""

LARGEST_FILE = 1_000_000_000

BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from engine.diagnosis.capture.child import main; main()"

OVER_SAMPLES = "softmax-over-samples"


class CaptureError(InputError):
    """A program cannot be diagnosed; the message says why, and what to do."""


def capture(
    program: str,
    arguments: Sequence[str] = (),
    steps: int = 60,
    seconds: float = 60.0,
    names: Mapping[str, str] | None = None,
    module: bool = False,
) -> Recording:
    """The first steps of a program that is run with these arguments, as the same user, from the current folder.

    `names` gives roles (x, y) the program's names where the tool had to ask; `module` says that `program` is the name
    of a module, as for `python -m`. Raises `CaptureError` or another `InputError`.
    """
    if not module:
        path = typed_path(program)
        read_text(path, 10_000_000)
        program = str(path)
    asked = {
        "program": program,
        "arguments": list(arguments),
        "steps": steps,
        "seconds": seconds,
        "names": dict(names or {}),
        "module": module,
    }
    with tempfile.TemporaryDirectory(prefix="mlp-tui-") as folder:
        out = Path(folder) / "found.zip"
        complaint = _run({**asked, "out": str(out)}, seconds + LATE, Path(folder) / "errors.txt")
        if not out.exists():
            raise CaptureError(
                f"{shown(program)}: gave no answer within {seconds:g} seconds{complaint}; give it more with --seconds, "
                "or use the recorder."
            )
        answer, arrays = _read(program, out)
    if "fault" in answer:
        raise RuntimeError(answer["fault"])
    if "refused" in answer:
        raise CaptureError(f"{shown(program)}: {answer['refused']}")
    return _recording(program, answer, arrays)


def _run(asked: Mapping[str, Any], seconds: float, errors: Path) -> str:
    """Let the child run; what its last line of errors says, if it has not answered."""
    environment = {
        **os.environ,
        "MPLBACKEND": "Agg",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    with errors.open("wb") as stream:
        child = subprocess.Popen(
            [sys.executable, "-c", BOOT, str(ROOT), json.dumps(asked)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stream,
            env=environment,
            start_new_session=True,
            preexec_fn=_limit,  # noqa: PLW1509 - it only sets limits, and no thread runs here
        )
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _kill(child)
    lines = errors.read_bytes()[-2000:].decode(errors="replace").strip().splitlines()
    return f" ({shown(lines[-1])})" if lines else ""


def _limit() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


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


def _recording(program: str, answer: Mapping[str, Any], arrays: Mapping[str, FloatArray]) -> Recording:
    states = answer["states"]
    notes = list(answer["notes"])
    layers = []
    for one in answer["layers"]:
        over = one["activation"] == OVER_SAMPLES
        activation = Activation.SOFTMAX if over else Activation(one["activation"])
        if over:
            notes.append("The softmax sums over the samples of a batch, not over the classes.")
        layers.append(LayerNames(one["weight"], one["transposed"], one["bias"], one["ones"], activation))
    return Recording(
        {name: np.stack([arrays[row[index]] for row in states]) for index, name in enumerate(answer["names"])},
        tuple(arrays[name] for name in answer["inputs"]),
        tuple(arrays[name] for name in answer["targets"]),
        tuple(layers),
        {name: np.array(series) for name, series in answer["logged"].items()},
        answer["constants"],
        answer["lines"],
        program,
        answer["source"],
        tuple(notes),
    )
