"""Choosing a named experiment."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.experiment.presets import PRESETS
from tui_app.screens.dialog import Dialog, PagedList


class PresetScreen(Dialog[str]):
    """Gives the chosen preset's name, or nothing."""

    BINDINGS = [("q,p", "dismiss", "close")]

    def compose(self) -> ComposeResult:
        """A list in the order of the answer's path."""
        options = [
            Option(Content.assemble((f"{preset.name:13}", "bold"), preset.summary), id=preset.name)
            for preset in PRESETS.values()
        ]
        frame = Vertical(PagedList(*options), classes="dialog", id="presets")
        frame.border_title = "Presets: from asked to equal, and of classes"
        frame.border_subtitle = "enter choose · esc close"
        yield frame

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Give back the name."""
        self.dismiss(event.option_id)
