"""Watches a program line by line, and writes down which slots have got new values: what `sys.settrace` calls.
`guarded_tracer.py` stands between.

What the values mean is decided elsewhere; `finish` is called when enough was seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from inspect import CO_GENERATOR
from opcode import opmap
from types import CodeType, FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.capture.array_marks import base_of, mark_of
from engine.diagnosis.capture.stored_names import Stored, stored_names
from engine.diagnosis.capture.trace import GONE, Place, Trace
from engine.diagnosis.capture.walk import Instances, Seen, numbers_of, reachable

YIELDS = opmap["YIELD_VALUE"], opmap["RESUME"]
"""Where a generator stands that has given something back; from Python 3.13 on it is one further."""

LARGEST = 20_000_000
"""Elements of an array that is looked at."""

IDLE_LINES = 300
"""A line that never changed an array so many times is looked at less often."""

Held = tuple[Any, int, int]
"""What a slot held last: the object, a mark of its content, the value's number (GONE if it is not kept)."""

Local = Callable[[FrameType, str, Any], Any]


class LineTracer:
    """Fills a `Trace`; `check` is asked after each event whether to go on looking."""

    def __init__(self, trace: Trace, is_own: Callable[[str], bool], check: Callable[[], None]) -> None:
        self.trace = trace
        self.instances = Instances(is_own=self._is_own_class)
        self.is_own = is_own
        self.check = check
        self.held: dict[int, Held] = {}
        self.lines: dict[str, dict[int, Stored]] = {}
        self.sources: dict[str, str] = {}
        self.idle: dict[tuple[str, int], int] = {}
        self.places: dict[tuple[Any, ...], int] = {}
        self.last: dict[int, int] = {}
        self.open_slots: dict[int, set[int]] = {}
        self.codes: dict[CodeType, bool] = {}
        self.logs: dict[str, int] = {}
        """Lists of numbers that grow: their last length."""
        self.modules: dict[str, dict[str, Any]] = {}

    def _is_own_class(self, kind: type) -> bool:
        module = sys.modules.get(kind.__module__)
        if kind.__module__ == "__main__" or kind.__module__ in ("types", "argparse"):
            return kind.__name__ in ("SimpleNamespace", "Namespace") or kind.__module__ == "__main__"
        file = getattr(module, "__file__", None)
        return isinstance(file, str) and self.is_own(file)

    def add_file(self, file: str, source: str) -> None:
        """What the lines of a file of the program may change."""
        self.sources[file] = source
        try:
            self.lines[file] = stored_names(source)
        except (SyntaxError, ValueError, RecursionError):
            self.lines[file] = {}

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Local | None:
        """A call of any function: the program's own are followed."""
        code = frame.f_code
        own = self.codes.get(code)
        if own is None:
            own = self.codes[code] = self.is_own(code.co_filename) and self._readable(code.co_filename)
        if not own:
            return None
        key = id(frame)
        self.last[key] = frame.f_lineno
        self.open_slots[key] = set()
        if code.co_name == "<module>":
            self.modules.setdefault(frame.f_globals.get("__name__", ""), frame.f_globals)
        else:
            caller, line = frame.f_back, frame.f_lineno
            if caller is not None and id(caller) in self.last and self.codes.get(caller.f_code):
                # Of several statements on the caller's line some have been run.
                self._after(caller, caller.f_lineno)
                if caller.f_code.co_filename == code.co_filename:
                    # What is handed over was made there, if it is new.
                    line = caller.f_lineno
            self._look(frame, line, frame.f_locals, changed=False)
        return self.inside

    def _readable(self, file: str) -> bool:
        if file not in self.lines:
            try:
                with open(file, encoding="utf-8", errors="replace") as opened:
                    self.add_file(file, opened.read())
            except OSError:
                return False
        return True

    def inside(self, frame: FrameType, event: str, arg: Any) -> Local:
        """A line of such a function has been run, or it returns."""
        key = id(frame)
        if event == "line":
            last, self.last[key] = self.last.get(key, frame.f_lineno), frame.f_lineno
            self._after(frame, last)
        elif event == "return":
            self._after(frame, self.last.get(key, frame.f_lineno))
            self._returned(frame, arg)
            self.last.pop(key, None)
        return self.inside

    def _after(self, frame: FrameType, line: int) -> None:
        """A line has been run."""
        file = frame.f_code.co_filename
        stored = self.lines[file].get(line)
        if stored is None:
            return
        idle = self.idle.get((file, line), 0)
        if idle > IDLE_LINES and idle % 32:
            self.idle[file, line] = idle + 1
            return
        names = frame.f_locals
        bound = {name: names[name] for name in stored.bound if name in names}
        changed = {name: names[name] if name in names else frame.f_globals.get(name) for name in stored.changed}
        bound.update(
            {name: frame.f_globals[name] for name in stored.bound if name not in names and name in frame.f_globals}
        )
        seen = self._look(frame, line, bound, changed=False)
        seen = self._look(frame, line, changed, changed=True) or seen
        self.idle[file, line] = 0 if seen else idle + 1

    def _look(self, frame: FrameType, line: int, values: dict[str, Any], changed: bool) -> bool:
        """Note what is new below these variables of the frame; whether an array was."""
        new_array = False
        bases: set[int] = set()
        for name, value in values.items():
            if name.startswith("__"):
                continue
            key, depth = self._root(frame, name)
            for seen in reachable(self.instances, value, key, name):
                base = self._observe(frame, line, seen, depth)
                if base is not None:
                    new_array = True
                    bases.add(base)
        if changed and bases:
            self._spread(frame, line, bases)
        if new_array:
            self.check()
        return new_array

    def _root(self, frame: FrameType, name: str) -> tuple[str, int]:
        code = frame.f_code
        if code.co_name == "<module>" or (name not in frame.f_locals and name in frame.f_globals):
            return f"{frame.f_globals.get('__name__')}:{name}", 0
        return f"{code.co_filename}:{code.co_qualname}:{name}", self._depth(frame)

    def _depth(self, frame: FrameType) -> int:
        depth = 0
        at: FrameType | None = frame
        while at is not None:
            depth += self.codes.get(at.f_code, False)
            at = at.f_back
        return depth

    def unnamed(self, value: Any, name: str) -> Any:
        """Note a value that the program gives no name; it is given back."""
        if isinstance(value, (float, np.floating, np.ndarray)) and np.asarray(value).dtype.kind == "f":
            frame = sys._getframe(1)
            code = frame.f_code
            key = f"{code.co_filename}:{code.co_qualname}:{name}"
            depth = 0 if code.co_name == "<module>" else self._depth(frame)
            if self._observe(frame, frame.f_lineno, Seen(key, name, value), depth) is not None:
                self.check()
        return value

    def _spread(self, frame: FrameType, line: int, bases: set[int]) -> None:
        """What was changed in one place may be reached from others: from globals, and from the calls that led here."""
        for module, names in list(self.modules.items()):
            for name, value in list(names.items()):
                if not name.startswith("__"):
                    self._spread_below(
                        frame, line, reachable(self.instances, value, f"{module}:{name}", name, False), 0, bases
                    )
        at: FrameType | None = frame
        while at is not None:
            if self.codes.get(at.f_code) and at.f_code.co_name != "<module>":
                depth = self._depth(at)
                for name, value in list(at.f_locals.items()):
                    key = f"{at.f_code.co_filename}:{at.f_code.co_qualname}:{name}"
                    self._spread_below(
                        at, line, reachable(self.instances, value, key, name, False), depth, bases, frame
                    )
            at = at.f_back

    def _spread_below(
        self,
        frame: FrameType,
        line: int,
        found: list[Seen],
        depth: int,
        bases: set[int],
        where: FrameType | None = None,
    ) -> None:
        for seen in found:
            if isinstance(seen.held, np.ndarray) and (id(base_of(seen.held)) in bases or self._is_new(seen)):
                self._observe(frame, line, seen, depth, where)

    def _is_new(self, seen: Seen) -> bool:
        """Whether the slot holds another object than it did."""
        slot = self.trace.number_of(seen.key)
        held = self.held.get(slot) if slot is not None else None
        return held is None or held[0] is not seen.held

    def _observe(
        self, frame: FrameType, line: int, seen: Seen, depth: int, where: FrameType | None = None
    ) -> int | None:
        """Note a slot's value if it is new; the identity of the array that has changed, if one has."""
        held = seen.held
        slot = self.trace.slot(seen.key, seen.name, depth)
        if self.trace.watched is not None and slot not in self.trace.watched:
            return None
        if isinstance(held, (list, tuple)):
            return self._observe_list(frame, line, seen, slot, where)
        last = self.held.get(slot)
        array = np.asarray(held)
        if array.size > LARGEST or array.ndim > 4 or array.size == 0:
            return None
        mark = mark_of(array)
        if last is not None and last[1] == mark:
            if last[0] is not held:
                self.held[slot] = (held, mark, last[2])
            return None
        self._note(frame, line, slot, held, mark, array, where)
        return id(base_of(held)) if isinstance(held, np.ndarray) else None

    def _observe_list(self, frame: FrameType, line: int, seen: Seen, slot: int, where: FrameType | None) -> int | None:
        """Numbers in a list: its last one if it is a log that grows, an array otherwise."""
        numbers = seen.held
        self.trace.slots[slot].listed = True
        length = len(numbers)
        known = self.logs.get(seen.key)
        last = self.held.get(slot)
        if known is not None or (last is not None and isinstance(last[0], list) and 0 <= length - last[1] == 1):
            self.logs[seen.key] = length
            if length and length != known:
                newest = np.asarray(numbers[-1])
                if newest.ndim == 0 and newest.dtype.kind in "fiu":
                    self._note(frame, line, slot, numbers, length, newest, where)
            return None
        array = numbers_of(numbers)
        if array is None:
            return None
        if last is None or self.trace.values[last[2]].tobytes() != array.tobytes():
            self._note(frame, line, slot, numbers, length, array, where)
            return id(numbers)
        self.held[slot] = (numbers, length, last[2])
        return None

    def _note(
        self,
        frame: FrameType,
        line: int,
        slot: int,
        held: Any,
        mark: int,
        array: NDArray[Any],
        where: FrameType | None,
    ) -> None:
        value = self.trace.value(array)
        self.trace.note(slot, value, self._place(where or frame, line))
        self.held[slot] = (held, mark, value)
        if not self.trace.slots[slot].key.startswith("#") and self.trace.slots[slot].depth:
            self.open_slots.setdefault(id(frame), set()).add(slot)

    def _place(self, frame: FrameType, line: int) -> int:
        calls: list[Any] = []
        at: FrameType | None = frame
        first = True
        while at is not None and len(calls) < 12:
            if self.codes.get(at.f_code):
                calls.append((at.f_code.co_qualname, line if first else at.f_lineno))
                first = False
            at = at.f_back
        key = (frame.f_code.co_filename, line, tuple(calls))
        found = self.places.get(key)
        if found is None:
            found = self.places[key] = self.trace.place(Place(*key))
        return found

    def _returned(self, frame: FrameType, value: Any) -> None:
        """Note what a function gives back; its variables are gone, unless it goes on behind a `yield`."""
        key = id(frame)
        code = frame.f_code
        if code.co_name != "<module>" and value is not None:
            caller = frame.f_back
            name = f"{code.co_name}()"
            fresh = False
            for seen in reachable(self.instances, value, f"{code.co_filename}:{code.co_qualname}()", name):
                if isinstance(seen.held, (list, tuple)):
                    continue
                fresh = self._observe(caller or frame, frame.f_lineno, seen, 0, frame) is not None or fresh
            if fresh:
                self.check()
        if _yields(frame):
            return
        for slot in self.open_slots.pop(key, ()):
            if self.held.pop(slot, None) is not None:
                self.trace.note(slot, GONE, self._place(frame, frame.f_lineno))


def _yields(frame: FrameType) -> bool:
    """Whether a frame that gives something back is a generator's, which is not at its end."""
    code = frame.f_code
    return bool(code.co_flags & CO_GENERATOR) and frame.f_lasti >= 0 and code.co_code[frame.f_lasti] in YIELDS
