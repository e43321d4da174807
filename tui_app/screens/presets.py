"""Choosing a named experiment."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.experiment.named_experiment import Preset
from engine.experiment.presets import PRESETS
from tui_app.screens.dialog import Dialog, PagedList
from tui_app.text.ascii import spell_out
from tui_app.text.preset_lines import HEADING, NAME_WIDTH, about
from tui_app.widgets.plain_text import PlainText


class _List(PagedList):
    """The words below it may take lines from it."""

    def on_resize(self) -> None:
        """The selected one stays in view."""
        self.scroll_to_highlight()


class PresetScreen(Dialog[str]):
    """Gives the chosen preset's name, or nothing."""

    BINDINGS = [("q,p", "dismiss", "close")]

    def __init__(self, is_a_familys: bool, has_own: bool) -> None:
        """Whether the present data and layers are a family's, and whether one's own are kept."""
        super().__init__()
        self._is_a_familys, self._has_own = is_a_familys, has_own

    def compose(self) -> ComposeResult:
        """A list in the order of the answer's path, the families below a heading, and the selected one's own words."""
        families = [preset for preset in PRESETS.values() if preset.is_family]
        others = [preset for preset in PRESETS.values() if not preset.is_family]
        heading = Option(Content.styled(HEADING, "$text-primary"), disabled=True)
        options = [*map(_option, others), heading, *map(_option, families)]
        frame = Vertical(_List(*options), PlainText(id="words"), classes="dialog", id="presets")
        frame.border_title = "Presets: from asked to equal, of classes, and families"
        frame.border_subtitle = "enter choose · esc close"
        yield frame

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another one: its words."""
        if event.option_id is not None:
            text = about(PRESETS[event.option_id], self._is_a_familys, self._has_own)
            self.query_one("#words", PlainText).update(spell_out(text) if getattr(self.app, "ascii", False) else text)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Give back the name."""
        self.dismiss(event.option_id)


def _option(preset: Preset) -> Option:
    return Option(Content.assemble((f"{preset.name:{NAME_WIDTH}}", "bold"), preset.summary), id=preset.name)
