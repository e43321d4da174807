"""Stands in for what else programs take from scikit-learn, tqdm, Numba and Keras: splitting, scaling, progress bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def train_test_split(
    *arrays: Any,
    test_size: Any = None,
    train_size: Any = None,
    random_state: Any = None,
    shuffle: bool = True,
    stratify: Any = None,
) -> list[Any]:
    count = len(arrays[0])
    test = 0.25 if test_size is None and train_size is None else test_size
    if test is None:
        test = count - (int(train_size * count) if isinstance(train_size, float) else train_size)
    held_out = int(np.ceil(test * count)) if isinstance(test, float) else int(test)
    seeded = np.random.RandomState(random_state) if isinstance(random_state, int) else random_state
    order = (seeded or np.random).permutation(count) if shuffle else np.arange(count)
    first, second = (
        (order[held_out:], order[:held_out]) if shuffle else (order[: count - held_out], order[count - held_out :])
    )
    found = []
    for array in arrays:
        whole = np.asarray(array)
        found += [whole[first], whole[second]]
    return found


class KFold:
    def __init__(self, n_splits: int = 5, *, shuffle: bool = False, random_state: Any = None) -> None:
        self.n_splits, self.shuffle, self.random_state = n_splits, shuffle, random_state

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterable[tuple[Array, Array]]:
        order = np.arange(len(X))
        if self.shuffle:
            np.random.RandomState(self.random_state).shuffle(order)
        for part in np.array_split(order, self.n_splits):
            yield np.setdiff1d(order, part), part


class _Scaler:
    """Fits a shift and a factor for each column."""

    shift_: Any
    scale_: Any

    def fit(self, X: Any, y: Any = None) -> Any:
        raise NotImplementedError

    def transform(self, X: Any) -> Array:
        scaled: Array = (np.asarray(X, float) - self.shift_) / self.scale_
        return scaled

    def fit_transform(self, X: Any, y: Any = None) -> Array:
        self.fit(X)
        return self.transform(X)

    def inverse_transform(self, X: Any) -> Array:
        data: Array = np.asarray(X) * self.scale_ + self.shift_
        return data


class StandardScaler(_Scaler):
    def fit(self, X: Any, y: Any = None) -> StandardScaler:
        data = np.asarray(X, float)
        self.mean_ = self.shift_ = data.mean(axis=0)
        spread = data.std(axis=0)
        self.scale_ = np.where(spread == 0, 1.0, spread)
        return self


class MinMaxScaler(_Scaler):
    def __init__(self, feature_range: tuple[float, float] = (0, 1)) -> None:
        self.low, self.high = feature_range

    def fit(self, X: Any, y: Any = None) -> MinMaxScaler:
        data = np.asarray(X, float)
        spread = data.max(axis=0) - data.min(axis=0)
        self.scale_ = np.where(spread == 0, 1.0, spread) / (self.high - self.low)
        self.shift_ = data.min(axis=0) - self.low * self.scale_
        return self


class OneHotEncoder:
    def __init__(self, *, sparse: bool = False, sparse_output: bool = True, **_: Any) -> None:
        self.sparse = sparse_output and sparse

    def fit(self, X: Any, y: Any = None) -> OneHotEncoder:
        self.categories_ = [np.unique(column) for column in np.asarray(X).T]
        return self

    def transform(self, X: Any) -> Any:
        columns = [column[:, None] == known for column, known in zip(np.asarray(X).T, self.categories_, strict=True)]
        return np.hstack(columns).astype(float).view(_Dense)

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        return self.fit(X).transform(X)


class _Dense(np.ndarray[Any, Any]):
    """An array that can be asked for a dense copy of itself, as a sparse one is."""

    def toarray(self) -> Array:
        return np.asarray(self)

    todense = toarray


class LabelBinarizer:
    def fit(self, y: Any) -> LabelBinarizer:
        self.classes_ = np.unique(y)
        return self

    def transform(self, y: Any) -> Array:
        found: Array = (np.asarray(y).reshape(-1, 1) == self.classes_).astype(int)
        return found[:, 1:] if len(self.classes_) == 2 else found

    def fit_transform(self, y: Any) -> Array:
        return self.fit(y).transform(y)


class LabelEncoder:
    def fit(self, y: Any) -> LabelEncoder:
        self.classes_ = np.unique(y)
        return self

    def transform(self, y: Any) -> Array:
        return np.searchsorted(self.classes_, np.asarray(y))

    def fit_transform(self, y: Any) -> Array:
        return self.fit(y).transform(y)


def normalize(X: Any, **_: Any) -> Array:
    lengths = np.linalg.norm(X, axis=1, keepdims=True)
    return np.asarray(X) / np.where(lengths == 0, 1, lengths)


def scale(X: Any, **_: Any) -> Array:
    return StandardScaler().fit_transform(X)


def accuracy_score(y_true: Any, y_pred: Any, **_: Any) -> float:
    return float(np.mean(np.asarray(y_true).ravel() == np.asarray(y_pred).ravel()))


def mean_squared_error(y_true: Any, y_pred: Any, **_: Any) -> float:
    return float(np.mean((np.asarray(y_true) - np.asarray(y_pred)) ** 2))


def mean_absolute_error(y_true: Any, y_pred: Any, **_: Any) -> float:
    return float(np.mean(np.abs(np.asarray(y_true) - np.asarray(y_pred))))


def log_loss(y_true: Any, y_pred: Any, **_: Any) -> float:
    p = np.clip(np.asarray(y_pred, float), 1e-15, 1 - 1e-15)
    y = np.asarray(y_true)
    if p.ndim == 2 and p.shape[1] > 1:
        y = y if y.ndim == 2 else np.eye(p.shape[1])[y]
        return float(-np.mean(np.sum(y * np.log(p), axis=1)))
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def confusion_matrix(y_true: Any, y_pred: Any, **_: Any) -> Array:
    true, found = np.asarray(y_true).ravel(), np.asarray(y_pred).ravel()
    classes = np.unique(np.concatenate([true, found]))
    return np.array([[np.sum((true == a) & (found == b)) for b in classes] for a in classes])


def r2_score(y_true: Any, y_pred: Any, **_: Any) -> float:
    y = np.asarray(y_true)
    return float(1 - np.sum((y - y_pred) ** 2) / np.sum((y - y.mean(axis=0)) ** 2))


def shuffled(*arrays: Any, random_state: Any = None, **_: Any) -> Any:
    generator = np.random.RandomState(random_state) if isinstance(random_state, int) else np.random
    order = generator.permutation(len(arrays[0]))
    found = [np.asarray(array)[order] for array in arrays]
    return found[0] if len(found) == 1 else found


class tqdm:  # noqa: N801 - the name that programs import
    def __init__(self, iterable: Iterable[Any] | None = None, *_: Any, total: int | None = None, **__: Any) -> None:
        self.iterable = iterable if iterable is not None else range(total or 0)

    def __iter__(self) -> Any:
        return iter(self.iterable)

    def __len__(self) -> int:
        return len(self.iterable)  # type: ignore[arg-type]

    def __enter__(self) -> tqdm:
        return self

    def __exit__(self, *_: Any) -> None: ...

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None

    @staticmethod
    def write(*_: Any, **__: Any) -> None: ...


def trange(*arguments: int, **_: Any) -> tqdm:
    return tqdm(range(*arguments))


def compiled(*arguments: Any, **_: Any) -> Any:
    """A decorator that leaves functions as they are."""
    return arguments[0] if arguments and callable(arguments[0]) else lambda function: function


def to_categorical(y: Any, num_classes: int | None = None, **_: Any) -> Array:
    numbers = np.asarray(y, int).ravel()
    found: Array = np.eye(num_classes or int(numbers.max()) + 1)[numbers]
    return found


def expit(x: Any) -> Any:
    return 1 / (1 + np.exp(-np.asarray(x)))


def softmax(x: Any, axis: int | None = None) -> Any:
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def logsumexp(a: Any, axis: int | None = None, keepdims: bool = False, **_: Any) -> Any:
    top = np.max(a, axis=axis, keepdims=True)
    found = np.log(np.sum(np.exp(a - top), axis=axis, keepdims=True)) + top
    return found if keepdims else np.squeeze(found, axis=axis)


def report(*_: Any, **__: Any) -> str:
    return ""


SPLITTING: dict[str, Any] = {"train_test_split": train_test_split, "KFold": KFold, "StratifiedKFold": KFold}

SCALING: dict[str, Any] = {
    "StandardScaler": StandardScaler,
    "MinMaxScaler": MinMaxScaler,
    "OneHotEncoder": OneHotEncoder,
    "LabelBinarizer": LabelBinarizer,
    "LabelEncoder": LabelEncoder,
    "normalize": normalize,
    "scale": scale,
}

MEASURES: dict[str, Any] = {
    "accuracy_score": accuracy_score,
    "mean_squared_error": mean_squared_error,
    "mean_absolute_error": mean_absolute_error,
    "log_loss": log_loss,
    "confusion_matrix": confusion_matrix,
    "classification_report": report,
    "r2_score": r2_score,
}

UTILITIES: dict[str, Any] = {"shuffle": shuffled}

PROGRESS: dict[str, Any] = {"tqdm": tqdm, "trange": trange}

COMPILING: dict[str, Any] = {"jit": compiled, "njit": compiled, "vectorize": compiled, "prange": range}

KERAS_UTILITIES: dict[str, Any] = {"to_categorical": to_categorical}

SPECIAL: dict[str, Any] = {"expit": expit, "softmax": softmax, "logsumexp": logsumexp}
