"""Imports PyTorch while something else is waited for: a proof needs it, and the import takes as long as a program is
watched.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

NEEDED = ("torch", "torch._dynamo")
"""The second is what an optimizer of the first imports when it is made."""


@contextmanager
def torch_ahead() -> Iterator[Callable[[], None]]:
    """What is given begins to import it; what has not begun is left out where the block ends by an error."""
    given_up = threading.Event()
    # Not a daemon: Python must not end in the middle of an import.
    thread = threading.Thread(target=_import, args=(given_up,), name="import of torch")
    try:
        yield thread.start
    except BaseException:
        given_up.set()
        raise


def _import(given_up: threading.Event) -> None:
    for name in NEEDED:
        if not given_up.is_set():
            try:
                importlib.import_module(name)
            except ImportError:
                # Whoever needs it says what is missing.
                return
