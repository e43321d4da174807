"""What is remembered between two sessions: the theme, and that the first hint has been shown."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_config_path

from engine.errors import InputError
from engine.experiment.reading import read_text
from engine.export.files import write_whole
from engine.paths import Place, place_of
from engine.shown_text import shown

MOST_BYTES = 5_000
"""Of the file: one line, and perhaps remarks. Python takes seconds over 40 kB of one dotted key."""


def config_file() -> Path:
    """Where it is kept."""
    return user_config_path("mlp-tui") / "config.toml"


@dataclass(frozen=True)
class Config:
    """`file` is nothing where nothing is to be remembered; `problem` says what is wrong with the file."""

    file: Path | None = None
    theme: str | None = None
    first_time: bool = False
    problem: str | None = None

    def remember(self, theme: str) -> Config:
        """With that theme, written to the file; a file that could not be read is left as it is."""
        changed = replace(self, theme=theme, first_time=False)
        if self.file is None or self.problem is not None:
            return changed
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.file, f'theme = "{theme}"\n', replace_existing=True)
        except InputError as error:
            return replace(changed, problem=f"The theme is not remembered: {error}")
        except OSError as error:
            reason = f"{shown(self.file.parent)} cannot be made: {error.strerror or error}."
            return replace(changed, problem=f"The theme is not remembered: {reason}")
        return changed


def load_config(file: Path, themes: list[str]) -> Config:
    """What the file says; a broken file is a `problem`, never an error."""
    try:
        if place_of(file) is Place.NOTHING:
            return Config(file, first_time=True)
        document = tomllib.loads(read_text(file, MOST_BYTES))
    except InputError as error:
        return Config(file, problem=f"{error} Nothing is remembered.")
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else shown(error)
        until = "put it right or remove it, nothing is remembered until then"
        return Config(file, problem=f"{shown(file)} is not TOML ({reason}); {until}.")
    theme = document.get("theme")
    if theme is not None and theme not in themes:
        known = ", ".join(themes)
        return Config(
            file, problem=f"{shown(file)} names the theme {shown(repr(theme))}, which there is not; there are {known}."
        )
    return Config(file, theme)
