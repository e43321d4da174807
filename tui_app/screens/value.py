"""Typing the value of one side's setting, checked while typing."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from engine.errors import InputError
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import Discrepancy
from engine.experiment.settings import Settings
from tui_app.screens.dialog import Dialog
from tui_app.widgets.plain_text import PlainText
from tui_app.widgets.text_field import TextField


class ValueScreen(Dialog[Settings]):
    """Gives the settings with the value put in, or nothing."""

    def __init__(self, settings: Settings, discrepancy: Discrepancy, side: SideName) -> None:
        super().__init__()
        self._settings, self._discrepancy, self._side = settings, discrepancy, side

    def compose(self) -> ComposeResult:
        """An input and a line that says what is wrong."""
        value = self._discrepancy.name(self._discrepancy.value(self._settings, self._side))
        frame = Vertical(TextField(value), PlainText(id="problem"), classes="dialog", id="value")
        frame.border_title = f"{self._discrepancy.title}, {self._side.label}"
        frame.border_subtitle = "enter accept · esc close"
        yield frame

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what is wrong with what has been typed so far."""
        problem = ""
        try:
            self._with(event.value)
        except InputError as error:
            problem = str(error)
        self.say(problem)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Accept what can be accepted."""
        try:
            self.dismiss(self._with(event.value))
        except InputError:
            self.app.bell()

    def _with(self, text: str) -> Settings:
        return self._discrepancy.set(self._settings, self._side, self._discrepancy.parse(text.strip(), self._side))
