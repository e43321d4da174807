"""What completes a line that is being typed on the Setup screen."""

from __future__ import annotations

from textual.suggester import Suggester

from engine.errors import InputError
from engine.experiment.built_in_data import BUILT_IN
from engine.experiment.data_files import SUFFIXES
from engine.paths import typed_path
from tui_app.beside import beside


class DataSuggester(Suggester):
    """Completes a built-in name, or the path of a file or folder."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first that fits."""
        for name in BUILT_IN:
            if value and name.startswith(value):
                return name
        try:
            return await beside(_completed, value)
        except (InputError, OSError):
            return None


def _completed(value: str) -> str | None:
    """The first data file or folder whose path begins so."""
    folder, slash, start = value.rpartition("/")
    if not start:
        return None
    for found in sorted(typed_path(folder or slash or ".").iterdir()):
        if found.name.startswith(start) and (found.suffix in SUFFIXES or found.is_dir()):
            return value + found.name[len(start) :] + ("/" if found.is_dir() else "")
    return None


class WordSuggester(Suggester):
    """Completes one of a few words."""

    def __init__(self, words: list[str]) -> None:
        super().__init__()
        self._words = words

    async def get_suggestion(self, value: str) -> str | None:
        """The first that fits."""
        return next((word for word in self._words if value and word.startswith(value)), None)


class ColumnSuggester(Suggester):
    """Completes the last of several column names."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.words: tuple[str, ...] = ()
        """The file's columns."""

    async def get_suggestion(self, value: str) -> str | None:
        """The first that fits and is not named yet."""
        before, _, start = value.rpartition(",")
        named = {part.strip() for part in before.split(",")}
        typed = start.lstrip()
        found = next((word for word in self.words if typed and word.startswith(typed) and word not in named), None)
        return None if found is None else value + found[len(typed) :]
