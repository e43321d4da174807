"""The functions of the hand-written network, in NumPy alone, as a textbook prints them. Arrays are (N, C)."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.types import FloatArray


def sigmoid(z: FloatArray) -> FloatArray:
    """Elementwise."""
    return 1 / (1 + np.exp(-z))


def relu(z: FloatArray) -> FloatArray:
    """Elementwise."""
    return np.maximum(z, 0)


def leaky_relu(z: FloatArray, slope: Any) -> FloatArray:
    """Elementwise; the slope is a number, or one for each of many runs."""
    return np.maximum(z, slope * z)


def softmax(z: FloatArray) -> FloatArray:
    """Of each row; the maximum is subtracted so that exp cannot overflow."""
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def plain_softmax(z: FloatArray) -> FloatArray:
    """Of each row."""
    powers = np.exp(z)
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_over_samples(z: FloatArray) -> FloatArray:
    """Of each column."""
    powers = np.exp(z - z.max(axis=0, keepdims=True))
    return powers / powers.sum(axis=0, keepdims=True)


def softmax_over_all(z: FloatArray) -> FloatArray:
    """Of all rows at once."""
    powers = np.exp(z - z.max())
    return powers / powers.sum()


def log_softmax(z: FloatArray) -> FloatArray:
    """The logarithm of each row's softmax."""
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
