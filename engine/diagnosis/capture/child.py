"""The process that runs a stranger's program as Python would by itself, watches it, and writes what it found.

Started by `program_runs.py`; it ends by itself as soon as enough was seen. Nothing of the engine stays in the
program's way: its modules are taken out of `sys.modules` before the program starts.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import signal
import sys
import time
import traceback
import zipfile
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

import numpy as np

from engine.diagnosis.capture.findings import Findings, describe
from engine.diagnosis.capture.line_tracer import LineTracer
from engine.diagnosis.capture.network_finder import Network, find_network
from engine.diagnosis.capture.passes import PassFinder, find_steps
from engine.diagnosis.capture.refusals import why_not
from engine.diagnosis.capture.stand_ins import install, notes
from engine.diagnosis.capture.step_targets import LOOKED_AT, has_targets
from engine.diagnosis.capture.trace import Trace
from engine.diagnosis.capture.unnamed_values import SEEN, with_unnamed_values
from engine.diagnosis.recording import PROOF_STEPS
from engine.errors import DataError

FIRST_LOOK = 150
"""Events after which a network is first looked for."""

HOPELESS = 20_000
"""So many events without a network are enough."""

FULL_BYTES = 150_000_000
"""Of a trace: beyond it only what belongs to the network is written down, if there is one."""

MOST_BYTES = 700_000_000

PATIENCE = 5.0
"""Seconds after which the steps of a proof are enough."""

OTHERS = ("site-packages", "dist-packages")


class Watch:
    """One program being watched."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked
        self.program = os.path.abspath(asked["program"])
        self.folder = os.path.dirname(self.program)
        self.trace = Trace()
        self.tracer = LineTracer(self.trace, self.is_own, self.check)
        self.network: Network | None = None
        self.finder: PassFinder | None = None
        self.next_look = FIRST_LOOK
        self.found_at = 0
        """Events when the network was last looked for."""
        self.ending = False
        self.confirmed = False
        self.counted = (0, 0)
        """Steps at the last look but one that found more, and the events then."""
        self.end = time.monotonic() + asked["seconds"]
        self.patience = time.monotonic() + min(PATIENCE, asked["seconds"])
        self.library = os.path.dirname(os.__file__)

    def is_own(self, file: str) -> bool:
        """Whether a file is the program's own."""
        if file.startswith("<") or any(f"{os.sep}{one}{os.sep}" in file for one in OTHERS):
            return False
        path = os.path.abspath(file)
        return path.startswith(self.folder + os.sep) and not path.startswith(self.library + os.sep)

    def check(self) -> None:
        """Look whether there is a network yet, and whether enough of it was seen."""
        if self.ending:
            return
        if self.trace.size > MOST_BYTES or time.monotonic() > self.end:
            self.finish(ended=False)
        if len(self.trace.events) < self.next_look:
            return
        if self.network is None:
            self.network = find_network(self.trace, seconds=3.0)
            self.found_at = len(self.trace.events)
            self.next_look = int(len(self.trace.events) * 1.7) + 50
            if self.network is None and len(self.trace.events) > HOPELESS:
                self.finish(ended=False)
        if self.network is not None:
            self._count()

    def _count(self) -> None:
        assert self.network is not None
        if self.finder is None or self.finder.network is not self.network:
            self.finder = PassFinder(self.trace, self.network, self.asked["names"].get("x"))
        steps = find_steps(self.trace, self.network, self.finder.passes(), ended=False)
        missing = self.asked["steps"] + 1 - steps.count
        if steps.count == 0 and len(self.trace.events) > 2 * self.found_at:
            # What changed first was not trained: a part of the network, in a check of gradients.
            self.network = None
            self.next_look = len(self.trace.events)
            return
        if steps.count >= min(8, self.asked["steps"]) and not self.confirmed:
            self.confirmed = True
            again = find_network(self.trace, seconds=1.0)
            if again is not None and again.slots != self.network.slots:
                self.network = again
                self.confirmed = False
                self.next_look = len(self.trace.events) + FIRST_LOOK
                return
            if not has_targets(self.trace, self.network, steps, self.asked["names"].get("y")):
                # What looks like a layer may be a gradient: a network is compared with something.
                self.network, self.confirmed = None, False
                self.next_look = int(len(self.trace.events) * 1.7) + 50
                return
        if missing <= 0 or (steps.count >= PROOF_STEPS + 2 and time.monotonic() > self.patience):
            self.finish(ended=False)
        if steps.count > self.counted[0]:
            self.counted = (steps.count, len(self.trace.events))
        elif len(self.trace.events) > (3 * self.counted[1] + 3000 if steps.count else HOPELESS):
            self.finish(ended=False)
        each = (len(self.trace.events) - steps.passes[0].index) / max(1, steps.count) if steps.passes else 10
        self.next_look = len(self.trace.events) + int(max(10, min(missing * each, 1500)))
        if steps.count > LOOKED_AT + 2 and self.trace.size > FULL_BYTES and self.trace.watched is None:
            self._watch_less()

    def _watch_less(self) -> None:
        assert self.network is not None
        first = self.network.layers[0]
        last = self.network.layers[-1]
        kept = {*self.network.slots, *first.inputs, *(slot for slot, _ in first.outputs | last.outputs)}
        batch = {len(self.trace.values[one]) for one in self._inputs() if self.trace.values[one].ndim}
        for slot, held in self.tracer.held.items():
            array = self.trace.values[held[2]]
            if array.ndim == 0 or array.dtype.kind in "iu" or (array.shape[0] in batch and array.size < 10**6):
                kept.add(slot)
        self.trace.watched = kept

    def _inputs(self) -> set[int]:
        assert self.network is not None
        return {self.tracer.held[slot][2] for slot in self.network.layers[0].inputs if slot in self.tracer.held}

    def finish(self, ended: bool, error: str = "") -> NoReturn:
        """Write what was found, and end the process."""
        self.ending = True
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_REAL, 0)
        with np.errstate(all="ignore"):
            answer, arrays = self._answer(ended, error)
        write(Path(self.asked["out"]), arrays, answer)
        os._exit(0)

    def _answer(self, ended: bool, error: str) -> tuple[dict[str, Any], dict[str, Any]]:
        source = self.tracer.sources.get(self.program, "")
        try:
            found: Findings = describe(
                self.trace,
                self.tracer.instances,
                self.asked["names"],
                source,
                self.program,
                self.asked["steps"],
                ended,
                self.network,
            )
        except DataError as refused:
            sentence = str(refused)
            reason = why_not(self.trace, self.tracer.sources, set(sys.modules), error, ended, sentence)
            return {"refused": reason}, {}
        except Exception as failed:  # a fault of ours must come out as one, not as the program's
            return {"fault": "".join(traceback.format_exception(failed))[-4000:]}, {}
        return {**found.described, "source": source, "notes": notes()}, found.arrays


def write(out: Path, arrays: dict[str, Any], answer: dict[str, Any]) -> None:
    """An archive of the arrays, and the rest as JSON within it."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("answer.json", json.dumps(answer))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def run(asked: dict[str, Any]) -> NoReturn:
    """Run the program to its end, or until enough was seen."""
    watch = Watch(asked)
    signal.signal(signal.SIGALRM, lambda *_: None if watch.ending else watch.finish(ended=False))
    signal.setitimer(signal.ITIMER_REAL, asked["seconds"])
    install()
    for name in [one for one in sys.modules if one == "engine" or one.startswith("engine.")]:
        del sys.modules[name]
    sys.argv = [asked["program"], *asked["arguments"]]
    sys.path[0] = watch.folder
    error = ""
    ended = True
    try:
        _execute(watch, asked)
    except SystemExit:
        pass
    except KeyboardInterrupt:
        ended = False
    except BaseException as raised:
        error, ended = _last_line(raised), False
    watch.finish(ended, error)


def _execute(watch: Watch, asked: dict[str, Any]) -> None:
    if asked["module"]:
        sys.path[0] = os.getcwd()
        watch.folder = os.getcwd()
        sys.settrace(watch.tracer)
        runpy.run_module(asked["program"], run_name="__main__", alter_sys=True)
        return
    source = Path(watch.program).read_text(encoding="utf-8-sig", errors="replace")
    code = compile(with_unnamed_values(source), watch.program, "exec", dont_inherit=True)
    watch.tracer.add_file(watch.program, source)
    module = ModuleType("__main__")
    module.__dict__.update(__file__=asked["program"], __builtins__=__builtins__, __name__="__main__")
    module.__dict__[SEEN] = watch.tracer.unnamed
    sys.modules["__main__"] = module
    sys.settrace(watch.tracer)
    exec(code, module.__dict__)
    sys.settrace(None)


def _last_line(raised: BaseException) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(raised.__traceback__) if "engine" not in frame.filename]
    with contextlib.suppress(Exception):
        text = " ".join(str(raised).split())[:200]
        where = f" in line {lines[-1]}" if lines and isinstance(lines[-1], int) else ""
        return f"{type(raised).__name__}: {text}{where}"
    return type(raised).__name__


def main(frame: FrameType | None = None) -> NoReturn:
    """Entry: what is asked is JSON in the first argument."""
    run(json.loads(sys.argv[1]))


if __name__ == "__main__":
    main()
