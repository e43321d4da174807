"""Stands in for modules that a program imports and that are not installed: plots, data sets, progress bars.

What has content of its own is in the other modules here; the rest accepts everything and does nothing.
"""

from __future__ import annotations

import dis
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import FrameType, ModuleType
from typing import Any

from engine.diagnosis.capture.stand_ins import data_sets, helpers

SILENT = ("matplotlib", "seaborn", "mpl_toolkits", "IPython", "plotly", "pylab", "graphviz", "wandb", "tensorboardX")
"""Packages whose every name is something that does nothing."""

IMPORTED = ("pandas", "PIL", "cv2", "h5py", "requests", "statsmodels", "networkx")
"""Packages that many programs import and some never use: only what is taken of them is missed."""

WRITTEN: dict[str, dict[str, Any]] = {
    "sklearn": {},
    "sklearn.datasets": data_sets.PROVIDED,
    "sklearn.model_selection": helpers.SPLITTING,
    "sklearn.preprocessing": helpers.SCALING,
    "sklearn.metrics": helpers.MEASURES,
    "sklearn.utils": helpers.UTILITIES,
    "tqdm": helpers.PROGRESS,
    "tqdm.auto": helpers.PROGRESS,
    "tqdm.notebook": helpers.PROGRESS,
    "numba": helpers.COMPILING,
    "keras": {},
    "keras.datasets": data_sets.KERAS,
    "keras.datasets.mnist": data_sets.MNIST,
    "keras.utils": helpers.KERAS_UTILITIES,
    "scipy": {},
    "scipy.special": helpers.SPECIAL,
}
"""Modules with content, by name."""

_used: list[str] = []


class Nothing:
    """Can be called, indexed, iterated over and entered, and does nothing."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __call__(self, *_: Any, **__: Any) -> Nothing:
        return self

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()

    def __getitem__(self, key: Any) -> Nothing:
        return Nothing()

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def __iter__(self) -> Any:
        return iter([Nothing() for _ in range(_asked_for(sys._getframe(1)))])

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *_: Any) -> None: ...

    def __bool__(self) -> bool:
        return False


def _asked_for(frame: FrameType) -> int:
    """How many values the line that iterates is waiting for: `line, = ax.plot(…)`, `fig, (a, b, c) = …`; else two."""
    code, at = frame.f_code.co_code, frame.f_lasti
    if at >= 0 and code[at] == dis.opmap["UNPACK_SEQUENCE"]:
        return code[at + 1]
    return 2


class _Module(ModuleType):
    """A module of which every name is `Nothing`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


class _Missed(ModuleType):
    """A module that is missed as soon as something is taken of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ModuleNotFoundError(f"No module named '{self.__name__}', whose {name} is used")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last, when no other finder knows a module."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name in WRITTEN or name.partition(".")[0] in (*SILENT, *IMPORTED):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        if spec.name.partition(".")[0] in IMPORTED:
            return _Missed(spec.name)
        return ModuleType(spec.name) if spec.name in WRITTEN else _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        if name in WRITTEN:
            module.__dict__.update(WRITTEN[name])
            package = name.partition(".")[0]
            if package in ("sklearn", "keras"):
                _used.append(package)


def notes() -> list[str]:
    """Sentences about what was made up."""
    found = [f"{name} is not installed; what stands in for it is this tool's." for name in dict.fromkeys(_used)]
    return [*found, *dict.fromkeys(data_sets.made_up)]


def install() -> None:
    """Let imports of what is not there find a stand-in."""
    sys.meta_path.append(_Finder())
