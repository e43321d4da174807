"""The values of one setting with their meaning, to be given to either side."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from engine.errors import InputError
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import Choice, Discrepancy
from engine.experiment.settings import Settings
from tui_app.screens.dialog import Dialog
from tui_app.text.ascii import spell_out
from tui_app.text.columns import shortened
from tui_app.text.lines import ADDS, DIM, Line
from tui_app.widgets.line_list import LineList
from tui_app.widgets.plain_text import PlainText

NARROW = 74
"""Below this many columns not every key fits into the frame."""


class ValuesScreen(Dialog[Settings]):
    """Gives the settings with the chosen value on a side, or on both; or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "give('numpy')", "by hand"),
        Binding("right", "give('pytorch')", "PyTorch"),
        Binding("H,shift+left", "type('numpy')", "type by hand"),
        Binding("L,shift+right", "type('pytorch')", "type PyTorch"),
        Binding("q,slash", "dismiss", "close"),
    ]

    def __init__(self, settings: Settings, discrepancy: Discrepancy, value: object = None) -> None:
        """With `value` selected, else PyTorch's."""
        super().__init__()
        self._settings, self._discrepancy = settings, discrepancy
        self._choices = _choices(settings, discrepancy)
        wanted = discrepancy.value(settings, SideName.PYTORCH) if value is None else value
        values = [choice.value for choice in self._choices]
        self._first = values.index(wanted) if wanted in values else 0

    def compose(self) -> ComposeResult:
        """The values, the selected one's meaning in full, and a line that says what is wrong."""
        frame = Vertical(
            LineList(id="choices"),
            PlainText(id="meaning"),
            PlainText(id="problem"),
            classes="dialog",
            id="values",
        )
        frame.border_title = self._discrepancy.title
        narrow = self.app.size.width < NARROW
        typed = "" if self._discrepancy.parse_other is None or narrow else " · H L type"
        frame.border_subtitle = f"← by hand · → PyTorch · enter both{typed} · esc close"
        yield frame

    def on_mount(self) -> None:
        """Select the value."""
        choices = self.query_one("#choices", LineList)
        choices.show(len(self._choices), self._heading, self._row)
        choices.styles.height = len(self._choices) + 1
        choices.selected = self._first
        choices.focus()
        self._show_meaning()

    @property
    def _label_width(self) -> int:
        return max(cell_len(self._shown(choice.label)) for choice in self._choices)

    def _shown(self, text: str) -> str:
        return spell_out(text) if getattr(self.app, "ascii", False) else text

    def _heading(self, width: int) -> Line:
        return [(f"  {'value':{self._label_width}}  has it".ljust(width)[:width], DIM)]

    def _row(self, index: int, width: int, selected: bool) -> Line:
        choice = self._choices[index]
        has = [side.label for side in SideName if self._discrepancy.value(self._settings, side) == choice.value]
        label = self._shown(choice.label)
        start = f"{'▸' if selected else ' '} {label}{' ' * (self._label_width - cell_len(label))}  "
        marks = f"{', '.join(has):17}"
        room = width - cell_len(start) - cell_len(marks)
        meaning = shortened(self._shown(choice.meaning), room) if room > 1 else ""
        return [(start, ""), (marks, ADDS), (meaning.ljust(max(0, room)), DIM)]

    @property
    def _choice(self) -> Choice:
        return self._choices[self.query_one("#choices", LineList).selected]

    def _show_meaning(self) -> None:
        choice = self._choice
        listed = self._discrepancy.choices
        sides = [side for side in SideName if choice in listed and choice not in self._discrepancy.choices_for(side)]
        only = "".join(f" (not {side.label})" for side in sides)
        self.query_one("#meaning", PlainText).update(f"{choice.name}: {self._shown(choice.meaning)}{only}")
        self.say("")

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        """Another value: its meaning."""
        event.stop()
        if type(event) is LineList.Highlighted:
            self._show_meaning()

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        """Both sides have it."""
        event.stop()
        self._give(*SideName)

    def on_line_list_paged(self, event: LineList.Paged) -> None:
        """All values are in view."""
        event.stop()

    def action_give(self, side: str) -> None:
        """One side has it."""
        self._give(SideName(side))

    def _give(self, *sides: SideName) -> None:
        settings = self._settings
        try:
            for side in sides:
                settings = self._discrepancy.set(settings, side, self._choice.value)
        except InputError as error:
            self.say(str(error))
            return
        self.dismiss(settings)

    async def action_type(self, side: str) -> None:
        """A value that is not listed."""
        self.dismiss(None)
        await self.app.run_action(f"type('{side}')")


def _choices(settings: Settings, discrepancy: Discrepancy) -> list[Choice]:
    """The setting's own, and what a side has beside them."""
    found = list(discrepancy.choices)
    for side in SideName:
        value = discrepancy.value(settings, side)
        if all(choice.value != value for choice in found):
            found.append(Choice(value, discrepancy.name(value), discrepancy.label(value), "a value of your own"))
    return found
