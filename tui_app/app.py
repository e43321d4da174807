"""The explorer: turns keys and clicks into settings and commands, and snapshots into a picture.

The screen is a function of the last `Snapshot`, the `Settings` and what is selected; nothing is computed here.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from textual.app import App, ComposeResult
from textual.containers import Container
from textual.events import Resize
from textual.widgets import Footer

from engine.commands import Pause, Restart, Resume, SetSpeed, Step
from engine.discrepancies import CATALOGUE, Discrepancy, match_all, match_toward, part_again
from engine.errors import InputError
from engine.presets import preset
from engine.settings import MAX_SEED, Settings, SideName
from engine.snapshot import State
from engine.worker import Worker
from tui_app.commands import ExplorerCommands
from tui_app.keys import KEYS
from tui_app.screens.help import HelpScreen
from tui_app.screens.number import NumberScreen
from tui_app.screens.presets import PresetScreen
from tui_app.terminal import driver_class, end_soon, handle_signals
from tui_app.views.curves import CurvesView
from tui_app.views.weights import WeightsView
from tui_app.widgets.differences import DifferenceRows, DifferencesPanel
from tui_app.widgets.explanation import ExplanationPanel
from tui_app.widgets.status_line import StatusLine
from tui_app.widgets.tab_strip import TabStrip
from tui_app.widgets.verdict_panel import VerdictPanel

PICTURES_PER_SECOND = 10
DRAWING_SHARE = 0.06
"""Of the time, the most that pictures of a running experiment may take."""

DEAREST_PICTURE = 0.04
"""Seconds of processor time that a picture is taken to cost at most: building the screen is dearer, once."""

ENGINE_GRACE_SECONDS = 0.3
"""How long leaving waits for the engine thread: a chunk takes much less, importing PyTorch much more."""

NARROW = 100
"""Below this many columns one part of the screen is shown at a time."""

WIDE = 160
"""From this many columns on the left half is wider."""

SPEEDS: tuple[float | None, ...] = (10, 100, 1000, None)
"""Epochs a second, slowest first; none is full speed."""


class ExplorerApp(App[None]):
    """The whole explorer over one `Worker`, whose thread it starts unless told not to."""

    TITLE = "mlp-tui"
    CSS_PATH = "app.tcss"
    BINDINGS = [key.binding for key in KEYS]
    COMMANDS = App.COMMANDS | {ExplorerCommands}

    def __init__(self, settings: Settings, worker: Worker | None = None, start_worker: bool = True) -> None:
        super().__init__(driver_class=driver_class())
        self.settings = settings
        self.worker = worker or Worker(settings)
        self._start_worker = start_worker
        self._origin = settings
        self._selected = 0
        self._view = "curves"
        self._log_scale = True
        self._initial = False
        self._shown_number = -1
        self._next_picture = 0.0
        self._processor_then = 0.0

    def compose(self) -> ComposeResult:
        """Status, tabs, the two halves, the footer."""
        yield StatusLine()
        yield TabStrip(id="tabs")
        with Container(id="body"):
            with Container(id="left"):
                yield DifferencesPanel(self.settings)
                yield ExplanationPanel()
                yield VerdictPanel()
            with Container(id="right"):
                yield CurvesView()
                yield WeightsView()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the first picture, then let the engine import PyTorch."""
        if not self.is_headless:
            handle_signals(self)
        self._arrange()
        self._show_settings()
        self.set_interval(1 / PICTURES_PER_SECOND, self.poll)
        if self._start_worker:
            self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        # The engine thread holds the interpreter for long stretches; a short interval keeps keys quick.
        sys.setswitchinterval(0.001)
        self.set_timer(0.05, self.worker.start)

    # What is shown

    def poll(self) -> None:
        """Show the newest snapshot if it has not been shown yet."""
        snapshot = self.worker.snapshot
        if snapshot.number == self._shown_number or not self.screen_stack:
            return
        now, processor = time.monotonic(), time.thread_time()
        if snapshot.state is State.RUNNING and now < self._next_picture:
            return
        # Drawing takes the interpreter away from training: on a slow machine pictures come less often.
        cost = min(processor - self._processor_then, DEAREST_PICTURE)
        self._next_picture = now + cost / DRAWING_SHARE
        self._processor_then = processor
        if snapshot.curves is not None and gc.get_freeze_count() == 0:
            # PyTorch's hundreds of thousands of objects live to the end: no collection need look at them again.
            gc.freeze()
        self._shown_number = snapshot.number
        self._show_snapshot()

    def _show_snapshot(self) -> None:
        snapshot = self.worker.snapshot
        screen = self.screen_stack[0]
        screen.query_one(StatusLine).show(self.settings, snapshot)
        screen.query_one(VerdictPanel).show(snapshot)
        if self._view == "curves":
            screen.query_one(CurvesView).show(snapshot, self._log_scale)
        elif self._view == "weights":
            screen.query_one(WeightsView).show(snapshot, self._initial)

    def _show_settings(self) -> None:
        screen = self.screen_stack[0]
        screen.query_one(DifferencesPanel).show(self.settings, self._selected)
        screen.query_one(ExplanationPanel).show(self._discrepancy, self.settings)
        screen.query_one(StatusLine).show(self.settings, self.worker.snapshot)

    def _arrange(self, width: int | None = None) -> None:
        """Put on screen what fits this width (the present one unless given) and the chosen view."""
        screen = self.screen_stack[0]
        width = width or self.size.width
        narrow = width < NARROW
        if not narrow and self._view == "differences":
            self._view = "curves"
        names = ("differences", "curves", "weights") if narrow else ("curves", "weights")
        screen.set_class(narrow, "-narrow")
        screen.set_class(width >= WIDE, "-wide")
        screen.set_class(self._view == "differences", "-differences")
        screen.set_class(self._view != "differences", "-views")
        screen.query_one(TabStrip).show(names, self._view)
        footer = screen.query_one(Footer)
        if footer.show_command_palette is narrow:
            footer.show_command_palette = not narrow
            footer.refresh(recompose=True)
        screen.query_one(CurvesView).display = self._view == "curves"
        screen.query_one(WeightsView).display = self._view == "weights"
        self._views = names

    def on_resize(self, event: Resize) -> None:
        """Rearrange, and draw what has come into view."""
        self._arrange(event.size.width)
        self.call_after_refresh(self._show_snapshot)

    @property
    def _discrepancy(self) -> Discrepancy:
        return CATALOGUE[self._selected]

    # What a person changes

    def change_settings(self, settings: Settings) -> None:
        """Train these settings at once."""
        self.settings = settings
        self.worker.send(Restart(settings))
        self._show_settings()

    def choose_preset(self, name: str | None) -> None:
        """Train a named experiment; switches then go back to its differences."""
        if name is not None:
            self._origin = preset(name)
            self.change_settings(self._origin)

    def action_switch(self, toward: str) -> None:
        """Match the selected difference toward a side, or part it again."""
        discrepancy, side = self._discrepancy, SideName(toward)
        if discrepancy.matched(self.settings):
            self._apply(lambda: part_again(discrepancy, self.settings, self._origin))
            return
        settings, reached = match_toward(discrepancy, self.settings, side)
        if reached is not side:
            label = discrepancy.label(discrepancy.value(self.settings, side))
            self.notify(f"{side.other.label} cannot have {label}: matched toward {reached.label} instead.")
        self.change_settings(settings)

    def action_match_all(self, toward: str) -> None:
        """Match every difference."""
        self.change_settings(match_all(self.settings, SideName(toward)))

    def action_change(self, side_name: str) -> None:
        """Give one side the next value of the selected difference, or ask for a number."""
        side, discrepancy = SideName(side_name), self._discrepancy
        if discrepancy.choices:
            value = discrepancy.following(self.settings, side)
            self._apply(lambda: discrepancy.set(self.settings, side, value))
            return
        self.push_screen(
            NumberScreen(self.settings, discrepancy, side),
            lambda settings: self.change_settings(settings) if settings is not None else None,
        )

    def _apply(self, change: Callable[[], Settings]) -> None:
        try:
            self.change_settings(change())
        except InputError as error:
            self.notify(str(error), severity="error")

    def action_select(self, by: int) -> None:
        """Select the difference above or below."""
        self.select(max(0, min(len(CATALOGUE) - 1, self._selected + by)))

    def select(self, index: int) -> None:
        """Select a difference and explain it."""
        self._selected = index
        self._show_settings()

    def action_new_seed(self) -> None:
        """The next seed."""
        self.change_settings(replace(self.settings, seed=(self.settings.seed + 1) % (MAX_SEED + 1)))

    # Running

    def action_run_or_pause(self) -> None:
        """Pause, go on, or run again."""
        state = self.worker.snapshot.state
        if state is State.RUNNING:
            self.worker.send(Pause())
        elif state is State.PAUSED:
            self.worker.send(Resume())
        elif state is not State.LOADING:
            self.action_restart()

    def action_restart(self) -> None:
        """The same start again."""
        self.worker.send(Restart(self.settings))

    def action_step(self, count: int) -> None:
        """Some epochs, then pause; a finished run starts again paused."""
        if self.worker.snapshot.state in (State.FINISHED, State.DIVERGED, State.FAILED):
            self.worker.send(Restart(self.settings, paused=True))
        self.worker.send(Step(count))

    def action_speed(self, by: int) -> None:
        """The next faster or slower speed."""
        present = SPEEDS.index(self.worker.snapshot.speed_limit)
        speed = SPEEDS[max(0, min(len(SPEEDS) - 1, present + by))]
        self.worker.send(SetSpeed(speed))

    # Looking

    def action_view(self, name: str) -> None:
        """Show a tab."""
        self._view = name
        self._arrange()
        if self._view == "weights":
            self.query_one("#weights-table").focus()
        else:
            self.set_focus(None)
        self.call_after_refresh(self._show_snapshot)

    def action_next_view(self) -> None:
        """The tab to the right, the first after the last."""
        if len(self.screen_stack) > 1:
            self.screen.focus_next()
            return
        self.action_view(self._views[(self._views.index(self._view) + 1) % len(self._views)])

    def action_log(self) -> None:
        """Logarithmic or linear."""
        self._log_scale = not self._log_scale
        self._show_snapshot()

    def action_initial(self) -> None:
        """Weights at the start or now."""
        self._initial = not self._initial
        self._show_snapshot()

    def action_scroll_why(self, direction: int) -> None:
        """Scroll the explanation by a page."""
        self.query_one(ExplanationPanel).scroll_relative(y=5 * direction, animate=False)

    def action_presets(self) -> None:
        """The list of presets."""
        self.push_screen(PresetScreen(), self.choose_preset)

    def action_help(self) -> None:
        """The help screen."""
        self.push_screen(HelpScreen())

    # Clicks

    def on_tab_strip_chosen(self, event: TabStrip.Chosen) -> None:
        """A tab was clicked."""
        self.action_view(event.name)

    def on_difference_rows_selected(self, event: DifferenceRows.Selected) -> None:
        """A row was clicked."""
        self.select(event.index)

    def on_difference_rows_value_clicked(self, event: DifferenceRows.ValueClicked) -> None:
        """A value was clicked."""
        self.action_change(event.side.value)

    def on_difference_rows_switch_clicked(self) -> None:
        """A switch was clicked."""
        self.action_switch(SideName.PYTORCH.value)

    # The end

    async def action_quit(self) -> None:
        """Leave."""
        end_soon(self, 0)


def explore(settings: Settings) -> int:
    """Run the explorer until it is left; returns the exit status."""
    app = ExplorerApp(settings)
    try:
        app.run()
    finally:
        stopped = app.worker.stop(timeout=ENGINE_GRACE_SECONDS)
    status = app.return_code or 0
    if not stopped:
        # Python's shutdown would pull the interpreter from under PyTorch's import, which aborts the process.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status
