"""How a program's gradients compare with those of the network that is meant: one number for a tensor, if it is one."""

from __future__ import annotations

import numpy as np

from engine.diagnosis.gradients import Reading, places_of
from engine.diagnosis.observed import Observed
from engine.experiment.choices import BiasGradient
from engine.experiment.gradient_factors import gradient_factor
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.networks.places import Kind, Place
from engine.types import FloatArray

CONSTANT = 1e-9
"""How far a constant ratio may be off, of the gradient's size."""


def gradient_ratios(observed: Observed, reading: Reading, settings: Settings) -> dict[Place, float]:
    """Of each tensor, where every element of every step has the same."""
    meant = Reading(reading.activations, settings.pytorch)
    mine, theirs = observed.gradients(meant), observed.gradients(reading)
    found, own = {}, places_of(reading.side.tensor_steps)
    for place, gradients in theirs.items():
        ratio = _ratio(
            own.get(place, 1.0) * gradients * _factors(observed, reading.side, place),
            mine[place] * _factors(observed, meant.side, place),
        )
        if ratio is not None:
            found[place] = ratio
    return found


def _factors(observed: Observed, side: Side, place: Place) -> FloatArray:
    """What multiplies the gradient of a sum, (T, 1)."""
    factors = np.array([[gradient_factor(side, observed.sizes(N))] for N in observed.samples])
    if place.kind is Kind.BIAS and side.bias_gradient is BiasGradient.MEAN:
        factors = factors / np.array(observed.samples, np.float64)[:, None]
    return factors


def _ratio(theirs: FloatArray, mine: FloatArray) -> float | None:
    squares = float((mine * mine).sum())
    if not squares or not np.isfinite(theirs).all():
        return None
    ratio = float((theirs * mine).sum()) / squares
    off = np.abs(theirs - ratio * mine).max(axis=1)
    return ratio if (off <= CONSTANT * np.maximum(np.abs(theirs).max(axis=1), 1e-300)).all() else None
