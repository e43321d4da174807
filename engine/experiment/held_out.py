"""Rows of a data set that are held out of training, to be measured on: which ones, and the set with others or none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import SettingsError
from engine.experiment.data import Dataset, HeldOut
from engine.number_text import read_number
from engine.shown_text import shown


def hold_out(data: Dataset, share: float) -> Dataset:
    """The data set with that share of all its rows held out, chosen at random, always the same ones; 0 holds out none.

    Raises `SettingsError` where no row would be left on one side.
    """
    whole = with_all_rows(data)
    N = whole.samples
    if share == 0:
        return whole
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share < 1:
        raise SettingsError(f"validation cannot be {shown(repr(share))}; it is a share of the rows, from 0 to below 1.")
    rows = _rows(N, share)
    if not 0 < len(rows) < N:
        raise SettingsError(
            f"validation cannot be {share!r}: of the {N:,} row{'s' if N > 1 else ''} of {data.name} that is "
            f"{len(rows):,}; it must leave one on either side."
        )
    trained = np.setdiff1d(np.arange(N), rows)
    held_out = HeldOut(float(share), whole.X[rows], whole.Y[rows])
    return replace(whole, X=whole.X[trained], Y=whole.Y[trained], held_out=held_out)


def with_all_rows(data: Dataset) -> Dataset:
    """None held out, in the order that they have in their source."""
    if data.held_out is None:
        return data
    N = data.samples + data.held_out.samples
    rows = _rows(N, data.held_out.share)
    if len(rows) != data.held_out.samples:
        rows = np.arange(data.samples, N)  # held out by somebody else, who knows where they were
    trained = np.setdiff1d(np.arange(N), rows)
    X, Y = np.empty((N, data.inputs)), np.empty((N, data.outputs))
    X[trained], Y[trained] = data.X, data.Y
    X[rows], Y[rows] = data.held_out.X, data.held_out.Y
    return replace(data, X=X, Y=Y, held_out=None)


def share_of(data: Dataset) -> float:
    """Of the rows that are held out; 0 where none are."""
    return 0.0 if data.held_out is None else data.held_out.share


def read_share(text: str) -> float:
    """Typed as 0.2, or 20%, or none; raises `SettingsError`."""
    typed = text.strip().lower()
    if typed in ("", "none", "no"):
        return 0.0
    try:
        share = read_number(typed.removesuffix("%")) / (100 if typed.endswith("%") else 1)
        if share == 0 and any(digit in "123456789" for digit in typed.partition("e")[0]):
            raise ValueError(typed)  # too small for a number
        return share
    except ValueError:
        raise SettingsError(
            f"validation cannot be '{shown(text)}'; it is a share of the rows such as 0.2, or none."
        ) from None


def _rows(N: int, share: float) -> NDArray[np.int64]:
    """Their places among all N, in order. The stream is their own: whatever else is drawn, they stay the same."""
    chosen: NDArray[np.int64] = np.sort(np.random.RandomState(0).permutation(N)[: round(N * share)])
    return chosen
