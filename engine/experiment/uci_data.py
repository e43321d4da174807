"""Data sets that people collected, from the UCI Machine Learning Repository, shipped in `uci/` beside this module.

`uci/SOURCES.md` names their creators and licence, and what was changed. Their inputs are as they were measured.
"""

from __future__ import annotations

import csv
import gzip
from functools import cache
from importlib.resources import files

import numpy as np

from engine.experiment.data import Dataset


def iris() -> Dataset:
    """Three species of iris by four lengths in cm, Fisher's own rows: N = 150, D = 4, C = 3."""
    return _read("iris", "iris.csv.gz")


def wine() -> Dataset:
    """Wines of three cultivars by what a chemist measured, in units of their own: N = 178, D = 13, C = 3."""
    return _read("wine", "wine.csv.gz")


def breast_cancer() -> Dataset:
    """Tumours, malignant or benign, by the shapes of their cell nuclei: N = 569, D = 30, C = 2."""
    return _read("breast-cancer", "breast_cancer.csv.gz")


def digits() -> Dataset:
    """Handwritten digits of 8 x 8 pixels from 0 to 16, row by row: N = 1797, D = 64, C = 10."""
    return _read("digits", "digits.csv.gz")


@cache
def _read(name: str, file: str) -> Dataset:
    """Inputs, and in the last column the name of the class; classes in the alphabet's order."""
    packed = files("engine.experiment").joinpath("uci", file).read_bytes()
    rows = list(csv.reader(gzip.decompress(packed).decode().splitlines()))[1:]
    labels = np.array([row[-1] for row in rows])
    classes = np.unique(labels)
    X = np.array([row[:-1] for row in rows], dtype=float)
    return Dataset(name, X, labels[:, None] == classes, classes=tuple(classes.tolist()))
