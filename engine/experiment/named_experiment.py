"""The `Preset` type: settings under a name, made when they are asked for. Which there are is `presets.py`'s."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from engine.experiment.settings import Settings


@dataclass(frozen=True)
class Preset:
    """A named `Settings` value and one line on what it shows.

    `make` gives the settings; a preset that nobody asks for reads no data. `words` say in a few sentences what the
    hand-written network does otherwise than PyTorch: those of a family of networks, whose data, layers, epochs and seed
    are part of it.
    """

    name: str
    summary: str
    make: Callable[[], Settings]
    words: str = ""

    @property
    def is_family(self) -> bool:
        """Whether it brings data, layers, epochs and seed of its own wherever it is chosen."""
        return bool(self.words)

    @cached_property
    def settings(self) -> Settings:
        """Those of the name."""
        return self.make()
