"""Sets the number of threads of both libraries; `threads.py` chooses it. Imports torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch
from threadpoolctl import ThreadpoolController

from engine.experiment.settings import Settings
from engine.networks.threads import threads_of


@cache
def _pools() -> ThreadpoolController:
    """Those of the libraries that are loaded: looking for them takes as long as many steps."""
    return ThreadpoolController()


def set_threads(settings: Settings) -> None:
    """From now on: NumPy's for the whole process, PyTorch's for the calling thread."""
    _pools().limit(limits=threads_of(settings), user_api="blas")
    torch.set_num_threads(threads_of(settings))


@contextmanager
def limited(settings: Settings) -> Iterator[None]:
    """`set_threads`, taken back at the end."""
    before = torch.get_num_threads()
    try:
        with _pools().limit(limits=threads_of(settings), user_api="blas"):
            torch.set_num_threads(threads_of(settings))
            yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def one_thread_each() -> Iterator[None]:
    """One of each library, until the end."""
    before = torch.get_num_threads()
    try:
        with _pools().limit(limits=1, user_api="blas"):
            torch.set_num_threads(1)
            yield
    finally:
        torch.set_num_threads(before)
