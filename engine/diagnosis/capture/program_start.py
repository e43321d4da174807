"""Starts a stranger's program as Python or Jupyter would: as `__main__`, its own folder first in `sys.path`."""

from __future__ import annotations
import __future__

import ast
import atexit
import os
import runpy
import sys
import threading
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from engine.diagnosis.capture.guarded_tracer import GuardedTracer
from engine.diagnosis.capture.stand_ins import Nothing
from engine.diagnosis.capture.unnamed_values import SEEN, with_unnamed_values

FLAGS = {getattr(__future__, name).compiler_flag for name in __future__.all_feature_names}
"""What `from __future__ import …` sets."""


def execute(guard: GuardedTracer, asked: dict[str, Any]) -> None:
    """Run it to its end under the guard; raises what it raises."""
    if asked["module"]:
        sys.path[0] = os.getcwd()
        guard.start()
        runpy.run_module(asked["program"], run_name="__main__", alter_sys=True)
        return
    file = os.path.abspath(asked["program"])
    module = ModuleType("__main__")
    module.__dict__.update(__builtins__=__builtins__, __name__="__main__")
    sys.modules["__main__"] = module
    if asked["cells"]:
        _execute_cells(guard, file, asked, module.__dict__)
        return
    code = compile(with_unnamed_values(asked["source"], file), file, "exec", dont_inherit=True)
    module.__dict__["__file__"] = file
    module.__dict__[SEEN] = guard.tracer.unnamed
    guard.tracer.add_file(file, asked["source"])
    guard.start()
    exec(code, module.__dict__)


def wind_up() -> None:
    """What Python does when a program has come to its end: wait for its threads, and do what it left to be done."""
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.current_thread():
            thread.join()
    atexit._run_exitfuncs()


def _execute_cells(guard: GuardedTracer, file: str, asked: dict[str, Any], names: dict[str, Any]) -> None:
    """One after the other, from the notebook's folder; a cell that is no Python ends it when its turn has come."""
    os.chdir(os.path.dirname(file))
    names.update({"display": Nothing(), "get_ipython": Nothing(), SEEN: guard.tracer.unnamed})
    cells = list(_cells(asked["source"].split("\n"), asked["cells"]))
    guard.tracer.add_file(file, "\n".join(text if _is_python(text) else text.count("\n") * "\n" for _, text in cells))
    flags = 0
    for first, text in cells:
        code = compile(with_unnamed_values("\n" * first + text, file), file, "exec", flags, dont_inherit=True)
        flags |= sum(flag for flag in FLAGS if code.co_flags & flag)
        guard.start()
        exec(code, names)


def _cells(lines: Sequence[str], places: Sequence[Sequence[int]]) -> Iterator[tuple[int, str]]:
    """How many lines are before each cell, and its text."""
    starts = [number for number, (_, line) in enumerate(places) if line == 1]
    for first, end in zip(starts, [*starts[1:], len(places)], strict=True):
        yield first, "\n".join(lines[first:end])


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
