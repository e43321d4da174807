"""The explorer: turns keys and clicks into settings and commands, and snapshots into a picture.

The screen is a function of the last `Snapshot`, the `Settings` and what is selected; nothing is computed here.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App, ComposeResult
from textual.containers import Container
from textual.events import Event, Paste, Resize
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme

from engine.experiment.settings import Settings
from engine.export.files import discard_unfinished
from engine.run.cannot_work import cannot_work
from engine.worker.commands import Restart, Watch
from engine.worker.snapshot import Refusal, Snapshot, State
from engine.worker.worker import Worker
from tui_app.actions.analysis import AnalysisActions
from tui_app.actions.experiment import ExperimentActions
from tui_app.actions.running import RunActions
from tui_app.actions.saving import SaveActions
from tui_app.arrangement import Arrangement
from tui_app.commands import ExplorerCommands
from tui_app.config import Config, config_file, load_config
from tui_app.keys import KEYS
from tui_app.screens.dialog import Palette
from tui_app.screens.help import HelpScreen
from tui_app.screens.main import MainScreen
from tui_app.terminal.ascii_filter import AsciiFilter
from tui_app.terminal.driver import TerminalDriver, driver_class
from tui_app.terminal.signals import Ending
from tui_app.text.difference_rows import first_row
from tui_app.text.status_text import offer
from tui_app.themes import HIGH_CONTRAST
from tui_app.view_state import ViewState
from tui_app.views import VIEWS, View
from tui_app.views.code import prepare
from tui_app.widgets.differences import DifferencesPanel
from tui_app.widgets.explanation import ExplanationPanel
from tui_app.widgets.key_footer import KeyFooter
from tui_app.widgets.plain_text import PlainText
from tui_app.widgets.status_line import StatusLine
from tui_app.widgets.tab_strip import TabStrip
from tui_app.widgets.tour_panel import TourPanel
from tui_app.widgets.verdict_panel import VerdictPanel

if TYPE_CHECKING:
    from engine.diagnosis.diagnosis import Diagnosis

PICTURES_PER_SECOND = 10
DRAWING_SHARE = 0.06
"""Of the time, the most that pictures of a running experiment may take."""

DEAREST_PICTURE = 0.04
"""Seconds of processor time that a picture is taken to cost at most: building the screen is dearer, once."""

ENGINE_GRACE_SECONDS = 0.3
"""How long leaving waits for the engine thread: a chunk takes much less, importing PyTorch much more."""

BEHIND_DIALOGS = frozenset(key.action.partition("(")[0] for key in KEYS) - {"quit", "suspend_process"}
"""Actions that a dialog's keys do not set off."""

FOCUS = {
    "weights": "#weights-table",
    "predictions": "#predictions-table",
    "step": "#operations",
    "impact": "#impact-rows",
    "code": "#code-numpy",
    "diagnosis": "#diagnosis-found",
}
"""What takes the scrolling keys in a tab."""


class ExplorerApp(ExperimentActions, RunActions, AnalysisActions, SaveActions, Arrangement):
    """The whole explorer over one `Worker`, whose thread it starts unless told not to."""

    TITLE = "mlp-tui"
    CSS_PATH = "app.tcss"
    BINDINGS = [key.binding for key in KEYS]
    COMMANDS = App.COMMANDS | {ExplorerCommands}

    def __init__(
        self,
        settings: Settings,
        worker: Worker | None = None,
        start_worker: bool = True,
        ascii: bool = False,
        config: Path | None = None,
        ending: Ending | None = None,
        diagnosis: Diagnosis | None = None,
    ) -> None:
        self.ending = ending
        self.views = VIEWS if diagnosis is None else _with_diagnosis()
        super().__init__(driver_class=driver_class(ascii))
        self.ascii = ascii
        self.register_theme(HIGH_CONTRAST)
        self._config = Config() if config is None else load_config(config, list(self.available_themes))
        if self._config.theme is not None:
            self.theme = self._config.theme
        self.settings = settings
        self.worker = worker or Worker(settings)
        self._start_worker = start_worker
        self._origin = settings
        self._before_family: Settings | None = None
        self._selected = first_row(settings)
        self._view = "curves" if diagnosis is None else "diagnosis"
        self._view_state = ViewState(diagnosis=diagnosis)
        self._tour: int | None = None
        self._before_tour: Settings | None = None
        self._shown_number = -1
        self._refusal_heeded: Refusal | None = None
        self._next_picture = 0.0
        self._processor_then = 0.0
        self._frozen = False

    def compose(self) -> ComposeResult:
        """Status, tabs, the two halves, the footer."""
        yield StatusLine()
        yield TabStrip(id="tabs")
        with Container(id="body"):
            with Container(id="left"):
                yield DifferencesPanel(self.settings)
                yield ExplanationPanel()
                yield TourPanel()
                yield VerdictPanel()
            with Container(id="right"):
                for view in self.views.values():
                    yield view()
        yield PlainText(id="too-small")
        yield KeyFooter()

    def get_default_screen(self) -> Screen[None]:
        """The one under all others, with its classes: to give them later looks at every style again."""
        classes = " ".join(name for name, on in self.classes_for(self.size).items() if on)
        return MainScreen(id="_default", classes=classes)

    def on_mount(self) -> None:
        """Show the first picture, then let the engine import PyTorch."""
        if self.ending is not None:
            loop = asyncio.get_running_loop()
            self.ending.orderly = lambda status: loop.call_soon_threadsafe(self._leave, status)
        self.arrange()
        self.show_settings()
        self._greet()
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        # The shell has used the screen meanwhile.
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())
        self.set_interval(1 / PICTURES_PER_SECOND, self.poll)
        if self._start_worker:
            self.call_after_refresh(self._begin)

    def _greet(self) -> None:
        """Say what is wrong with the remembered, or where a newcomer may begin."""
        if self._config.problem is not None:
            self.notify(self._config.problem, severity="warning", timeout=10)
        elif self._config.first_time:
            self.notify("New here? t walks you through it, ? explains the screen and lists every key.", timeout=10)
            self._config = self._config.remember(self.theme)
        elif (offered := offer(self.settings)) is not None:
            self.notify(offered, timeout=10)
        for sentence in cannot_work(self.settings):
            self.notify(sentence, severity="warning", timeout=10)

    def _theme_changed(self, theme: Theme) -> None:
        self._config = self._config.remember(theme.name)
        self.show_snapshot()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and the one that leaves only ASCII."""
        filters = super().get_line_filters()
        return [*filters, AsciiFilter()] if self.ascii else filters

    async def on_event(self, event: Event) -> None:
        """As ever; Textual's own field in the palette would draw control characters as they are."""
        if isinstance(event, Paste) and self.screen_stack and isinstance(self.screen, Palette):
            event.text = "".join(filter(str.isprintable, event.text))
        await super().on_event(event)

    def _begin(self) -> None:
        # The engine thread holds the interpreter for long stretches; a short interval keeps keys quick.
        sys.setswitchinterval(0.001)
        self.set_timer(0.05, self.worker.start)

    def hold_picture(self) -> None:
        """As ever; training waits for as long, so that no key waits for it."""
        self.worker.give_way()
        super().hold_picture()

    def draw_held(self) -> None:
        """As ever."""
        super().draw_held()
        self.worker.go_on()

    # What is shown

    def poll(self) -> None:
        """Show the newest snapshot if it has not been shown yet."""
        snapshot = self.worker.snapshot
        if snapshot.number == self._shown_number or not self.screen_stack or self.picture_held:
            return
        now, processor = time.monotonic(), time.thread_time()
        if snapshot.state is State.RUNNING and (now < self._next_picture or self._terminal_is_behind):
            return
        # Drawing takes the interpreter away from training: on a slow machine pictures come less often.
        cost = min(processor - self._processor_then, DEAREST_PICTURE)
        self._next_picture = now + cost / DRAWING_SHARE
        self._processor_then = processor
        if snapshot.curves is not None and not self._frozen:
            # PyTorch's hundreds of thousands of objects live to the end: no collection need look at them again.
            gc.freeze()
            self._frozen = True
            prepare(self.settings)
        self._shown_number = snapshot.number
        try:
            self._heed_refusal(snapshot)
            self.heed_fault(snapshot.fault)
            self.show_snapshot()
        except Exception as error:
            self.report_once("Showing the run", error)

    @property
    def _terminal_is_behind(self) -> bool:
        return isinstance(self._driver, TerminalDriver) and self._driver.behind

    def _heed_refusal(self, snapshot: Snapshot) -> None:
        """Settings that cannot be trained here: say why, and go on with those on screen."""
        refusal = snapshot.refusal
        if refusal is None or refusal is self._refusal_heeded:
            return
        self._refusal_heeded = refusal
        self.notify(refusal.message, severity="error", timeout=10)
        if self.settings == refusal.settings:
            self.settings = snapshot.settings
            self.show_settings()

    def show_snapshot(self) -> None:
        """Draw the last snapshot: status, verdict and the tab that is on screen."""
        snapshot = self.worker.snapshot
        screen = self.screen_stack[0]
        if not screen.query(StatusLine):
            return  # the screen is being taken down
        screen.query_one(StatusLine).show(self.settings, snapshot)
        screen.query_one(VerdictPanel).show(snapshot)
        if self._tour is not None:
            screen.query_one(TourPanel).show(self._tour, snapshot)
        if self._view in self.views:
            screen.query_one(self.views[self._view]).show(snapshot, self._view_state)

    def show_settings(self) -> None:
        """Draw what depends on the settings and the selection."""
        screen = self.screen_stack[0]
        screen.query_one(DifferencesPanel).show(self.settings, self._selected)
        screen.query_one(ExplanationPanel).show(self._discrepancy, self.settings)
        screen.query_one(StatusLine).show(self.settings, self.worker.snapshot)
        if self._view == "diagnosis":
            screen.query_one(self.views[self._view]).select(self._discrepancy)
            self.show_snapshot()

    def on_resize(self, event: Resize) -> None:
        """Rearrange, and draw what has come into view."""
        self.arrange(event.size.width, event.size.height)
        self.call_after_refresh(self.show_snapshot)

    # What is looked at

    def change_settings(self, settings: Settings) -> None:
        """Train these settings at once."""
        self.settings = settings
        self.worker.send(Restart(settings))
        self.show_settings()

    def action_view(self, name: str) -> None:
        """Show a tab."""
        if name == "diagnosis" and name not in self.views:
            self.notify("No program was diagnosed; start with: mlp-tui diagnose PROGRAM --open", timeout=10)
            return
        self._view = name
        self.arrange()
        focus = FOCUS.get(name)
        self.set_focus(self.screen_stack[0].query_one(focus) if focus else None)
        self.worker.send(Watch(name in self.views and self.views[name].PREDICTIONS))
        self.entered(name)
        self.show_when_placed(self.show_snapshot)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a dialog is open every key is the dialog's, but for leaving."""
        in_dialog = len(self.screen_stack) > 1
        return not (in_dialog and action in BEHIND_DIALOGS) and super().check_action(action, parameters)

    def action_next_view(self) -> None:
        """The tab to the right, the first after the last."""
        self.action_view(self._views[(self._views.index(self._view) + 1) % len(self._views)])

    def action_scroll_why(self, direction: int) -> None:
        """Scroll the explanation by a page."""
        panel = self.query_one(ExplanationPanel if self._tour is None else TourPanel)
        panel.scroll_relative(y=5 * direction, animate=False)

    def action_command_palette(self) -> None:
        """The command palette."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    async def action_help(self) -> None:
        """The help screen."""
        await self.push_screen(HelpScreen(self._view, self.views))

    def on_tab_strip_chosen(self, event: TabStrip.Chosen) -> None:
        """A tab was clicked."""
        self.action_view(event.name)

    # The end

    async def action_quit(self) -> None:
        """Leave."""
        if self.ending is not None and not self._exit:
            self.ending.begin(0)
        else:
            self._leave(0)

    def _leave(self, status: int) -> None:
        self.exit(return_code=status)


def _with_diagnosis() -> dict[str, type[View]]:
    """All tabs, the diagnosis first. Its module is imported where there is one."""
    from tui_app.views.diagnosis import DiagnosisView

    return {DiagnosisView.NAME: DiagnosisView, **VIEWS}


def explore(
    settings: Settings, ascii: bool = False, ending: Ending | None = None, diagnosis: Diagnosis | None = None
) -> int:
    """Run the explorer until it is left; returns the exit status. `ending` watches for signals, unless one does yet.
    The settings may be those of a `diagnosis`.
    """
    if ending is None:
        ending = Ending()
        ending.watch()
    app = ExplorerApp(settings, ascii=ascii, config=config_file(), ending=ending, diagnosis=diagnosis)
    try:
        app.run()
    finally:
        ending.orderly = None
        discard_unfinished()
        stopped = app.worker.stop(timeout=ENGINE_GRACE_SECONDS)
    status = app.return_code or 0
    if not stopped:
        # Python's shutdown would pull the interpreter from under PyTorch's import, which aborts the process.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status
