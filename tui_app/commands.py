"""The command palette: every key's action and every preset by name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from engine.experiment.presets import PRESETS
from tui_app.keys import KEYS

if TYPE_CHECKING:
    from tui_app.app import ExplorerApp


class ExplorerCommands(Provider):
    """Offers all actions."""

    def _commands(self) -> Iterator[tuple[str, str, partial[Any]]]:
        app = cast("ExplorerApp", self.app)
        for key in KEYS:
            yield f"{key.title} ({key.shown})", key.help, partial(app.run_action, key.action)
        for preset in PRESETS.values():
            yield f"preset {preset.name}", preset.summary, partial(app.choose_preset, preset.name)

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for title, help_text, command in self._commands():
            yield DiscoveryHit(title, command, help=help_text)

    async def search(self, query: str) -> Hits:
        """What matches the query."""
        matcher = self.matcher(query)
        for title, help_text, command in self._commands():
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), command, help=help_text)
