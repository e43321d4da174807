"""The Setup screen: data, layers, activations, epochs, seed, rates and device, checked while typing."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Label, Static

from engine.data import BUILT_IN
from engine.devices import check_available
from engine.errors import InputError
from engine.settings import DEVICE_KINDS, Activation, Settings
from tui_app.options import setup_fields, setup_settings

LABELS = {
    "data": "Data",
    "targets": "Targets",
    "hidden": "Hidden layers",
    "activation": "Activation",
    "output_activation": "Output activation",
    "epochs": "Epochs",
    "seed": "Seed",
    "numpy_rate": "Rate, by hand",
    "pytorch_rate": "Rate, PyTorch",
    "device": "Device",
    "threads": "Threads",
}
PLACEHOLDERS = {
    "data": f"{', '.join(BUILT_IN)}, or a .csv or .npz file",
    "targets": "of a CSV file; the last by default",
    "hidden": "sizes such as 5 or 8,4, or none",
    "threads": "of NumPy and of PyTorch each, or auto",
}
KINDS = [activation.value for activation in Activation]
WORDS = {"activation": KINDS, "output_activation": KINDS, "device": list(DEVICE_KINDS), "threads": ["auto"]}


class DataSuggester(Suggester):
    """Completes a built-in name, or the path of a file or folder."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first that fits."""
        for name in BUILT_IN:
            if value and name.startswith(value):
                return name
        folder, _, start = value.rpartition("/")
        try:
            for found in sorted(Path(folder or ("/" if "/" in value else ".")).expanduser().iterdir()):
                if (
                    start
                    and found.name.startswith(start)
                    and (found.suffix in (".csv", ".tsv", ".npz") or found.is_dir())
                ):
                    return value + found.name[len(start) :] + ("/" if found.is_dir() else "")
        except OSError:
            return None
        return None


class WordSuggester(Suggester):
    """Completes one of a few words."""

    def __init__(self, words: list[str]) -> None:
        super().__init__()
        self._words = words

    async def get_suggestion(self, value: str) -> str | None:
        """The first that fits."""
        return next((word for word in self._words if value and word.startswith(value)), None)


class SetupScreen(ModalScreen[Settings | None]):
    """Gives the settings, or nothing."""

    BINDINGS = [
        ("escape", "dismiss", "close"),
        # An input would copy.
        Binding("ctrl+c", "app.quit", "quit", priority=True),
        ("down", "app.focus_next", "next"),
        ("up", "app.focus_previous", "previous"),
    ]

    def __init__(self, settings: Settings, devices: tuple[str, ...] = ()) -> None:
        """`devices` are those of this machine; none while that is not known."""
        super().__init__()
        self._settings, self._devices = settings, devices

    def compose(self) -> ComposeResult:
        """A line for each field."""
        lines = [
            Horizontal(Label(LABELS[name]), self._input(name, value), classes="field")
            for name, value in setup_fields(self._settings).items()
        ]
        frame = Vertical(VerticalScroll(*lines, can_focus=False), Static(id="problem"), classes="dialog", id="setup")
        frame.border_title = "Setup"
        frame.border_subtitle = "↑↓ field · → complete · enter train · esc close"
        yield frame

    def _input(self, name: str, value: str) -> Input:
        suggester = DataSuggester() if name == "data" else WordSuggester(WORDS[name]) if name in WORDS else None
        field = Input(value, id=name, placeholder=PLACEHOLDERS.get(name, ""), suggester=suggester, compact=True)
        # A blinking cursor would keep a slow link busy.
        field.cursor_blink = False
        return field

    def _typed(self) -> Settings:
        typed = setup_settings(self._settings, {name: self.query_one(f"#{name}", Input).value for name in LABELS})
        if self._devices:
            check_available(typed.device, self._devices)
        return typed

    def on_input_changed(self) -> None:
        """Say what is wrong with what has been typed so far."""
        problem = ""
        try:
            self._typed()
        except InputError as error:
            problem = str(error)
        self.query_one("#problem", Static).update(problem)

    def on_input_submitted(self) -> None:
        """Accept what can be accepted."""
        try:
            self.dismiss(self._typed())
        except InputError:
            self.app.bell()
