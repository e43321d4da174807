"""Recordings of the programs in `tests/programs`, kept so that reading one needs no run of it. After a change of a
program, or of what is recorded of one, they are made anew with

python -m tests.diagnosis.kept
"""

import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from engine.diagnosis.capture.program_runs import CaptureError, capture
from engine.diagnosis.made_arrays import MadeArray
from engine.diagnosis.recording import LayerNames, Recording
from engine.experiment.settings import Activation

PROGRAMS = Path(__file__).parent.parent / "programs"
KEPT = PROGRAMS / "recordings"
STEPS = 30
"""That are kept of each: a proof is about 20."""


def keep(name):
    """Run a program, and keep its first steps; of one that is refused there is nothing to keep."""
    if name.startswith("refused_"):
        return
    try:
        recording = capture(str(PROGRAMS / f"{name}.py")).first(STEPS)
    except CaptureError:
        return
    batches = {}
    keys = [[(one.shape, one.tobytes()) for one in pair] for pair in recording.batches]
    for pair, arrays in zip(keys, recording.batches, strict=True):
        for key, array in zip(pair, arrays, strict=True):
            batches.setdefault(key, (len(batches), array))
    places = [[batches[key][0] for key in pair] for pair in keys]
    said = {
        "names": list(recording.arrays),
        "batches": places,
        "layers": [asdict(one) | {"activation": one.activation and one.activation.value} for one in recording.layers],
        "logged": {name: list(values) for name, values in recording.logged.items()},
        "constants": dict(recording.constants),
        "lines": dict(recording.lines),
        "source": recording.source,
        "notes": recording.notes,
        "made": [asdict(one) for one in recording.made],
        "made_at": recording.made_at,
    }
    arrays = [*recording.arrays.values(), *(one for _, one in batches.values())]
    with zipfile.ZipFile(KEPT / f"{name}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        # A date of its own would change the file with every run.
        archive.writestr(zipfile.ZipInfo("said.json"), json.dumps(said), zipfile.ZIP_DEFLATED)
        for index, array in enumerate(arrays):
            written = io.BytesIO()
            np.save(written, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{index}.npy"), written.getvalue(), zipfile.ZIP_DEFLATED)


def kept(name):
    """What was recorded of a program."""
    with zipfile.ZipFile(KEPT / f"{name}.zip") as archive:
        said = json.loads(archive.read("said.json"))
        files = [one for one in archive.namelist() if one.endswith(".npy")]
        arrays = [np.load(io.BytesIO(archive.read(one)), allow_pickle=False) for one in files]
    names = said["names"]
    batches = arrays[len(names) :]
    return Recording(
        dict(zip(names, arrays, strict=False)),
        tuple(batches[X] for X, _ in said["batches"]),
        tuple(batches[Y] for _, Y in said["batches"]),
        tuple(
            LayerNames(**one | {"activation": one["activation"] and Activation(one["activation"])})
            for one in said["layers"]
        ),
        {name: np.array(values) for name, values in said["logged"].items()},
        said["constants"],
        said["lines"],
        str(PROGRAMS / f"{name}.py"),
        said["source"],
        notes=tuple(said["notes"]),
        made=tuple(MadeArray(**one | {"sums": tuple(one["sums"])}) for one in said["made"]),
        made_at=said["made_at"],
    )


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    for path in KEPT.glob("*.zip"):
        path.unlink()
    for path in sorted(PROGRAMS.glob("*.py")):
        keep(path.stem)
