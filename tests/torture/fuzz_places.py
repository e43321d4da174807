"""What stands in the working folder of a fuzzed command: files that are right, and all that is no file to be read."""

import hashlib
import json
import os
from copy import deepcopy
from functools import cache

import numpy as np

import engine
from engine.export.impact_file import impact_document
from engine.export.run_file import run_document
from engine.export.step_file import trace_document
from engine.impact.study import measure, plan
from engine.step.trace import trace_epoch

CSV = "a,b,c\n0,0.5,1\n1,0.25,0\n0.75,1,1\n"


@cache
def documents():
    """What `run`, `trace` and `impact` write of small experiments."""
    from dataclasses import replace

    small = replace(engine.preset("no-bias"), epochs=2, threads=1)
    other = replace(engine.preset("asked"), epochs=2, hidden=(3, 2), data=engine.built_in("regression"))
    made = [run_document(engine.train(one)) for one in (small, other)]
    made.append(trace_document(trace_epoch(small, 1)))
    made.append(impact_document(measure(plan(small, ["bias"], seeds=1))))
    return [json.dumps(one) for one in (*made, _naming_its_file(made[0]))]


def _naming_its_file(document):
    """As one of large data does."""
    named = deepcopy(document)
    named["settings"]["data"] |= {"name": "good", "source": "good.csv", "X": None, "Y": None}
    named["settings"]["data"]["file"] = {"sha256": hashlib.sha256(CSV.encode()).hexdigest(), "classes": None}
    return named


OWN_PROGRAM = """import numpy as np
random = np.random.RandomState(0)
X, y = random.uniform(-1, 1, (5, 2)), random.uniform(0, 1, (5, 1))
W1, W2 = random.normal(size=(2, 3)), random.normal(size=(3, 1))
for epoch in range(30):
    hidden = np.tanh(X @ W1)
    out = hidden @ W2
    error = out - y
    down = error @ W2.T * (1 - hidden**2)
    W2 = W2 - 0.1 * hidden.T @ error
    W1 = W1 - 0.1 * X.T @ down
"""


def own_notebook():
    """The program in two cells."""
    lines = OWN_PROGRAM.splitlines(keepends=True)
    cells = [{"cell_type": "code", "source": part, "outputs": []} for part in (["%who\n", *lines[:4]], lines[4:])]
    metadata = {"kernelspec": {"name": "python3", "language": "python"}, "language_info": {"name": "python"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}


@cache
def recorded():
    """What the recorder would write of the program: eight calls of it."""
    names = {"np": np}
    exec(OWN_PROGRAM.partition("for epoch")[0], names)
    step = "".join(line.removeprefix("    ") for line in OWN_PROGRAM.splitlines(keepends=True)[5:])
    kept = {name: [] for name in ("W1", "W2", "X", "y")}
    for _ in range(8):
        for name, series in kept.items():
            series.append(names[name].copy())
        exec(step, names)
    return {name: np.array(series) for name, series in kept.items()}


def zoo(places):
    """Files of every kind."""
    work = places["work"]
    (work / "good.csv").write_text(CSV)
    np.savez(work / "good.npz", X=np.eye(3), Y=np.arange(3.0))
    (work / "own.py").write_text(OWN_PROGRAM)
    (work / "own.ipynb").write_text(json.dumps(own_notebook()))
    np.savez(work / "recording.npz", **recorded())
    (work / "run.json").write_text(documents()[0])
    for end in ("csv", "npz", "json"):
        os.mkfifo(work / f"pipe.{end}")
        (work / f"zero.{end}").symlink_to("/dev/zero")
        (work / f"loop.{end}").symlink_to(f"loop.{end}")
        (work / f"secret.{end}").write_text(CSV)
        (work / f"secret.{end}").chmod(0)
    for name in ("folder.csv", "folder.npz", "folder", "secret", "locked"):
        (work / name).mkdir()
    (work / "dangling").symlink_to("nowhere/x")
    (work / "dangling.csv").symlink_to("nowhere.csv")
    (work / "a\x1b[31mb.csv").write_text(CSV)
    (work / "a\nb.csv").write_text("1,2\n3,x\n")
    (work / "caf\udce9.csv").write_text(CSV)
    (work / "secret").chmod(0)
    (work / "locked").chmod(0o500)
