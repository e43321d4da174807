"""Puts other rows where a running program binds its data: what a probe is. The program's file stays as it is."""

from __future__ import annotations

import ctypes
import os
import sys
from types import FrameType
from typing import Any

import numpy as np

from engine.diagnosis.capture.walk import numbers_of
from engine.diagnosis.data_places import DataPlace, Probe, with_rows

WRITES_THROUGH = sys.version_info >= (3, 13)
"""Whether what is put into `f_locals` is the function's at once."""


class Replacer:
    """Looks at each line that has been run, and replaces each place's data once."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.left = list(probe.places)
        self.files = {place.file for place in probe.places}
        self.reached: list[tuple[FrameType, DataPlace]] = []

    def look(self, frame: FrameType, line: int) -> None:
        """That line of the frame has been run."""
        code = frame.f_code
        if not self.left or (
            code.co_filename not in self.files and os.path.abspath(code.co_filename) not in self.files
        ):
            return
        for place in [one for one in self.left if one.line == line and one.function == code.co_qualname]:
            if self._other(_held(frame, place), place) is not None:
                self.left.remove(place)
                self.reached.append((frame, place))
        if self.reached and not (self.probe.together and self.left):
            for where, place in self.reached:
                self._replace(where, place)
            self.reached = []

    def _replace(self, frame: FrameType, place: DataPlace) -> None:
        other = self._other(_held(frame, place), place)
        root, _, attribute = place.name.partition(".")
        names = frame.f_locals if root in frame.f_locals else frame.f_globals
        if attribute:
            names[root].__dict__[attribute] = other
            return
        names[root] = other
        if not WRITES_THROUGH and names is not frame.f_globals:
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))

    def _other(self, held: Any, place: DataPlace) -> Any:
        """What stands there instead; none if that is not the data."""
        array = held if isinstance(held, np.ndarray) else numbers_of(held) if isinstance(held, (list, tuple)) else None
        if array is None or array.ndim <= place.axis:
            return None
        if array.shape[place.axis] not in (place.rows, len(self.probe.taken)):
            return None
        other = with_rows(array, place, self.probe)
        return other if isinstance(held, np.ndarray) else other.tolist()


def _held(frame: FrameType, place: DataPlace) -> Any:
    """What the name holds now."""
    root, _, attribute = place.name.partition(".")
    held = frame.f_locals[root] if root in frame.f_locals else frame.f_globals.get(root)
    return getattr(held, "__dict__", {}).get(attribute) if attribute else held
