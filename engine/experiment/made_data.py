"""Data sets that are computed: logic gates, shapes in the plane, smooth targets. No file is read.

Collected ones are `uci_data.py`'s.
"""

from __future__ import annotations

import numpy as np

from engine.experiment.data import Dataset
from engine.types import FloatArray

CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
"""The four inputs of the logic gates, in the question's order."""


def _gate(name: str, truth: tuple[int, int, int, int]) -> Dataset:
    return Dataset(name, np.array(CORNERS, float), np.array(truth, float)[:, None])


def xor() -> Dataset:
    """The question's own problem: N = 4, D = 2, C = 1."""
    return _gate("xor", (0, 1, 1, 0))


def logical_and() -> Dataset:
    """Linearly separable: no hidden layer is needed."""
    return _gate("and", (0, 0, 0, 1))


def logical_or() -> Dataset:
    """Linearly separable: no hidden layer is needed."""
    return _gate("or", (0, 1, 1, 1))


def xor_ones() -> Dataset:
    """XOR with a third column of ones, whose weights stand for biases: N = 4, D = 3, C = 1."""
    problem = xor()
    return Dataset("xor-ones", np.column_stack([problem.X, np.ones(len(problem.X))]), problem.Y)


def circles() -> Dataset:
    """Two noisy rings, the inner one labelled 1: N = 60."""
    angles = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    return _two_classes("circles", ring, 0.45 * ring)


def moons() -> Dataset:
    """Two interleaved half circles: N = 60."""
    angles = np.linspace(0, np.pi, 30)
    upper = np.column_stack([np.cos(angles) - 0.5, np.sin(angles) - 0.25])
    return _two_classes("moons", upper, -upper)


def spirals() -> Dataset:
    """Two arms of a spiral, one and a quarter turns each: N = 80, the hardest of the built-in ones."""
    radius = np.linspace(0.1, 1, 40)
    angles = 2.5 * np.pi * radius
    arm = radius[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    return _two_classes("spirals", arm, -arm)


def three_arms() -> Dataset:
    """Three arms of a spiral from one centre, a class each, two thirds of a turn: N = 300, C = 3."""
    radius = np.tile(np.linspace(0, 1, 100), 3)
    angles = np.linspace(0, 4, 100) + 4 * np.arange(3)[:, None]
    angles = angles.ravel() + 0.2 * np.random.RandomState(0).standard_normal(300)
    points = radius[:, None] * np.column_stack([np.sin(angles), np.cos(angles)])
    return Dataset("three-arms", points, np.repeat(np.eye(3), 100, axis=0), classes=("first", "second", "third"))


def regression() -> Dataset:
    """Seven samples with three smooth targets in (0, 1), so that N·C/2 is 10.5 and not XOR's 2."""
    u = np.linspace(-1, 1, 7)
    v = np.array([0.3, -0.7, 0.9, 0.0, -0.4, 0.8, -0.9])
    targets = np.column_stack([np.sin(2 * u), u * v, np.cos(3 * v)])
    return Dataset("regression", np.column_stack([u, v]), 0.5 + 0.4 * targets)


def linear() -> Dataset:
    """A plane through 50 points, and noise: N = 50, D = 2. Without a hidden layer, linear regression finds it."""
    random = np.random.RandomState(0)
    X = random.uniform(-1, 1, (50, 2))
    noise = random.uniform(-0.05, 0.05, 50)
    return Dataset("linear", X, 0.5 + 0.3 * X[:, 0] - 0.1 * X[:, 1] + noise)


def noise() -> Dataset:
    """Inputs and targets drawn from N(0, 1), that have nothing to do with each other: N = 64, D = 1000,
    C = 10. There are more weights than targets, so a network can learn them by heart.
    """
    stream = np.random.RandomState(0)
    return Dataset("noise", stream.standard_normal((64, 1000)), stream.standard_normal((64, 10)))


def clusters() -> Dataset:
    """Three overlapping squares of points, a class each: N = 60, C = 3."""
    centres = np.repeat([[0.0, 0.4], [-0.4, -0.3], [0.4, -0.3]], 20, axis=0)
    noise = np.random.RandomState(0).uniform(-0.5, 0.5, centres.shape)
    return Dataset("clusters", centres + noise, np.repeat(np.eye(3), 20, axis=0), classes=("top", "left", "right"))


def _two_classes(name: str, zeros: FloatArray, ones: FloatArray) -> Dataset:
    points = np.vstack([zeros, ones])
    noise = np.random.RandomState(0).uniform(-0.08, 0.08, points.shape)
    labels = np.repeat([0.0, 1.0], [len(zeros), len(ones)])[:, None]
    return Dataset(name, points + noise, labels)
