"""Leaves PyTorch's compiler out until something of it is used.

`torch.optim` imports `torch._dynamo` with the first optimizer, which takes as long as all the rest of torch, to be told
that nothing is compiled. What stands in its place says that, and makes room for it as soon as more is asked.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

NAME = "torch._dynamo"


def leave_compiler_out() -> None:
    """Unless it is there already."""
    if NAME not in sys.modules:
        sys.modules[NAME] = _Uncompiled(NAME)
        sys.meta_path.insert(0, _Finder())


class _Uncompiled(ModuleType):
    """The two functions of it that eager code calls."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    @staticmethod
    def disable(function: Callable[..., Any], *_: Any, **__: Any) -> Callable[..., Any]:
        """What is not compiled is called as it is."""
        return function

    @staticmethod
    def graph_break(*_: Any, **__: Any) -> None:
        """Nothing, where nothing is compiled."""

    def __getattr__(self, name: str) -> Any:
        # Whoever looks through all modules asks each for such names.
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_imported(), name)


def _imported() -> ModuleType:
    """The compiler itself."""
    if isinstance(sys.modules.get(NAME), _Uncompiled):
        del sys.modules[NAME]
    return importlib.import_module(NAME)


class _Finder(MetaPathFinder, Loader):
    """Asked for a part of the compiler, imports it whole."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """None of anything else, nor while the compiler imports its own parts."""
        if not name.startswith(f"{NAME}.") or not isinstance(sys.modules.get(NAME), _Uncompiled):
            return None
        _imported()
        return ModuleSpec(name, self) if name in sys.modules else importlib.util.find_spec(name)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The one that is there by now."""
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """It has been run."""
