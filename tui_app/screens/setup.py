"""The Setup screen: data, layers, activations, epochs, seed, rates, batch size and device, checked while typing."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input

from engine.errors import InputError
from engine.experiment.built_in_data import BUILT_IN
from engine.experiment.devices import check_available
from engine.experiment.settings import DEVICE_KINDS, ELEMENTWISE, Activation, Settings
from engine.paths import typed_path
from tui_app.beside import beside
from tui_app.cli.setup_values import CLASSES, OF_DATA, setup_fields, setup_settings
from tui_app.screens.dialog import Dialog
from tui_app.widgets.plain_text import PlainText
from tui_app.widgets.text_field import TextField

LABELS = {
    "data": "Data",
    "targets": "Targets",
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
    "targets": "of a CSV file; the last by default",
    "classes": "of a file: auto, yes or no",
    "validation": "a share of the rows such as 0.2, or none",
    "hidden": "sizes such as 5 or 8,4, or none",
    "activation": f"{', '.join(KINDS)}, or one for each hidden layer",
    "output_activation": ", ".join(OUTPUT_KINDS),
    "batch": "all, a number, or two: by hand/PyTorch",
    "threads": "of NumPy and of PyTorch each, or auto",
}
DATA_SUFFIXES = (".csv", ".tsv", ".npz")
WORDS = {
    "classes": list(CLASSES.values()),
    "activation": KINDS,
    "output_activation": OUTPUT_KINDS,
    "device": list(DEVICE_KINDS),
    "threads": ["auto"],
}


class DataSuggester(Suggester):
    """Completes a built-in name, or the path of a file or folder."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first that fits."""
        for name in BUILT_IN:
            if value and name.startswith(value):
                return name
        try:
            return await beside(_completed, value)
        except (InputError, OSError):
            return None


def _completed(value: str) -> str | None:
    """The first data file or folder whose path begins so."""
    folder, slash, start = value.rpartition("/")
    if not start:
        return None
    for found in sorted(typed_path(folder or slash or ".").iterdir()):
        if found.name.startswith(start) and (found.suffix in DATA_SUFFIXES or found.is_dir()):
            return value + found.name[len(start) :] + ("/" if found.is_dir() else "")
    return None


class WordSuggester(Suggester):
    """Completes one of a few words."""

    def __init__(self, words: list[str]) -> None:
        super().__init__()
        self._words = words

    async def get_suggestion(self, value: str) -> str | None:
        """The first that fits."""
        return next((word for word in self._words if value and word.startswith(value)), None)


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
        lines = VerticalScroll(Horizontal(labels, Vertical(*fields)), can_focus=False)
        frame = Vertical(lines, PlainText(id="problem"), classes="dialog", id="setup")
        frame.border_title = "Setup"
        frame.border_subtitle = "↑↓ field · → complete · enter train · esc close"
        yield frame

    def _input(self, name: str, value: str) -> Input:
        suggester = DataSuggester() if name == "data" else WordSuggester(WORDS[name]) if name in WORDS else None
        return TextField(value, suggester, id=name, placeholder=PLACEHOLDERS.get(name, ""))

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
        read_anew = any(fields[name].strip() != self._before[name] for name in OF_DATA)
        self._reading = read_anew and fields["data"].strip() not in BUILT_IN
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
