"""Changing the experiment: switches, values, presets, seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.errors import InputError
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import CATALOGUE, Discrepancy, differ_again, match_all, match_toward
from engine.experiment.presets import PRESETS, chosen, is_a_familys, preset
from engine.experiment.settings import MAX_SEED, Settings
from engine.run.cannot_work import cannot_work
from tui_app.actions.base import ExplorerState
from tui_app.screens.find import FindScreen
from tui_app.screens.presets import PresetScreen
from tui_app.screens.setup import SetupScreen
from tui_app.screens.value import ValueScreen
from tui_app.screens.values import ValuesScreen
from tui_app.text.catalogue_search import Entry
from tui_app.text.difference_rows import listed_rows
from tui_app.text.status_text import describe, offer
from tui_app.widgets.differences import DifferenceRows


class ExperimentActions(ExplorerState):
    """Everything that makes new settings."""

    def choose_preset(self, name: str | None) -> None:
        """Train a named experiment, a family's on its own data and others on one's own; switches then go back to its
        differences.
        """
        if name is None:
            return
        before = self.settings
        leaves = is_a_familys(before) and not PRESETS[name].is_family
        own = self._before_family if leaves else None
        try:
            settings = chosen(name, own or before)
        except InputError as error:
            self.notify(str(error), severity="error")
            return
        if leaves:
            self._before_family = None
        elif not is_a_familys(before):
            self._before_family = before if PRESETS[name].is_family else None
        self._origin = settings
        self.change_settings(settings)
        if own is not None:
            self.notify(f"{name} on {describe(settings)}: data, layers, epochs and seed as before.")
        elif _shared(settings) != _shared(before):
            self.notify(_brought(name, settings, before))
        elif settings != preset(name):
            self.notify(f"{name} on {describe(settings)}: data, layers, epochs and seed stay as set.")

    def action_switch(self, toward: str) -> None:
        """Match the selected difference toward a side, or part it again."""
        discrepancy, side = self._discrepancy, SideName(toward)
        if discrepancy.matched(self.settings):
            self._apply(lambda: differ_again(discrepancy, self.settings, self._origin))
            return
        settings, reached = match_toward(discrepancy, self.settings, side)
        if reached is not side:
            label = discrepancy.label(discrepancy.value(self.settings, side))
            self.notify(f"{side.other.label} cannot have {label}: matched toward {reached.label} instead.")
        self.change_settings(settings)

    def action_match_all(self, toward: str) -> None:
        """Match every difference."""
        self.change_settings(match_all(self.settings, SideName(toward)))

    async def action_change(self, side_name: str) -> None:
        """Give one side the next value of the selected difference, or ask for one where there is no next."""
        side, discrepancy = SideName(side_name), self._discrepancy
        if discrepancy.choices:
            value = discrepancy.following(self.settings, side)
            self._apply(lambda: discrepancy.set(self.settings, side, value))
            return
        await self.action_type(side_name)

    async def action_type(self, side_name: str) -> None:
        """Ask for one side's value of the selected difference."""
        await self.push_screen(
            ValueScreen(self.settings, self._discrepancy, SideName(side_name)),
            lambda settings: self.change_settings(settings) if settings is not None else None,
        )

    async def action_values(self) -> None:
        """List the values of the selected difference."""
        await self._list_values(self._discrepancy)

    async def action_find(self) -> None:
        """Find a difference or a value, and list the values of what is found."""
        await self.push_screen(FindScreen(self.settings), self._found)

    async def _found(self, entry: Entry | None) -> None:
        if entry is None:
            return
        self.show_difference(entry.discrepancy)
        await self._list_values(entry.discrepancy, None if entry.choice is None else entry.choice.value)

    async def _list_values(self, discrepancy: Discrepancy, value: object = None) -> None:
        if not discrepancy.choices:
            await self.action_type(SideName.NUMPY.value)
            return
        await self.push_screen(
            ValuesScreen(self.settings, discrepancy, value),
            lambda settings: self.change_settings(settings) if settings is not None else None,
        )

    def show_difference(self, discrepancy: Discrepancy) -> None:
        """Select it, where one part is shown at a time in its tab."""
        self.select(CATALOGUE.index(discrepancy))
        if "differences" in self._views:
            self.action_view("differences")

    def _apply(self, change: Callable[[], Settings]) -> None:
        try:
            self.change_settings(change())
        except InputError as error:
            self.notify(str(error), severity="error")

    def action_select(self, by: int) -> None:
        """Select the difference above or below, among those that are listed."""
        listed = listed_rows(self.settings, self._selected)
        self.select(listed[max(0, min(len(listed) - 1, listed.index(self._selected) + by))])

    def select(self, index: int) -> None:
        """Select a difference and explain it."""
        self._selected = index
        self.show_settings()

    def on_difference_rows_selected(self, event: DifferenceRows.Selected) -> None:
        """A row was clicked."""
        self.select(event.index)

    async def on_difference_rows_value_clicked(self, event: DifferenceRows.ValueClicked) -> None:
        """A value was clicked."""
        await self.action_change(event.side.value)

    def on_difference_rows_switch_clicked(self) -> None:
        """A switch was clicked."""
        self.action_switch(SideName.PYTORCH.value)

    def action_new_seed(self) -> None:
        """The next seed."""
        self.change_settings(replace(self.settings, seed=(self.settings.seed + 1) % (MAX_SEED + 1)))

    async def action_setup(self) -> None:
        """The Setup screen."""
        screen = SetupScreen(self.settings, self.worker.snapshot.devices)
        await self.push_screen(screen, lambda settings: self._set_up(settings) if settings is not None else None)

    def _set_up(self, settings: Settings) -> None:
        other_data = settings.data != self.settings.data
        known = cannot_work(self.settings)
        for sentence in cannot_work(settings):
            if sentence not in known:
                self.notify(sentence, severity="warning", timeout=10)
        self._origin = settings
        self.change_settings(settings)
        if other_data and (offered := offer(settings)) is not None:
            self.notify(offered)

    async def action_presets(self) -> None:
        """The list of presets."""
        screen = PresetScreen(is_a_familys(self.settings), self._before_family is not None)
        await self.push_screen(screen, self.choose_preset)


def _shared(settings: Settings) -> tuple[object, ...]:
    """What both sides have in common, and a preset may bring."""
    return settings.data, settings.hidden, settings.epochs, settings.seed


def _brought(name: str, settings: Settings, before: Settings) -> str:
    """What a preset has put in the place of what was set before, and how one's own file goes with it."""
    text = f"{name} brings {describe(settings)}, {settings.epochs:,} epochs."
    return text if before.data.source is None else f"{text} On your own data: --preset {name} --data FILE."
