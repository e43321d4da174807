"""The process that watches a stranger's program, and writes what it found; `program_start.py` starts the program.

Started by `program_runs.py`; it ends by itself as soon as enough was seen. Nothing of the engine stays in the
program's way: its modules are taken out of `sys.modules` before the program starts.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
import traceback
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from engine.diagnosis.capture.findings import Findings, describe
from engine.diagnosis.capture.guarded_tracer import GuardedTracer
from engine.diagnosis.capture.line_tracer import LineTracer
from engine.diagnosis.capture.network_finder import Network, find_network, stands_still
from engine.diagnosis.capture.passes import PassFinder, find_steps
from engine.diagnosis.capture.program_errors import left_with, no_python, said_of
from engine.diagnosis.capture.program_start import execute, wind_up
from engine.diagnosis.capture.refusals import why_not
from engine.diagnosis.capture.replaced_rows import Replacer
from engine.diagnosis.capture.stand_ins import install, notes
from engine.diagnosis.capture.step_targets import LOOKED_AT, has_targets, is_called
from engine.diagnosis.capture.trace import Trace
from engine.diagnosis.data_places import Probe
from engine.diagnosis.recording import PROOF_STEPS
from engine.errors import DataError
from engine.shown_text import shown

FIRST_LOOK = 150
"""Events after which a network is first looked for."""

HOPELESS = 20_000
"""So many events without a network are enough."""

FEWER = "Its steps take long: it was stopped once they were enough for a proof."
"""Said where fewer were seen than were asked for."""

LONG_SEARCH = 15.0
"""Seconds of looking after which a quarter of them are."""

FULL_BYTES = 150_000_000
"""Of a trace: beyond it only what belongs to the network is written down, if there is one."""

MOST_BYTES = 700_000_000

MOST_CHANGES = 3
"""Of the network that is watched, to another that was found later."""

ENOUGH_LAYERS = 40
"""That show the network when it is looked for again, in twice the events that it was first found in."""

PATIENCE = 5.0
"""Seconds after which the steps of a proof are enough."""

OTHERS = ("site-packages", "dist-packages")

LEAVE = os._exit
"""Before the program's own calls of it are caught."""

ROOM = 2000
"""Calls that may lie on top of one another while something is looked for."""


class Watch:
    """One program being watched."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked
        self.process = os.getpid()
        self.program = os.path.abspath(asked["program"])
        self.folder = os.path.dirname(self.program)
        self.trace = Trace()
        self.tracer = LineTracer(self.trace, self.is_own, self.check)
        self.replacer = Replacer(Probe.from_json(asked["probe"])) if asked["probe"] else None
        self.guard = GuardedTracer(self.tracer, self.hurry, self.failed, self.replacer)
        self.network: Network | None = None
        self.finder: PassFinder | None = None
        self.next_look = FIRST_LOOK
        self.found_at = 0
        """Events when the network was last looked for."""
        self.ending = False
        self.confirmed = False
        self.searched = 0.0
        """Seconds in which no network was found."""
        self.changes = 0
        """How often another network was found than the one that was watched."""
        self.counted = (0, 0)
        """Steps at the last look but one that found more, and the events then."""
        self.end = time.monotonic() + asked["seconds"]
        self.patience = time.monotonic() + min(PATIENCE, asked["seconds"])
        self.standard_library = os.path.dirname(os.__file__)

    def is_own(self, file: str) -> bool:
        """Whether a file is the program's own."""
        if file.startswith("<") or any(f"{os.sep}{one}{os.sep}" in file for one in OTHERS):
            return False
        path = os.path.abspath(file)
        return path.startswith(self.folder + os.sep) and not path.startswith(self.standard_library + os.sep)

    def check(self) -> None:
        """Look whether there is a network yet, and whether enough of it was seen."""
        if self.ending:
            return
        if self.trace.size > MOST_BYTES:
            self.finish(ended=False)
        self.hurry()
        if len(self.trace.events) >= self.next_look:
            with undisturbed():
                self._look()

    def hurry(self) -> None:
        """End if the time is up, whatever the program has made of its signals."""
        if not self.ending and time.monotonic() > self.end:
            self.finish(ended=False)

    def _look(self) -> None:
        if self.network is None:
            began = time.monotonic()
            self.network = find_network(self.trace, seconds=3.0)
            self.searched += time.monotonic() - began
            self.found_at = len(self.trace.events)
            self.next_look = int(len(self.trace.events) * 1.7) + 50
            is_long = self.searched > LONG_SEARCH and len(self.trace.events) > HOPELESS / 4
            if self.network is None and (is_long or len(self.trace.events) > HOPELESS):
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
            self._forget()
            self.next_look = len(self.trace.events)
            return
        if steps.count >= min(8, self.asked["steps"]) and not self.confirmed:
            self.confirmed = True
            self._check_names()
            again = find_network(self.trace, seconds=1.0, enough=(2 * self.found_at, ENOUGH_LAYERS))
            if again is not None and self._is_better(again):
                self._forget()
                self.network = again
                self.changes += 1
                self.next_look = len(self.trace.events) + FIRST_LOOK
                return
            if not has_targets(self.trace, self.network, steps, self.asked["names"].get("y")):
                # What looks like a layer may be a gradient: a network is compared with something.
                self.trace.moving_alone = self.trace.moving_alone or stands_still(self.trace, self.network)
                self._forget()
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

    def _forget(self) -> None:
        """The network that was watched, and its steps."""
        self.network, self.confirmed, self.counted = None, False, (0, 0)

    def _is_better(self, again: Network) -> bool:
        """Whether another network than the one that is watched was found: in a second not all of one may be found
        again, and where several take turns none is.
        """
        assert self.network is not None
        is_whole = len(again.slots) >= len(self.network.slots) and again.slots != self.network.slots
        return is_whole and self.changes < MOST_CHANGES

    def _check_names(self) -> None:
        """What is not there when it trains is no name of its data."""
        for role, name in self.asked["names"].items():
            if not any(is_called(slot.name, name) for slot in self.trace.slots):
                self.finish(ended=False, refused=f"--names: nothing in it is called '{shown(name)}' for {role}.")

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

    def finish(self, ended: bool, error: str = "", refused: str = "") -> NoReturn:
        """Write what was found, and end the process; what the program has forked only ends."""
        if os.getpid() != self.process:
            LEAVE(0)
        self.ending = True
        self.guard.stop()
        signal.setitimer(signal.ITIMER_REAL, 0)
        with undisturbed():
            answer, arrays = ({"refused": refused}, {}) if refused else self._answer(ended, error)
        write(Path(self.asked["out"]), arrays, answer)
        LEAVE(0)

    def failed(self, fault: Exception) -> NoReturn:
        """Something went wrong while the program was watched."""
        if isinstance(fault, MemoryError):
            self.finish(ended=False, error="MemoryError")
        self.ending = True
        self.guard.stop()
        write(Path(self.asked["out"]), {}, {"fault": "".join(traceback.format_exception(fault))[-4000:]})
        LEAVE(0)

    def _answer(self, ended: bool, error: str) -> tuple[dict[str, Any], dict[str, Any]]:
        if self.asked["module"]:
            main = self.tracer.modules.get("__main__", {}).get("__file__")
            self.program = os.path.abspath(main) if isinstance(main, str) else self.program
        source = self.tracer.sources.get(self.program, "")
        if self.replacer is not None and self.replacer.left and not error:
            names = shown(" and ".join(place.name for place in self.replacer.left))
            return {"refused": f"{names} did not come by again with as many rows as before."}, {}
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
        told = [*notes(), *found.described["notes"]]
        if not ended and len(found.described["inputs"]) < self.asked["steps"] - 1:
            told.append(FEWER)
        return {**found.described, "source": source, "notes": told}, found.arrays


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Whatever the program has said of warnings and of how deep calls may go."""
    limit = sys.getrecursionlimit()
    deep = sum(1 for _ in traceback.walk_stack(None))
    with np.errstate(all="ignore"):
        sys.setrecursionlimit(max(limit, deep + ROOM))
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)


def write(out: Path, arrays: dict[str, Any], answer: dict[str, Any]) -> None:
    """An archive of the arrays, and the rest as JSON within it; whole or not there at all."""
    beside = out.with_suffix(".part")
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("answer.json", json.dumps(answer))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    beside.replace(out)


def run(asked: dict[str, Any]) -> NoReturn:
    """Run the program to its end, or until enough was seen."""
    watch = Watch(asked)
    signal.signal(signal.SIGALRM, lambda *_: None if watch.ending else watch.finish(ended=False))
    signal.setitimer(signal.ITIMER_REAL, asked["seconds"])
    _guard(watch)
    install()
    for name in [one for one in sys.modules if one == "engine" or one.startswith("engine.")]:
        del sys.modules[name]
    sys.argv = [asked["program"], *asked["arguments"]]
    sys.path[0] = watch.folder
    error = ""
    ended = True
    try:
        try:
            execute(watch.guard, asked)
        except SystemExit as left:
            error = left_with(left)
        wind_up()
    except SystemExit:
        pass
    except KeyboardInterrupt:
        ended = False
    except BaseException as raised:
        sys.settrace(None)
        if isinstance(raised, SyntaxError) and raised.filename == watch.program:
            watch.finish(ended=False, refused=no_python(raised, asked["cells"]))
        error, ended = said_of(raised, watch.program, watch.is_own, asked["cells"]), False
    watch.finish(ended, error)


def _guard(watch: Watch) -> None:
    """Against ends of the process that leave no answer, and answers of processes that the program has forked."""

    def leave(status: int = 0) -> NoReturn:
        if not watch.ending and os.getpid() == watch.process:
            watch.finish(ended=True)
        LEAVE(status)

    def forked() -> None:
        watch.ending = True
        watch.guard.stop()

    os._exit = leave
    os.register_at_fork(after_in_child=forked)


def main() -> NoReturn:
    """Entry: what is asked is JSON in the file that the first argument names."""
    run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
