"""The Setup screen: data, layers, activations, epochs, seed, rates, batch size and device, checked while typing.

What completes a line lives in `suggesters.py`.
"""

from __future__ import annotations

from typing import Any

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from engine.errors import InputError
from engine.experiment.asked import FileColumns, Missing
from engine.experiment.built_in_data import BUILT_IN
from engine.experiment.data import Dataset
from engine.experiment.devices import check_available
from engine.experiment.settings import DEVICE_KINDS, ELEMENTWISE, Activation, Settings
from tui_app.beside import beside
from tui_app.cli.setup_values import CLASSES, OF_FILES, is_read_anew, setup_fields, setup_settings
from tui_app.screens.dialog import Dialog
from tui_app.screens.suggesters import ColumnSuggester, DataSuggester, WordSuggester
from tui_app.widgets.plain_text import PlainText
from tui_app.widgets.text_field import TextField

LABELS = {
    "data": "Data",
    "targets": "Targets",
    "inputs": "Inputs",
    "missing": "Missing",
    "classes": "Classes",
    "validation": "Validation",
    "hidden": "Hidden layers",
    "activation": "Activation",
    "output_activation": "Output activation",
    "epochs": "Epochs",
    "seed": "Seed",
    "numpy_rate": "Rate, by hand",
    "pytorch_rate": "Rate, PyTorch",
    "batch": "Batch size",
    "device": "Device",
    "threads": "Threads",
}
KINDS = [activation.value for activation in ELEMENTWISE]
OUTPUT_KINDS = [activation.value for activation in Activation]
PLACEHOLDERS = {
    "data": "a name such as iris, or a file",
    "targets": "columns of a CSV file; the last by default",
    "inputs": "columns of a CSV file; all others by default",
    "missing": "rows of a CSV file that lack a value: refuse or drop",
    "classes": "of a file: auto, yes or no",
    "validation": "a share of the rows such as 0.2, or none",
    "hidden": "sizes such as 5 or 8,4, or none",
    "activation": f"{', '.join(KINDS)}, or one for each hidden layer",
    "output_activation": ", ".join(OUTPUT_KINDS),
    "batch": "all, a number, or two: by hand/PyTorch",
    "threads": "of NumPy and of PyTorch each, or auto",
}
NO_COLUMNS = FileColumns((), (), ())
COLUMNS = ("targets", "inputs")
MOST_TAKEN = 200
"""Characters of column names that are offered at once."""

WORDS = {
    "missing": [one.value for one in Missing],
    "classes": list(CLASSES.values()),
    "activation": KINDS,
    "output_activation": OUTPUT_KINDS,
    "device": list(DEVICE_KINDS),
    "threads": ["auto"],
}


class ColumnsField(TextField):
    """Names of columns; while it is empty it shows those that are taken, and `→` writes them out."""

    def __init__(self, value: str, unknown: str, **options: Any) -> None:
        """`unknown` is shown while the columns are not known."""
        self._completes = ColumnSuggester()
        super().__init__(value, self._completes, placeholder=unknown, **options)
        self._unknown = unknown
        self._taken = ""

    def offer(self, every: tuple[str, ...], taken: tuple[str, ...]) -> None:
        """The file's columns, and those of them that are taken; none while they are not known."""
        self._completes.words = every
        joined = ",".join(taken)
        self._taken = joined if len(joined) <= MOST_TAKEN else ""
        self.placeholder = self._taken or (f"{len(taken):,} columns" if taken else self._unknown)

    def action_cursor_right(self, select: bool = False) -> None:
        """As Textual's, in an empty field the columns that are taken."""
        if self.value or not self._taken:
            super().action_cursor_right(select)
        else:
            self.value = self._taken


class FieldLines(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolls to the field that has the focus; the keys that would scroll it go to the next field."""


class SetupScreen(Dialog[Settings]):
    """Gives the settings, or nothing."""

    BINDINGS = [
        ("down", "app.focus_next", "next"),
        ("up", "app.focus_previous", "previous"),
    ]

    def __init__(self, settings: Settings, devices: tuple[str, ...] = ()) -> None:
        """`devices` are those of this machine; none while that is not known."""
        super().__init__()
        self._settings, self._devices = settings, devices
        self._before = setup_fields(settings)
        self._concluded: Settings | InputError = settings
        """Of what is typed now, unless it is being read."""
        self._reading = self._submitted = False

    def compose(self) -> ComposeResult:
        """A line for each field."""
        fields = [self._input(name, value) for name, value in self._before.items()]
        # One widget for all labels: each further one makes the dialog slower to open.
        labels = PlainText(Content("\n".join(LABELS.values())), id="labels")
        lines = FieldLines(Horizontal(labels, Vertical(*fields)))
        frame = Vertical(lines, PlainText(id="problem"), classes="dialog", id="setup")
        frame.border_title = "Setup"
        frame.border_subtitle = "↑↓ field · → complete · enter train · esc close"
        yield frame

    def _input(self, name: str, value: str) -> Input:
        options = {"id": name, "disabled": name in OF_FILES and self._before["data"] in BUILT_IN}
        if name in COLUMNS:
            field = ColumnsField(value, PLACEHOLDERS[name], **options)
            self._offer(field, self._settings.data)
            return field
        suggester = DataSuggester() if name == "data" else WordSuggester(WORDS[name]) if name in WORDS else None
        return TextField(value, suggester, placeholder=PLACEHOLDERS.get(name, ""), **options)

    def _offer(self, field: ColumnsField, data: Dataset) -> None:
        columns = data.columns or NO_COLUMNS
        field.offer(columns.every, columns.targets if field.id == "targets" else columns.inputs)

    def _fields(self) -> dict[str, str]:
        return {name: self.query_one(f"#{name}", Input).value for name in LABELS}

    def _outcome(self, fields: dict[str, str]) -> Settings | InputError:
        """The settings that were typed, or what is wrong with them."""
        try:
            typed = setup_settings(self._settings, fields)
            if self._devices:
                check_available(typed.device, self._devices)
        except InputError as error:
            return error
        return typed

    def on_input_changed(self) -> None:
        """Say what is wrong with what has been typed so far."""
        fields = self._fields()
        self._submitted = False
        is_built_in = fields["data"].strip() in BUILT_IN
        for name in OF_FILES:
            self.query_one(f"#{name}", Input).disabled = is_built_in
        self._reading = is_read_anew(fields, self._before) and not is_built_in
        if self._reading:
            self.say("reading …")
            self._read(fields)
        else:
            self._conclude(self._outcome(fields))

    @work(exclusive=True)
    async def _read(self, fields: dict[str, str]) -> None:
        """A file may be long; what was typed meanwhile is read by another."""
        outcome = await beside(self._outcome, fields)
        if self.is_current and fields == self._fields():
            self._reading = False
            self._conclude(outcome)

    def _conclude(self, outcome: Settings | InputError) -> None:
        self._concluded = outcome
        if isinstance(outcome, InputError):
            self.say(str(outcome))
        else:
            for field in self.query(ColumnsField):
                self._offer(field, outcome.data)
            # What had to be guessed of a file is no problem, and not shown as one.
            self.say(Content.styled("\n".join(outcome.data.notes), "$text-muted"))
        if self._submitted:
            self._accept()

    def on_input_submitted(self) -> None:
        """Accept what can be accepted, as soon as it has been read."""
        self._submitted = True
        if not self._reading:
            self._accept()

    def _accept(self) -> None:
        if isinstance(self._concluded, InputError):
            self._submitted = False
            self.app.bell()
        else:
            self.dismiss(self._concluded)
