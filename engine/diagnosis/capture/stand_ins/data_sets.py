"""Stands in for `sklearn.datasets` and `keras.datasets`: the UCI sets are the real ones, the others are made here."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

UCI = Path(__file__).resolve().parents[3] / "experiment" / "uci"

Array = NDArray[Any]

made_up: list[str] = []
"""Sentences about data that are not what the program would have got."""


class Bunch(dict[str, Any]):
    """A dict whose entries are attributes as well."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def _read(file: str, return_X_y: bool, as_frame: bool = False) -> Any:
    if as_frame:
        raise ImportError("pandas is not there")
    rows = list(csv.reader(gzip.decompress((UCI / file).read_bytes()).decode().splitlines()))
    names, rows = rows[0], rows[1:]
    labels = np.array([row[-1] for row in rows])
    classes, target = np.unique(labels, return_inverse=True)
    data = np.array([row[:-1] for row in rows], dtype=float)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        feature_names=names[:-1],
        target_names=classes,
        DESCR="",
        images=data.reshape(len(data), -1),
    )


def load_iris(*, return_X_y: bool = False, as_frame: bool = False) -> Any:
    return _read("iris.csv.gz", return_X_y, as_frame)


def load_wine(*, return_X_y: bool = False, as_frame: bool = False) -> Any:
    return _read("wine.csv.gz", return_X_y, as_frame)


def load_breast_cancer(*, return_X_y: bool = False, as_frame: bool = False) -> Any:
    return _read("breast_cancer.csv.gz", return_X_y, as_frame)


def load_digits(n_class: int = 10, *, return_X_y: bool = False, as_frame: bool = False) -> Any:
    data, target = _read("digits.csv.gz", True, as_frame)
    data, target = data[target < n_class], target[target < n_class]
    if return_X_y:
        return data, target
    images = data.reshape(len(data), 8, 8)
    return Bunch(data=data, target=target, images=images, target_names=np.arange(n_class), DESCR="")


def _generator(seed: Any) -> Any:
    if isinstance(seed, (np.random.RandomState, np.random.Generator)):
        return seed
    return np.random.RandomState(seed) if seed is not None else np.random


def make_moons(
    n_samples: Any = 100, *, shuffle: bool = True, noise: float | None = None, random_state: Any = None
) -> Any:
    outer, inner = (n_samples // 2, n_samples - n_samples // 2) if isinstance(n_samples, int) else n_samples
    first, second = np.linspace(0, np.pi, outer), np.linspace(0, np.pi, inner)
    upper = np.column_stack([np.cos(first), np.sin(first)])
    lower = np.column_stack([1 - np.cos(second), 0.5 - np.sin(second)])
    return _shuffled(upper, lower, shuffle, noise, random_state)


def make_circles(
    n_samples: Any = 100,
    *,
    shuffle: bool = True,
    noise: float | None = None,
    random_state: Any = None,
    factor: float = 0.8,
) -> Any:
    outer, inner = (n_samples // 2, n_samples - n_samples // 2) if isinstance(n_samples, int) else n_samples
    angles = [np.linspace(0, 2 * np.pi, count, endpoint=False) for count in (outer, inner)]
    rings = [np.column_stack([np.cos(one), np.sin(one)]) for one in angles]
    return _shuffled(rings[0], factor * rings[1], shuffle, noise, random_state)


def _shuffled(zeros: Array, ones: Array, shuffle: bool, noise: float | None, random_state: Any) -> tuple[Array, Array]:
    generator = _generator(random_state)
    X = np.vstack([zeros, ones])
    y = np.repeat([0, 1], [len(zeros), len(ones)])
    if shuffle:
        order = generator.permutation(len(X))
        X, y = X[order], y[order]
    if noise is not None:
        X = X + generator.normal(scale=noise, size=X.shape)
    return X, y


def make_blobs(
    n_samples: int = 100,
    n_features: int = 2,
    *,
    centers: Any = None,
    cluster_std: float = 1.0,
    center_box: tuple[float, float] = (-10.0, 10.0),
    shuffle: bool = True,
    random_state: Any = None,
    return_centers: bool = False,
) -> Any:
    generator = _generator(random_state)
    count = 3 if centers is None else centers
    middles = generator.uniform(*center_box, size=(count, n_features)) if isinstance(count, int) else np.asarray(count)
    y = np.sort(np.arange(n_samples) % len(middles))
    X = (
        middles[y]
        + generator.normal(size=(n_samples, middles.shape[1])) * np.broadcast_to(cluster_std, len(middles))[y, None]
    )
    if shuffle:
        order = generator.permutation(n_samples)
        X, y = X[order], y[order]
    return (X, y, middles) if return_centers else (X, y)


def make_classification(
    n_samples: int = 100,
    n_features: int = 20,
    *,
    n_informative: int = 2,
    n_classes: int = 2,
    random_state: Any = None,
    **_: Any,
) -> Any:
    generator = _generator(random_state)
    y = generator.permutation(np.arange(n_samples) % n_classes)
    middles = 2.0 * generator.choice([-1.0, 1.0], size=(n_classes, min(n_informative, n_features)))
    X = generator.normal(size=(n_samples, n_features))
    X[:, : middles.shape[1]] += middles[y]
    return X, y


def make_regression(
    n_samples: int = 100,
    n_features: int = 100,
    *,
    n_informative: int = 10,
    n_targets: int = 1,
    bias: float = 0.0,
    noise: float = 0.0,
    random_state: Any = None,
    **_: Any,
) -> Any:
    generator = _generator(random_state)
    X = generator.normal(size=(n_samples, n_features))
    slopes = np.zeros((n_features, n_targets))
    used = min(n_informative, n_features)
    slopes[:used] = 100 * generator.uniform(size=(used, n_targets))
    y = X @ slopes + bias + generator.normal(scale=noise or 1e-300, size=(n_samples, n_targets))
    return X, np.squeeze(y)


def fetch_california_housing(*, return_X_y: bool = False, **_: Any) -> Any:
    made_up.append("The housing data are not there: 400 samples that were made up stand in for them.")
    generator = np.random.RandomState(0)
    data = generator.normal(size=(400, 8))
    target = 2 + np.tanh(data[:, 0]) + 0.3 * data[:, 1]
    return (data, target) if return_X_y else Bunch(data=data, target=target, feature_names=[f"x{k}" for k in range(8)])


def fetch_openml(name: str = "", *_: Any, return_X_y: bool = False, **__: Any) -> Any:
    if "mnist" not in str(name).lower():
        raise OSError(f"the data set {name} cannot be downloaded here")
    (images, labels), _rest = _pictures()
    data, target = images.reshape(len(images), -1).astype(float), labels.astype(str)
    return (data, target) if return_X_y else Bunch(data=data, target=target)


def _pictures() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The UCI digits, each pixel 3 x 3 times within 28 x 28."""
    made_up.append("MNIST is not there: the UCI digits, enlarged to 28 x 28, stand in for it.")
    data, target = load_digits(return_X_y=True)
    large = np.kron(data.reshape(-1, 8, 8), np.ones((3, 3)))
    images = np.pad(large, ((0, 0), (2, 2), (2, 2))) * (255 / 16)
    images, labels = images.astype(np.uint8), target.astype(np.uint8)
    return (images[:1500], labels[:1500]), (images[1500:], labels[1500:])


def load_data(*_: Any, **__: Any) -> Any:
    return _pictures()


class _Pictures:
    load_data = staticmethod(load_data)


def fetch(*_: Any, **__: Any) -> NoReturn:
    raise OSError("data sets cannot be downloaded here")


PROVIDED: dict[str, Any] = {
    "load_iris": load_iris,
    "load_wine": load_wine,
    "load_breast_cancer": load_breast_cancer,
    "load_digits": load_digits,
    "make_moons": make_moons,
    "make_circles": make_circles,
    "make_blobs": make_blobs,
    "make_classification": make_classification,
    "make_regression": make_regression,
    "fetch_california_housing": fetch_california_housing,
    "fetch_openml": fetch_openml,
}

MNIST: dict[str, Any] = {"load_data": load_data}

KERAS: dict[str, Any] = {"mnist": _Pictures(), "fashion_mnist": _Pictures()}
