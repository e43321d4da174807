"""Records a training run written in NumPy. Copy this one file beside your program, or import it; it needs NumPy alone.

    from recorder import record

    for epoch in range(1000):
        ...                                                   # forward pass, loss, gradients
        record(W1=W1, b1=b1, W2=W2, b2=b2, x=x, y=y, loss=loss, lr=learning_rate)
        W1 -= learning_rate * dW1                             # record first, then update

Call it once for each training step, before the update, with all weights and biases from the first layer to the last,
the batch `x`, its targets `y`, the learning rate, without which a sum's gradient cannot be told from a mean's, and the
numbers that you log. Everything is copied. After 61 calls, which are 60 steps,
or 300 MB, and at the latest when the program ends, `recording.npz` is written into the current folder; `save(path)`
writes it at once. A list or a dict of arrays may be given whole: `record(weights=weights, params=params, x=x, y=y)`.

The format, for those who write it themselves with `numpy.savez`: for each name an array (T, …) with one entry for each
of T calls, float or integer, no objects; a number that is logged is (T,). Where an array's shape changes from step to
step, as a smaller last batch does, its entries are arrays of their own, `x@0`, `x@1`, … up to T − 1. Entry k holds the
weights before step k and the batch of step k, so T calls give T − 1 steps. Samples may be rows or columns.
"""

from __future__ import annotations

import atexit
import os
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

PATH = "recording.npz"
STEPS = 60
MOST_BYTES = 300_000_000

_calls: list[dict[str, Any]] = []
_written: list[str] = []


def record(**values: Any) -> None:
    """Copy what a step starts with. Raises `TypeError` for what is no array of numbers, `ValueError` for new names.

    A number may be None in a step that has none. What comes after enough steps is left out.
    """
    if _written:
        return
    entry = dict(_flat(values))
    if _calls and entry.keys() != _calls[0].keys():
        raise ValueError("record() needs the same names in every call; give None for a number that a step lacks.")
    if not _calls:
        atexit.register(_save_at_exit)
    _calls.append(entry)
    size = sum(array.nbytes for call in _calls[-1:] for array in call.values())
    if len(_calls) > STEPS or size * (len(_calls) + 1) > MOST_BYTES:
        save()


def save(path: str = PATH) -> None:
    """Write what was recorded; the file is whole or not there at all."""
    beside = f"{path}.part"
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
        for name, array in _entries():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    os.replace(beside, path)
    _written.append(path)


def _flat(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Lists and dicts of arrays as one array each, `weights[0]` and `params['W1']`; copies."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat({f"{name}[{key!r}]": one for key, one in value.items()})
        elif isinstance(value, list) and value and all(isinstance(one, np.ndarray) for one in value):
            yield from _flat({f"{name}[{index}]": one for index, one in enumerate(value)})
        else:
            array = np.array(np.nan if value is None else value)
            if array.dtype.kind not in "fiub":
                raise TypeError(f"record() takes arrays of numbers; {name} is none.")
            yield name, array


def _entries() -> Iterator[tuple[str, Any]]:
    """One array for each name, or one for each call where the shapes differ."""
    for name in _calls[0] if _calls else ():
        arrays = [call[name] for call in _calls]
        if len({array.shape for array in arrays}) == 1:
            yield name, np.stack(arrays)
        else:
            yield from ((f"{name}@{index}", array) for index, array in enumerate(arrays))


def _save_at_exit() -> None:
    if not _written:
        save()
